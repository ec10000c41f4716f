"""What an ASGI server says of a request, to the letter: also what only some of them say."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from omni_common.callbacks import CallbackReceiver, Event, asgi_application
from tests.callbacks.genuine import BODIES, SECRETS, genuine
from tests.callbacks.servers import Answer

AREA = "devino.sms"


@pytest.mark.parametrize(
    ("path", "root", "status"),
    [
        ("/callbacks{}", "/callbacks", 200),
        ("{}", "/callbacks", 200),
        ("{}", "", 200),
        ("/callbacks{}", "", 404),
        ("/callbacks/callbacks{}", "/callbacks", 404),
        ("/callbacks", "/callbacks", 404),
        ("", "", 404),
    ],
)
async def test_asgi_looks_below_the_root_path(path: str, root: str, status: int) -> None:
    post = genuine(AREA)
    scope = {"path": path.format(post.path), "root_path": root}
    assert (await asgi_answer(scope, [body_part(post.body)])).status == status


def body_part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(("length", "status"), [(b"9" * 18, 413), (b"9" * 5_000, 200)])
async def test_asgi_takes_for_a_length_what_can_be_one(length: bytes, status: int) -> None:
    scope = {"headers": [(b"content-length", length)]}
    assert (await asgi_answer(scope, [body_part(BODIES[AREA])])).status == status


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("version", "closing"), [("1.1", b"close"), ("2", None), ("3", None)])
async def test_asgi_says_that_it_closes_only_where_http_has_a_word_for_it(
    version: str, closing: bytes | None
) -> None:
    endless = [body_part(b"[", more=True), {"type": "never"}]
    answer = await asgi_answer({"http_version": version}, endless)
    assert answer.status == 408
    assert dict(answer.headers).get(b"connection") == closing  # type: ignore[call-overload]


@pytest.mark.usefixtures("impatient")
async def test_asgi_gives_a_handler_more_time_than_a_body() -> None:
    async def handle(_: Event) -> None:
        for _turn in range(10):
            await asyncio.sleep(0)

    assert (await asgi_answer({}, [body_part(BODIES[AREA])], handle)).status == 200


async def asgi_answer(
    scope: dict[str, Any], messages: list[dict[str, Any]], handler: Any = repr
) -> Answer:
    """Run the application by hand: what a server would not do, but another one might."""
    sent: list[MutableMapping[str, Any]] = []
    coming = iter(messages)

    async def receive() -> MutableMapping[str, Any]:
        message = next(coming)
        if message["type"] == "never":
            await asyncio.Event().wait()
        return message

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    application = asgi_application(CallbackReceiver(handler, secrets=SECRETS))
    whole = {"type": "http", "method": "POST", "headers": [], "path": genuine(AREA).path}
    await application(whole | scope, receive, send)
    [start, end] = sent
    assert (start["type"], end["type"]) == ("http.response.start", "http.response.body")
    return Answer(start["status"], dict(start["headers"]), end["body"])  # type: ignore[arg-type]


async def test_asgi_joins_the_pieces_of_a_body() -> None:
    body = BODIES[AREA]
    events: list[Event] = []
    pieces = [body_part(body[:10], more=True), {"type": "http.request", "more_body": True}]
    messages = [*pieces, body_part(body[10:])]
    assert (await asgi_answer({}, messages, events.append)).status == 200
    assert len(events) == 1


async def test_asgi_reads_no_further_than_the_limit() -> None:
    # Asked for a third message, the server of this test would fail.
    messages = [body_part(b" " * 2**20, more=True), body_part(b" ", more=True)]
    assert (await asgi_answer({}, messages)).status == 413


async def test_asgi_starts_and_stops_with_its_server() -> None:
    receiver = CallbackReceiver(repr, secrets=SECRETS)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Any] = []

    async def receive() -> MutableMapping[str, Any]:
        return next(messages)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    await asgi_application(receiver)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_asgi_takes_nothing_but_http() -> None:
    receiver = CallbackReceiver(repr, secrets=SECRETS)
    sent: list[Any] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    path = genuine(AREA).path
    await asgi_application(receiver)({"type": "websocket", "path": path}, receive, send)
    assert sent == ["websocket.close"]
    with pytest.raises(ValueError, match="HTTP only") as refused:
        await asgi_application(receiver)({"type": "telepathy", "path": path}, receive, send)
    assert path not in str(refused.value)
