"""What the answer to a new task proves: that it was created, that it was not, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.omni import read_created_task
from omni_common.errors import ServerFailedError
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.retry import RULES, kind_of_status
from tests.devino.answering import ANY_JSON, STATUSES, answer, reason


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_t4_the_id_is_inside_the_result_inside_the_result(status: int) -> None:
    assert read_created_task(answer({"result": {"code": "OK", "result": "7003"}}, status)) == "7003"


@pytest.mark.parametrize("id", [7003, "7003"], ids=repr)
def test_t21_the_id_is_text_whatever_it_was(id: Any) -> None:
    assert read_created_task(answer({"result": {"result": id}})) == "7003"


@pytest.mark.parametrize(
    "body",
    [
        {"result": {"code": "REJECTED", "result": None}},
        {"result": {"code": "REJECTED", "reasons": [reason("invalid", "taskName")]}},
        {"result": {"code": "REJECTED", "reasons": reason("invalid", "taskName")}},
        {"result": {"result": None, "description": "no"}},
        {"result": None, "reasons": [reason("invalid", "taskName")]},
        {"code": "REJECTED"},
        {"Description": "Validation failed", "Reasons": [{"Key": "k", "Reference": "r"}]},
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_t2_t3_a_refusal_is_one_whatever_the_status(body: Any, status: int) -> None:
    read = read_created_task(answer(body, status))
    assert isinstance(read, Failure)
    assert read.kind is FailureKind.REFUSED


def test_a_refusal_says_why() -> None:
    body = {"result": None, "reasons": [reason("billing.error")]}
    read = read_created_task(answer(body, 400))
    assert isinstance(read, Failure)
    assert (read.kind, read.vendor_code) == (FailureKind.NO_FUNDS, "billing.error")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"7003"',
        b'{"result":"7003"}',
        b'{"result":{}}',
        b'{"result":{"code":"OK"}}',
        b'{"result":{"code":"OK","result":null}}',
        b'{"result":{"code":"OK","result":""}}',
        b'{"result":{"code":"OK","result":["7003"]}}',
        b'{"result":{"code":"QUEUED","result":"7003"}}',
        b'{"result":{"code":"REJECTED","result":"7003"}}',
        b'{"result":{"code":["OK"],"result":"7003"}}',
        b'{"result":{"code":"OK","result":"7003","reasons":[{"key":"invalid"}]}}',
        b'{"result":{"result":"7003","reasons":{"key":"invalid"}}}',
    ],
)
def test_what_proves_nothing_is_left_to_the_status(body: bytes) -> None:
    assert read_created_task(Answer(200, body)) is None


@given(body=st.binary() | st.text().map(str.encode), status=STATUSES)
def test_no_bytes_break_the_reader(body: bytes, status: int) -> None:
    read_created_task(Answer(status, body))


_RESULTS = st.fixed_dictionaries(
    {}, optional={"code": st.sampled_from(["OK", "REJECTED", "ok", None, 1]), "result": ANY_JSON}
)


@given(
    body=ANY_JSON | st.fixed_dictionaries({"result": _RESULTS | ANY_JSON}),
    status=STATUSES,
)
def test_a_task_was_created_only_if_there_is_its_id(body: Any, status: int) -> None:
    read = read_created_task(answer(body, status))
    if isinstance(read, str):
        assert read
        assert str(body["result"]["result"]) == read
        assert body["result"].get("code") in {"OK", None}
    elif read is not None and RULES[read.kind].not_sent:
        assert RULES[kind_of_status(status)].error is not ServerFailedError
