"""The OMNI calls over real sockets, where the other side answers as no document says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.omni import (
    NewTask,
    OmniRecipient,
    SmsTemplate,
    Task,
    TaskType,
    Trigger,
    TriggerType,
)
from omni_common.errors import (
    AnswerLostError,
    InvalidMessageError,
    InvalidQueryError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    ReadError,
    RefusedError,
    ServerFailedError,
    UnexpectedAnswerError,
)
from tests.support.fault_server import FaultServer
from tests.support.fault_steps import Step, answer, read_then_reset, silence

TASK = NewTask(
    task_name="Codes",
    type=TaskType.API,
    channel="OMNI",
    triggers=[
        Trigger(
            index=0,
            type=TriggerType.TRAN_API_SOURCE,
            template=SmsTemplate(sender="Shop", text="Hello"),
            start_time=datetime(2027, 1, 1, 9, tzinfo=UTC),
        )
    ],
)
JAMES = OmniRecipient(phone="79103398080")
ANNA = OmniRecipient(phone="79103398081")


class Calls:
    """Each call of OMNI, to a server that performs some steps."""

    def __init__(self, client: DevinoClient) -> None:
        self._omni = client.omni

    async def create(self) -> Any:
        return await self._omni.create_task(TASK)

    async def send(self) -> Any:
        return await self._omni.send("7004", contacts=[JAMES, ANNA])

    async def task(self) -> Any:
        return await self._omni.task("7003")

    async def tasks(self) -> Any:
        return [task async for task in self._omni.tasks()]

    async def page(self) -> Any:
        return await self._omni.tasks_page(count=5)

    async def macros(self) -> Any:
        return await self._omni.macros()


WRITES = ["create", "send"]
READS = ["task", "tasks", "page", "macros"]


def said(body: Any, status: int = 200) -> Step:
    return answer(status, json.dumps(body).encode())


def opened(server: FaultServer, **settings: Any) -> DevinoClient:
    return DevinoClient("key", base_url=server.url, account_zone="+03:00", **settings)


async def error_of(name: str, *steps: Step, **settings: Any) -> tuple[OmniError, FaultServer]:
    """What the call raises, and the server that counted what arrived."""
    async with FaultServer(*steps) as server, opened(server, **settings) as client:
        with pytest.raises(OmniError) as raised:
            await getattr(Calls(client), name)()
        return raised.value, server


HTML = b"<html>"
PROVES_NOTHING: dict[str, tuple[Step, type[OmniError]]] = {
    "HTML": (answer(200, HTML), UnexpectedAnswerError),
    "no body": (answer(200, b""), UnexpectedAnswerError),
    "an empty object": (said({}), UnexpectedAnswerError),
    "another shape": (said({"result": []}), UnexpectedAnswerError),
    "a refusal by a failed server": (
        said({"result": None, "reasons": [{"key": "unknown"}]}, 500),
        ServerFailedError,
    ),
    "a gateway": (answer(502, HTML), ServerFailedError),
    "a reset": (read_then_reset, AnswerLostError),
}
REFUSES: dict[str, tuple[Step, type[OmniError]]] = {
    "HTML": (answer(400, HTML), RefusedError),
    "reasons": (said({"result": None, "reasons": [{"key": "invalid"}]}), RefusedError),
    "a code": (said({"code": "REJECTED", "reasons": {"key": "forbidden"}}), PermissionDeniedError),
}
TELLS_NOTHING: dict[str, Step] = {
    "HTML": answer(200, HTML),
    "no body": answer(200, b""),
    "an empty object": said({}),
    "another shape": said({"result": "x"}),
    "reasons": said({"result": None, "reasons": [{"key": "forbidden"}]}),
    "not found": answer(404, b""),
    "a failed server": answer(500, b""),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(("step", "kind"), PROVES_NOTHING.values(), ids=PROVES_NOTHING)
async def test_a_write_whose_answer_proves_nothing_is_unknown_and_never_repeated(
    name: str, step: Step, kind: type[OmniError]
) -> None:
    error, server = await error_of(name, step)
    assert isinstance(error, kind)
    assert isinstance(error, OutcomeUnknownError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(("step", "kind"), REFUSES.values(), ids=REFUSES)
async def test_t2_a_write_that_is_refused_did_not_happen(
    name: str, step: Step, kind: type[OmniError]
) -> None:
    error, server = await error_of(name, step)
    assert isinstance(error, kind)
    assert error.outcome is Outcome.NOT_SENT
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("step", TELLS_NOTHING.values(), ids=TELLS_NOTHING)
async def test_a_question_without_a_usable_answer_is_an_error_of_reading(
    name: str, step: Step
) -> None:
    error, _ = await error_of(name, step, max_attempts=1)
    assert isinstance(error, ReadError)
    assert error.outcome is None


async def test_a_task_that_devino_does_not_know_is_said_so() -> None:
    error, _ = await error_of("task", answer(404, b""))
    assert "it does not know the task" in str(error)


async def test_a_lost_answer_to_a_new_task_speaks_of_the_task() -> None:
    error, _ = await error_of("create", read_then_reset)
    assert "The task may have been made" in str(error)
    assert "message" not in str(error)


async def test_several_recipients_are_given_the_time_of_a_bulk_call() -> None:
    error, _ = await error_of("send", silence, timeout=30, bulk_timeout=0.2)
    assert isinstance(error, OutcomeUnknownError)
    one, _ = await error_of("create", silence, timeout=0.2, bulk_timeout=30)
    assert isinstance(one, OutcomeUnknownError)


async def test_t30_times_are_written_on_the_clock_of_the_account() -> None:
    created = said({"result": {"code": "OK", "result": "7003"}})
    async with FaultServer(created) as server, opened(server) as client:
        assert await client.omni.create_task(TASK) == "7003"
    [request] = server.requests
    [trigger] = json.loads(request.body)["triggers"]
    assert trigger["startTime"] == "2027-01-01 12:00:00"


async def test_one_recipient_has_the_time_of_one_call() -> None:
    body = {"result": {"sendAnswers": [{"code": "OK", "result": "5"}]}}
    async with (
        FaultServer(said(body), silence) as server,
        DevinoClient("key", base_url=server.url, timeout=0.3, bulk_timeout=30) as client,
    ):
        [result] = (await client.omni.send("7004", contacts=[JAMES])).results
        assert (result.outcome, result.message_id) == (Outcome.ACCEPTED, "5")
        with pytest.raises(OutcomeUnknownError):
            await client.omni.send("7004", contacts=[JAMES])


async def test_t65_the_list_is_read_until_a_page_is_empty() -> None:
    pages = [[{"id": 1}, {"id": 2}], [{"id": 3}], []]
    async with (
        FaultServer(*(said({"result": page}) for page in pages)) as server,
        DevinoClient("key", base_url=server.url) as client,
    ):
        tasks: list[Task] = [task async for task in client.omni.tasks(page_size=2, offset=4)]
    assert [task.id for task in tasks] == ["1", "2", "3"]
    assert [request.request_line.split()[1] for request in server.requests] == [
        f"/omni-task-api/tasks?ascending=true&count=2&offset={offset}&orderBy=ID"
        for offset in (4, 6, 7)
    ]


async def test_what_is_wrong_is_said_before_anything_is_asked() -> None:
    async with FaultServer() as server, DevinoClient("key", base_url=server.url) as client:
        with pytest.raises(InvalidQueryError) as refused:
            client.omni.tasks(page_size=0)
        assert refused.value.field == "page_size"
        with pytest.raises(InvalidQueryError):
            client.omni.tasks(included_states=[])
        with pytest.raises(InvalidQueryError):
            await client.omni.task("..")
        with pytest.raises(InvalidMessageError):
            await client.omni.create_task(TASK)  # its time names a zone, the account's is not known
        with pytest.raises(InvalidMessageError):
            await client.omni.send("7004")
        assert server.connections == 0
