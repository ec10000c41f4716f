"""Reading Messente's answers: what they prove, and that nothing they hold can break the reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from messente_async.answers import (
    ERROR_CODES,
    Contradiction,
    ErrorItem,
    MessageResult,
    MessenteErrors,
    OmnimessageCreated,
    failure_of,
    read_bulk,
    read_errors,
    read_sent,
    read_status,
)
from messente_async.omnimessage import Channel, Omnimessage
from messente_async.sms import SMS
from omni_common.exchange import Answer, FailureKind

TO = "+37251000000"
ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
SENT = Omnimessage(TO, [SMS("Hi")])
CREATED = {
    "messages": [
        {"channel": "viber", "message_id": "3e28ec48", "sender": "Shop"},
        {"channel": "sms", "message_id": "0c6c7c7e", "sender": "Shop"},
    ],
    "omnimessage_id": ID,
    "to": TO,
}
INVALID_SENDER = {
    "title": "Invalid data",
    "detail": "Invalid or disallowed sender Messente",
    "code": "105",
    "source": "payload[sms][sender]",
}
ERRORS = {"errors": [INVALID_SENDER]}

KEYS = st.sampled_from(
    [
        *("messages", "omnimessage_id", "to", "message_id", "channel", "sender"),
        *("errors", "code", "title", "detail", "source"),
        *("statuses", "status", "err", "error", "timestamp"),
        *("price_info", "part_price", "parts_count", "total_price"),
    ]
)
WORDS = st.sampled_from([TO, ID, "105", "DELIVRD", "sms", "0.1", "2020-02-04T08:09:42", "NaN", ""])
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=6)
    ),
    max_leaves=25,
)
STATUSES = st.sampled_from([200, 201, 202, 400, 404, 429, 500])


def answer(body: Any, status: int = 201) -> Answer:
    return Answer(status, json.dumps(body).encode())


def batch(*numbers: str) -> list[Omnimessage]:
    return [Omnimessage(number, [SMS("Hi")]) for number in numbers]


def created(number: Any, omnimessage_id: str = ID) -> dict[str, Any]:
    return {"to": number, "omnimessage_id": omnimessage_id, "messages": []}


# --- Laws -----------------------------------------------------------------------------------------


def _read_all(given_answer: Answer, sent: Sequence[Omnimessage]) -> None:
    read_sent(given_answer, SENT)
    read_status(given_answer)
    items = read_bulk(given_answer, sent)
    assert items is None or len(items) == len(sent)
    errors = read_errors(given_answer)
    if errors is not None:
        failure = failure_of(errors, status=given_answer.status)
        assert failure is None or failure.vendor_code in ERROR_CODES


@given(body=ANY_JSON, status=STATUSES, count=st.integers(1, 3))
def test_no_json_breaks_a_reader(body: Any, status: int, count: int) -> None:
    _read_all(answer(body, status), [SENT] * count)


@given(body=st.binary(), status=STATUSES)
def test_no_bytes_break_a_reader(body: bytes, status: int) -> None:
    _read_all(Answer(status, body), [SENT])


@given(item=ANY_JSON)
def test_no_item_breaks_a_reader(item: Any) -> None:
    _read_all(answer({"messages": [item], "errors": [item], "omnimessage_id": ID}), [SENT])
    _read_all(answer({"statuses": [item, {"price_info": item}], "omnimessage_id": item}), [SENT])


@given(status=STATUSES)
def test_the_body_decides_whatever_the_status(status: int) -> None:
    assert isinstance(read_sent(answer(CREATED, status)), OmnimessageCreated)
    assert isinstance(read_sent(answer(ERRORS, status)), MessenteErrors)
    assert read_sent(Answer(status, b"<html>")) is None


@given(places=st.permutations(range(5)))
def test_a_bulk_answer_in_another_order_accepts_nothing(places: list[int]) -> None:
    sent = batch(*(f"+3725100000{n}" for n in range(5)))
    body = {"messages": [created(sent[place].to, str(place)) for place in places]}
    items = read_bulk(answer(body), sent) or ()

    if places == sorted(places):
        assert [item.omnimessage_id for item in items if isinstance(item, OmnimessageCreated)] == [
            "0",
            "1",
            "2",
            "3",
            "4",
        ]
    else:
        assert [type(item) for item in items] == [Contradiction] * 5


# --- One omnimessage ------------------------------------------------------------------------------


def test_an_accepted_omnimessage_has_an_id_and_its_parts_in_order() -> None:
    item = read_sent(answer(CREATED), SENT)

    assert item == OmnimessageCreated(
        ID,
        TO,
        (
            MessageResult("3e28ec48", Channel.VIBER, "Shop"),
            MessageResult("0c6c7c7e", Channel.SMS, "Shop"),
        ),
    )
    assert isinstance(item, OmnimessageCreated)
    assert item.raw == CREATED
    assert TO not in repr(item)


def test_the_id_alone_proves_that_it_was_taken() -> None:
    assert read_sent(answer({"omnimessage_id": ID}), SENT) == OmnimessageCreated(ID, None)
    assert read_sent(answer({"omnimessage_id": 2**70}), SENT) == OmnimessageCreated(
        "1180591620717411303424", None
    )


def test_a_part_on_a_channel_that_is_not_known_yet_is_kept() -> None:
    body = {**CREATED, "messages": [{"channel": "telepathy", "message_id": "1"}, "odd", None]}
    item = read_sent(answer(body))

    assert isinstance(item, OmnimessageCreated)
    assert item.messages == (MessageResult("1", "telepathy", None),)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "ok",
        {"omnimessage_id": None},
        {"omnimessage_id": " "},
        {"omnimessage_id": True},
        {"errors": []},
        {"errors": None},
        {"messages": []},
    ],
)
def test_a_body_without_id_and_errors_says_nothing(body: Any) -> None:
    assert read_sent(answer(body), SENT) is None


ELSEWHERE = ["+37251000001", 37251000001, 5, "", "none", True, 3.5, [TO], {"number": TO}]
"""Numbers of others, and what cannot be read as a number at all."""


@pytest.mark.parametrize("number", ELSEWHERE, ids=repr)
def test_an_id_for_another_number_is_a_contradiction(number: Any) -> None:
    item = read_sent(answer(created(number)), SENT)

    assert isinstance(item, Contradiction)
    assert item.raw == created(number)


@pytest.mark.parametrize("number", ELSEWHERE, ids=repr)
def test_a_refusal_for_another_number_is_a_contradiction(number: Any) -> None:
    assert isinstance(read_sent(answer({**ERRORS, "to": number}), SENT), Contradiction)


def test_a_number_is_read_from_a_whole_number_too() -> None:
    assert read_sent(answer(created(int(TO)))) == OmnimessageCreated(ID, TO[1:])


@pytest.mark.parametrize("number", [TO, TO[1:], "+372 5100 0000", int(TO), None], ids=repr)
def test_the_same_number_written_otherwise_is_no_contradiction(number: Any) -> None:
    assert isinstance(read_sent(answer(created(number)), SENT), OmnimessageCreated)


def test_an_id_and_errors_together_are_a_contradiction() -> None:
    assert isinstance(read_sent(answer({**CREATED, **ERRORS}), SENT), Contradiction)


@pytest.mark.parametrize("errors", ["Invalid sender", 105, True, INVALID_SENDER, ["it failed"]])
def test_an_id_and_errors_in_any_shape_are_a_contradiction(errors: Any) -> None:
    assert isinstance(read_sent(answer({**CREATED, "errors": errors}), SENT), Contradiction)


def test_errors_beside_the_ids_of_channel_messages_are_no_refusal() -> None:
    taken = {"messages": CREATED["messages"], **ERRORS}
    assert isinstance(read_sent(answer(taken), SENT), Contradiction)
    assert isinstance(read_sent(answer({**CREATED, "errors": []}), SENT), OmnimessageCreated)


# --- Errors ---------------------------------------------------------------------------------------


def test_errors_are_read_with_code_and_field() -> None:
    errors = read_errors(answer(ERRORS, 400))

    assert errors == MessenteErrors((ErrorItem(**INVALID_SENDER),))
    assert errors is not None
    assert errors.errors[0].path == "sms.sender"
    failure = failure_of(errors, status=400)
    assert failure is not None
    assert (failure.kind, failure.vendor_code, failure.field, failure.detail, failure.status) == (
        FailureKind.REFUSED,
        "105",
        "sms.sender",
        "Invalid data",
        400,
    )
    assert failure.raw == ERRORS


def test_what_an_error_quotes_is_in_raw_only() -> None:
    item = {**INVALID_SENDER, "detail": f"canary {TO}", "source": f"canary {TO}"}
    errors = read_errors(answer({"errors": [item]}, 400))
    assert errors is not None

    shown = repr(errors) + repr(failure_of(errors))
    assert "canary" not in shown
    assert TO[1:] not in shown
    assert errors.errors[0].path is None
    assert errors.raw == {"errors": [item]}


@pytest.mark.parametrize(
    ("codes", "kind", "decisive"),
    [
        (["101"], FailureKind.REFUSED, "101"),
        (["102"], FailureKind.FORBIDDEN, "102"),
        (["103"], FailureKind.UNAUTHENTICATED, "103"),
        (["104"], FailureKind.SERVER_FAILED, "104"),
        (["105"], FailureKind.REFUSED, "105"),
        (["106"], FailureKind.REFUSED, "106"),
        (["107"], FailureKind.REFUSED, "107"),
        ([105], FailureKind.REFUSED, "105"),
        (["103", "105"], FailureKind.UNAUTHENTICATED, "103"),
        (["105", "104"], FailureKind.SERVER_FAILED, "104"),
        (["104", "199"], FailureKind.SERVER_FAILED, "104"),
        (["105", "199"], None, None),
        (["199"], None, None),
        ([None], None, None),
        ([True], None, None),
        ([], None, None),
    ],
)
def test_what_the_codes_prove_together(
    codes: list[Any], kind: FailureKind | None, decisive: str | None
) -> None:
    errors = read_errors(answer({"errors": [{"code": code} for code in codes]})) or MessenteErrors(
        ()
    )
    failure = failure_of(errors)

    assert (None if failure is None else failure.kind) == kind
    assert (None if failure is None else failure.vendor_code) == decisive


def test_t44_every_documented_code_is_known() -> None:
    assert {code: meaning.title for code, meaning in ERROR_CODES.items()} == {
        "101": "Not found",
        "102": "Forbidden",
        "103": "Unauthorized",
        "104": "Internal Server Error",
        "105": "Invalid data",
        "106": "Missing data",
        "107": "Method not allowed",
    }


def test_errors_in_another_shape_are_still_errors() -> None:
    single = read_errors(answer({"errors": INVALID_SENDER}))
    odd = read_errors(answer({"errors": ["it failed"]}))

    words = read_errors(answer({"errors": "it failed"}))

    assert single == MessenteErrors((ErrorItem(**INVALID_SENDER),))
    assert odd == words == MessenteErrors((ErrorItem(),))
    assert read_errors(answer({"errors": {}})) is None


# --- Many omnimessages ----------------------------------------------------------------------------


def test_t6_a_bulk_answer_mixes_what_was_taken_and_what_was_refused() -> None:
    sent = batch("+37251000001", "+37251000002", "+37251000003")
    body = {"messages": [created(sent[0].to, "a"), ERRORS, created(sent[2].to, "c")]}

    assert read_bulk(answer(body), sent) == (
        OmnimessageCreated("a", sent[0].to),
        MessenteErrors((ErrorItem(**INVALID_SENDER),)),
        OmnimessageCreated("c", sent[2].to),
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_t6_another_number_of_items_leaves_every_message_unknown(count: int) -> None:
    sent = batch("+37251000001", "+37251000002")
    body = {"messages": [created(sent[0].to)] * count}
    items = read_bulk(answer(body), sent) or ()

    assert [type(item) for item in items] == [Contradiction, Contradiction]


def test_one_item_for_another_number_leaves_every_message_unknown_but_loses_no_id() -> None:
    sent = batch("+37251000001", "+37251000002", "+37251000003")
    body = {"messages": [created(sent[0].to, "a"), created(sent[2].to, "c"), ERRORS]}
    items = read_bulk(answer(body), sent) or ()

    assert [type(item) for item in items] == [Contradiction] * 3
    assert [item.raw for item in items] == [
        [created(sent[0].to, "a")],
        [],
        [created(sent[2].to, "c")],
    ]
    assert "about another number" in str(items[0])
    assert not any(omnimessage.to[1:] in repr(items) for omnimessage in sent)


@pytest.mark.parametrize(
    "item", [None, {}, [], "no", {"errors": []}, {"to": TO}, {**CREATED, **ERRORS}]
)
def test_an_item_that_says_nothing_clear_leaves_only_its_own_message_unknown(item: Any) -> None:
    sent = batch("+37251000001", TO, "+37251000003")
    body = {"messages": [created(sent[0].to, "a"), item, ERRORS]}
    items = read_bulk(answer(body), sent) or ()

    assert [type(item) for item in items] == [OmnimessageCreated, Contradiction, MessenteErrors]
    assert isinstance(items[1], Contradiction)
    assert items[1].raw == item


@pytest.mark.parametrize("errors", [[INVALID_SENDER], "it failed"])
def test_items_beside_errors_of_the_whole_call_leave_every_message_unknown(errors: Any) -> None:
    sent = batch("+37251000001", "+37251000002")
    items = [created(sent[0].to, "a"), created(sent[1].to, "b")]
    read = read_bulk(answer({"messages": items, "errors": errors}), sent) or ()

    assert [type(item) for item in read] == [Contradiction, Contradiction]
    assert [item.raw for item in read] == [[items[0]], [items[1]]]


@pytest.mark.parametrize("body", [ERRORS, {**ERRORS, "messages": []}, {}, [], {"messages": {}}])
def test_a_bulk_answer_without_items_is_no_result(body: Any) -> None:
    assert read_bulk(answer(body), [SENT]) is None


def test_one_id_for_several_messages_leaves_every_message_unknown() -> None:
    sent = batch("+37251000001", "+37251000002", "+37251000003")
    body = {"messages": [created(sent[0].to, "a"), ERRORS, created(sent[2].to, "a")]}
    items = read_bulk(answer(body), sent) or ()

    assert [type(item) for item in items] == [Contradiction] * 3
