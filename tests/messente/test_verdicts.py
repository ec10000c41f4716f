"""What an answer of Messente's proves: the law over HTTP status and body, and the words around it.

The laws are stated here anew, from the vendor's documents and HTTP's, and not in the code's terms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from messente_async.answers import Contradiction, ErrorItem, MessenteErrors, OmnimessageCreated
from messente_async.omnimessage import Omnimessage
from messente_async.report import DeliveryReportResponse
from messente_async.sms import SMS
from messente_async.verdicts import (
    bulk_reader,
    cancelled_reader,
    item_failure,
    report_reader,
    sent_reader,
)
from omni_common.errors import Outcome
from omni_common.exchange import Answer, Failure, FailureKind
from omni_common.retry import RULES, kind_of_status

TO = "+37251000000"
ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
SENT = Omnimessage(TO, [SMS("Hi")])
OTHER = Omnimessage("+37251000001", [SMS("Hi")])
KNOWN = ["101", "102", "103", "105", "106", "107"]
LATER = {425, 429}
OPEN = {408, *range(500, 600)} - {501, 505}
"""Statuses after which nobody can tell whether the request was carried out."""
REFUSALS = {
    *{400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422},
    *{407, 425, 426, 428, 429, 431, 451, 501, 505},
}
STATUSES = st.integers(100, 599) | st.sampled_from([200, 201, 202, 307, 404, *REFUSALS, *OPEN])
UNREADABLE = st.sampled_from([b"", b"<html>", b"{}", b"[]", b"null", b'{"messages": [{"\xff'])
CODES = st.lists(st.sampled_from([*KNOWN, "104", "108", "", None]), min_size=1, max_size=3)


def errors(*codes: str | None, **more: Any) -> dict[str, Any]:
    return {"errors": [{"title": "canary", "code": code, **more} for code in codes]}


def created(to: str | int | None = TO, omnimessage_id: str = ID) -> dict[str, Any]:
    return {"omnimessage_id": omnimessage_id, "to": to, "messages": []}


def answer(status: int, body: Any) -> Answer:
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())


def outcome(verdict: object, status: int) -> Outcome:
    """What the transport makes of a verdict: a result, or what the failure's rule says."""
    kind = kind_of_status(status) if verdict is None else FailureKind.REFUSED
    if isinstance(verdict, Failure):
        kind = verdict.kind
    elif verdict is not None:
        return Outcome.ACCEPTED
    return Outcome.NOT_SENT if RULES[kind].not_sent else Outcome.UNKNOWN


def sent(status: int, body: Any) -> Outcome:
    return outcome(sent_reader(SENT)(answer(status, body)), status)


def expected_of_refusal(status: int, codes: Sequence[str | None]) -> Outcome:
    """By HTTP where it says "later" or leaves all open; by the codes where all are known."""
    if status in LATER:
        return Outcome.NOT_SENT
    if status in OPEN or "104" in codes:
        return Outcome.UNKNOWN
    refused = set(codes) <= set(KNOWN) or status in REFUSALS
    return Outcome.NOT_SENT if refused else Outcome.UNKNOWN


# --- The law of a send ----------------------------------------------------------------------------


@given(status=STATUSES, to=st.sampled_from([TO, TO[1:], None]))
def test_an_id_is_an_acceptance_whatever_the_status(status: int, to: str | None) -> None:
    assert sent(status, created(to)) is Outcome.ACCEPTED


@given(status=STATUSES, codes=CODES)
def test_a_contradiction_proves_nothing_whatever_the_status(
    status: int, codes: list[str | None]
) -> None:
    assert sent(status, created(OTHER.to)) is Outcome.UNKNOWN
    assert sent(status, created(int(OTHER.to))) is Outcome.UNKNOWN
    assert sent(status, {**created(), **errors(*codes)}) is Outcome.UNKNOWN
    assert sent(status, {**created(), "errors": "Invalid sender"}) is Outcome.UNKNOWN


@given(status=STATUSES, codes=CODES)
@example(status=501, codes=["104"])
@example(status=429, codes=["104"])
@example(status=201, codes=["105"])
@example(status=400, codes=["105", "104"])
@example(status=500, codes=["105"])
def test_a_refusal_needs_known_codes_or_a_status_that_refuses(
    status: int, codes: list[str | None]
) -> None:
    assert sent(status, errors(*codes)) is expected_of_refusal(status, codes)


@given(status=STATUSES, body=UNREADABLE)
def test_the_status_decides_where_the_body_says_nothing(status: int, body: bytes) -> None:
    assert sent(status, body) is (Outcome.NOT_SENT if status in REFUSALS else Outcome.UNKNOWN)


def _says_nothing(body: bytes) -> bool:
    """Whether no word of Messente's answers is in *body*: some that are drawn are no accident."""
    words = (b"omnimessage_id", b"messages", b"statuses", b"errors")
    return not any(word in body for word in words)


@given(status=STATUSES, body=st.binary().filter(_says_nothing))
def test_no_bytes_are_an_acceptance_by_accident(status: int, body: bytes) -> None:
    assert sent(status, body) is not Outcome.ACCEPTED
    assert bulk_reader([SENT, OTHER])(answer(status, body)) is None
    assert report_reader(ID)(answer(status, body)) is None


@given(status=STATUSES, codes=CODES)
def test_a_whole_bulk_call_is_refused_by_the_same_law(status: int, codes: list[str | None]) -> None:
    verdict = bulk_reader([SENT, OTHER])(answer(status, errors(*codes)))

    assert outcome(verdict, status) is expected_of_refusal(status, codes)


# --- Items of a bulk call -------------------------------------------------------------------------


@given(status=STATUSES, codes=CODES)
def test_an_item_of_a_bulk_call_is_decided_by_itself(status: int, codes: list[str | None]) -> None:
    body = {"messages": [created(), errors(*codes)]}
    items = bulk_reader([SENT, OTHER])(answer(status, body))

    assert isinstance(items, tuple)
    first, second = items
    assert isinstance(first, OmnimessageCreated)
    assert isinstance(second, MessenteErrors)
    refused = set(codes) <= set(KNOWN)
    assert RULES[item_failure(second).kind].not_sent is refused


def test_a_contradictory_item_keeps_its_reason_and_what_was_said() -> None:
    failure = item_failure(Contradiction("3 answers to 2 omnimessages", {"said": 1}))

    assert (failure.kind, failure.detail, failure.raw) == (
        FailureKind.UNREADABLE,
        "3 answers to 2 omnimessages",
        {"said": 1},
    )


@pytest.mark.parametrize(
    ("code", "kept"),
    [("108", "108"), ("1", "1"), ("37251000000", None), ("canary", None), ("", None), (None, None)],
)
def test_an_unknown_code_is_kept_if_it_can_only_be_a_code(
    code: str | None, kept: str | None
) -> None:
    failure = item_failure(MessenteErrors((ErrorItem(code=code),), raw="all of it"))

    assert (failure.kind, failure.raw) == (FailureKind.UNREADABLE, "all of it")
    assert failure.vendor_code == kept


# --- What a refusal tells -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("101", FailureKind.REFUSED),
        ("102", FailureKind.FORBIDDEN),
        ("103", FailureKind.UNAUTHENTICATED),
        ("104", FailureKind.SERVER_FAILED),
        ("105", FailureKind.REFUSED),
        ("106", FailureKind.REFUSED),
        ("107", FailureKind.REFUSED),
    ],
)
def test_each_code_has_its_kind(code: str, kind: FailureKind) -> None:
    verdict = sent_reader(SENT)(answer(400, errors(code)))

    assert isinstance(verdict, Failure)
    assert (verdict.kind, verdict.vendor_code) == (kind, code)


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("payload[sms][sender]", "sender"),
        ("payload[viber][text]", "text"),
        ("payload[to]", "to"),
        ("payload[sms][ttl]", "ttl"),
        ("payload[sms][validity]", "ttl"),
        ("payload[time_to_send]", "send_at"),
        ("payload[dlr_url]", "callback_url"),
        ("payload[priority]", "priority"),
        ("payload[messages][1]", "content"),
        ("payload[whatsapp][template][language][code]", "code"),
        ("the number +37251000000", None),
        (None, None),
    ],
)
def test_a_refusal_names_the_field_by_its_shared_name(
    source: str | None, field: str | None
) -> None:
    body = errors("105", source=source)
    single = sent_reader(SENT)(answer(400, body))
    items = bulk_reader([SENT])(answer(201, {"messages": [body]}))

    assert isinstance(single, Failure)
    assert isinstance(items, tuple)
    assert isinstance(items[0], MessenteErrors)
    assert single.field == item_failure(items[0]).field == field


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_status_that_decides_keeps_the_code(status: int) -> None:
    verdict = sent_reader(SENT)(answer(status, errors("105")))

    assert isinstance(verdict, Failure)
    assert (verdict.kind, verdict.vendor_code) == (kind_of_status(status), "105")


# --- Status and cancellation ----------------------------------------------------------------------


@given(status=STATUSES, codes=CODES)
def test_only_a_404_that_says_so_is_an_unknown_id(status: int, codes: list[str | None]) -> None:
    verdict = report_reader(ID)(answer(status, errors(*codes)))

    assert isinstance(verdict, MessenteErrors) == (status == 404 and "101" in codes)
    assert not isinstance(verdict, DeliveryReportResponse)


@given(status=STATUSES)
def test_only_a_success_brings_a_report(status: int) -> None:
    verdict = report_reader(ID)(answer(status, {"statuses": []}))

    assert isinstance(verdict, DeliveryReportResponse) == (status // 100 == 2)


@pytest.mark.parametrize("named", [{}, {"omnimessage_id": None}, {"omnimessage_id": ID}])
def test_a_report_is_about_the_message_that_was_asked_for(named: dict[str, Any]) -> None:
    verdict = report_reader(ID)(answer(200, {**named, "statuses": [{"status": "DELIVRD"}]}))

    assert isinstance(verdict, DeliveryReportResponse)


@pytest.mark.parametrize("named", ["another", "", 5, True, [ID], {"id": ID}])
def test_a_report_about_another_message_is_none(named: Any) -> None:
    body = {"omnimessage_id": named, "statuses": [{"status": "DELIVRD", "omnimessage_id": ID}]}
    verdict = report_reader(ID)(answer(200, body))

    assert isinstance(verdict, Failure)
    assert (verdict.kind, verdict.raw) == (FailureKind.UNREADABLE, body)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ([{"code": "104"}], FailureKind.SERVER_FAILED),
        ([{"code": "103"}], FailureKind.UNAUTHENTICATED),
        ("it failed", FailureKind.UNREADABLE),
    ],
)
def test_errors_outweigh_a_report_that_says_nothing(said: Any, kind: FailureKind) -> None:
    verdict = report_reader(ID)(answer(200, {"statuses": [], "errors": said}))

    assert isinstance(verdict, Failure)
    assert verdict.kind is kind


@given(status=STATUSES, body=UNREADABLE | CODES.map(lambda codes: errors(*codes)))
def test_only_a_success_with_an_object_and_no_errors_confirms_a_cancellation(
    status: int, body: Any
) -> None:
    confirmed = cancelled_reader("d7248cda")(answer(status, body)) is True

    assert confirmed == (status // 100 == 2 and body == b"{}")


def test_a_cancellation_of_what_is_not_found_is_refused_with_its_code() -> None:
    verdict = cancelled_reader("d7248cda")(answer(404, errors("101")))

    assert isinstance(verdict, Failure)
    assert (verdict.kind, verdict.vendor_code) == (FailureKind.REFUSED, "101")
