"""What the address book answers, read: each documented shape, and whatever else may come."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from hypothesis import given, strategies as st

from devino_async.address_book import (
    ContactResult,
    NewContact,
    read_contact_results,
    read_contacts,
    read_deletions,
    read_list_id,
    read_lists,
)
from devino_async.answers import Reason
from omni_common.errors import Outcome
from omni_common.exchange import Answer, Failure, FailureKind
from tests.devino.answering import ANY_ENVELOPE, STATUSES, answer

T = TypeVar("T")

LIST_ID = "3576515602081985000"
CONTACT_ID = "3379c731a0734800-337a7406f274fe80"
JOHN = NewContact(phone="79100000000")
ANN = NewContact(email="ann@example.com")
NOT_MADE = {
    "result": None,
    "reasons": [
        {"key": "name.must.be.not.null", "ref": "name", "defaultMessage": "must not be null"}
    ],
    "description": "Key error: (parameter: name -> must not be null)",
}
ADDED = {"code": "OK", "result": {"contactId": CONTACT_ID}}
DUPLICATE = {
    "code": "REJECTED",
    "result": {
        "localizationKey": "DUPLICATE_VALUE",
        "fieldName": "phone",
        "displayName": "Phone",
    },
    "description": "Duplicate",
}
HTML = Answer(200, b"<!DOCTYPE html><html><body>Hello</body></html>")


def added_or_not(body: Any, status: int = 200) -> tuple[ContactResult, ...]:
    """The results for John and Ann, which must be readable."""
    return got(read_contact_results(answer(body, status), [JOHN, ANN]))


def got(verdict: tuple[T, ...] | Failure | None) -> tuple[T, ...]:
    assert isinstance(verdict, tuple)
    return verdict


def kind_of(verdict: object) -> FailureKind | None:
    return verdict.kind if isinstance(verdict, Failure) else None


# --- A list that was made, or not -----------------------------------------------------------------


def test_a_new_lists_id_is_text() -> None:
    assert read_list_id(answer({"result": LIST_ID})) == LIST_ID


def test_t18_an_id_that_comes_as_a_number_is_taken_exactly() -> None:
    assert read_list_id(answer({"result": 3701172084729885953})) == "3701172084729885953"


@pytest.mark.parametrize("status", [200, 400, 422])
def test_t3_a_list_that_was_not_made_is_told_by_reasons_without_a_code(status: int) -> None:
    failure = read_list_id(answer(NOT_MADE, status))
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.REFUSED
    assert (failure.vendor_code, failure.field) == ("name.must.be.not.null", "name")
    assert failure.raw == NOT_MADE


@pytest.mark.parametrize(
    "body",
    [
        {"result": None},
        {"result": None, "description": "No"},
        {"code": "REJECTED"},
        {"code": "REJECTED", "result": ""},
        {"reasons": [{"key": "invalid"}]},
    ],
)
def test_t3_null_reasons_or_the_code_alone_are_a_refusal_too(body: dict[str, Any]) -> None:
    assert kind_of(read_list_id(answer(body))) is FailureKind.REFUSED


def test_t4_reasons_may_be_one_object() -> None:
    failure = read_list_id(answer({**NOT_MADE, "reasons": NOT_MADE["reasons"][0]}))  # type: ignore[index]
    assert isinstance(failure, Failure)
    assert failure.vendor_code == "name.must.be.not.null"


def test_empty_reasons_beside_an_id_are_none() -> None:
    assert (
        read_list_id(answer({"result": LIST_ID, "reasons": None, "description": None})) == LIST_ID
    )
    assert read_list_id(answer({"result": LIST_ID, "reasons": []})) == LIST_ID


def test_an_id_beside_reasons_proves_nothing() -> None:
    body = {"result": LIST_ID, "reasons": [{"key": "invalid"}]}
    assert kind_of(read_list_id(answer(body))) is FailureKind.UNREADABLE


def test_t5_a_failed_server_refuses_nothing_for_sure_however_it_words_it() -> None:
    assert kind_of(read_list_id(answer(NOT_MADE, 500))) is FailureKind.SERVER_FAILED
    assert kind_of(read_list_id(answer({"result": None}, 503))) is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "key", "kind"),
    [
        (401, "unauthorized", FailureKind.UNAUTHENTICATED),
        (200, "forbidden", FailureKind.FORBIDDEN),
        (403, "whatever", FailureKind.FORBIDDEN),
        (200, "billing.error", FailureKind.NO_FUNDS),
    ],
)
def test_a_refusal_says_why_by_its_key_or_its_status(
    status: int, key: str, kind: FailureKind
) -> None:
    body = {"result": None, "reasons": [{"key": key}]}
    assert kind_of(read_list_id(answer(body, status))) is kind


@pytest.mark.parametrize(
    "body", [{}, [], None, "text", 17, {"result": ""}, {"result": {}}, {"result": [LIST_ID]}]
)
def test_what_holds_no_id_and_no_refusal_says_nothing(body: Any) -> None:
    assert read_list_id(answer(body)) is None


# --- Contacts that were added, or not -------------------------------------------------------------


def test_t2_a_success_may_hold_refusals_contact_by_contact() -> None:
    john, ann = added_or_not({"result": [ADDED, DUPLICATE]})
    assert (john.contact, john.outcome, john.contact_id) == (JOHN, Outcome.ACCEPTED, CONTACT_ID)
    assert (john.code, john.raw, john.error) == ("OK", ADDED, None)
    assert (ann.contact, ann.outcome, ann.contact_id) == (ANN, Outcome.NOT_SENT, None)
    assert (ann.code, ann.localization_key) == ("REJECTED", "DUPLICATE_VALUE")
    assert (ann.field_name, ann.display_name) == ("phone", "Phone")
    assert (ann.description, ann.error) == ("Duplicate", None)
    assert (john.is_duplicate, ann.is_duplicate) == (False, True)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_t5_results_decide_whatever_the_status(status: int) -> None:
    outcomes = [result.outcome for result in added_or_not({"result": [ADDED, DUPLICATE]}, status)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.NOT_SENT]


@pytest.mark.parametrize("code", ["OK", "REJECTED"])
def test_t4_an_item_with_an_id_and_a_reason_not_to_add_proves_nothing(code: str) -> None:
    both = {"contactId": CONTACT_ID, "localizationKey": "DUPLICATE_VALUE", "fieldName": None}
    result, _ = added_or_not({"result": [{"code": code, "result": both}, DUPLICATE]})
    assert (result.outcome, result.is_duplicate) == (Outcome.UNKNOWN, False)
    assert (result.contact_id, result.localization_key) == (CONTACT_ID, "DUPLICATE_VALUE")


def test_an_id_that_two_contacts_got_is_nobodys() -> None:
    assert [each.outcome for each in added_or_not({"result": [ADDED, ADDED]})] == [
        Outcome.UNKNOWN,
        Outcome.UNKNOWN,
    ]


def test_a_refusal_for_another_reason_is_no_duplicate() -> None:
    other = {"code": "REJECTED", "result": {"localizationKey": "TOO_OLD"}, "description": None}
    bare = {"code": "REJECTED", "reasons": {"key": "invalid", "ref": "phone"}}
    one, two = added_or_not({"result": [other, bare]})
    assert (one.outcome, one.localization_key, one.is_duplicate) == (
        Outcome.NOT_SENT,
        "TOO_OLD",
        False,
    )
    assert (two.outcome, two.reasons) == (Outcome.NOT_SENT, (Reason("invalid", "phone"),))


@pytest.mark.parametrize(
    "item",
    [
        {"code": "OK"},
        {"code": "OK", "result": None},
        {"code": "OK", "result": {"contactId": ""}},
        {"code": "OK", "result": {"contactId": 0}},
        {**ADDED, "reasons": [{"key": "invalid"}]},
        {"code": "REJECTED", "result": {"contactId": CONTACT_ID}},
        {"code": "OK", "result": {"contactId": True}},
        {"code": "OK", "result": CONTACT_ID},
        {"code": "QUEUED", "result": {"contactId": CONTACT_ID}},
        {"code": None, "result": {"contactId": CONTACT_ID}},
        {"result": {"contactId": CONTACT_ID}},
        {},
        None,
        "OK",
        [],
    ],
    ids=repr,
)
def test_an_item_that_neither_adds_nor_refuses_leaves_its_contact_unknown(item: Any) -> None:
    other = {"code": "OK", "result": {"contactId": "another"}}
    john, ann = added_or_not({"result": [item, other]})
    assert (john.contact, john.outcome, john.raw) == (JOHN, Outcome.UNKNOWN, item)
    assert ann.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("items", [[], [ADDED], [ADDED] * 3])
def test_another_number_of_results_tells_nothing_of_any_contact(items: list[Any]) -> None:
    verdict = read_contact_results(answer({"result": items}), [JOHN, ANN])
    assert kind_of(verdict) is FailureKind.UNREADABLE


def test_an_upload_that_is_refused_whole_is_a_refusal() -> None:
    body = {"result": None, "reasons": [{"key": "invalid", "ref": "contactGroupId"}]}
    verdict = read_contact_results(answer(body, 400), [JOHN])
    assert isinstance(verdict, Failure)
    assert (verdict.kind, verdict.field) == (FailureKind.REFUSED, "contactGroupId")
    assert read_contact_results(answer({"result": None}), [JOHN]) is None
    assert read_contact_results(HTML, [JOHN]) is None


def test_what_the_vendor_says_of_a_contact_is_not_shown() -> None:
    item = {**DUPLICATE, "description": "canary 79101234567", "reasons": []}
    [result] = got(read_contact_results(answer({"result": [item]}), [JOHN]))
    assert "canary" not in repr(result)
    assert "1234567" not in repr(result)


# --- Deletions ------------------------------------------------------------------------------------


def deleted(list_id: Any, code: str = "OK", **more: Any) -> dict[str, Any]:
    return {"code": code, "result": list_id, **more}


def outcomes(asked: list[str], items: list[Any], **more: Any) -> list[Outcome]:
    deletions = read_deletions(answer({"result": items, **more}), asked)
    assert isinstance(deletions, tuple)
    assert [each.list_id for each in deletions] == asked
    return [each.outcome for each in deletions]


YES, NO, UNSURE = Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.UNKNOWN


def test_deletions_are_matched_by_their_id_whatever_the_order() -> None:
    asked = ["5435476543542", "435467586654", "4325364758"]
    items = [deleted(list_id) for list_id in asked]
    assert outcomes(asked, items) == [YES] * 3
    items[0]["code"] = "REJECTED"
    assert outcomes(asked, items[::-1]) == [NO, YES, YES]


def test_a_deletion_that_is_not_answered_for_is_unknown() -> None:
    assert outcomes(["1", "2"], [deleted("2")]) == [UNSURE, YES]
    assert outcomes(["1", "2"], []) == [UNSURE, UNSURE]
    assert outcomes(["1"], [deleted("2"), None, "1", {}, deleted(None), deleted([])]) == [UNSURE]


@pytest.mark.parametrize("code", ["ok", "QUEUED", None, 1, []])
def test_a_deletion_with_another_code_is_unknown(code: Any) -> None:
    assert outcomes(["1"], [{"code": code, "result": "1"}]) == [UNSURE]


def test_items_that_contradict_each_other_prove_nothing() -> None:
    assert outcomes(["1"], [deleted("1"), deleted("1", "REJECTED")]) == [UNSURE]
    assert outcomes(["1"], [deleted("1"), deleted("1")]) == [YES]
    assert outcomes(["1"], [deleted("1", reasons=[{"key": "in.use"}])]) == [UNSURE]


def test_t18_ids_may_come_as_numbers_even_rounded_ones() -> None:
    asked = ["3701172084729885952", "3701172084729990000"]
    assert outcomes(asked, [deleted(int(each)) for each in asked]) == [YES, YES]
    rounded = deleted(3701172084729885700)
    assert outcomes(asked, [rounded, deleted(asked[1], "REJECTED")]) == [YES, NO]


def test_t18_a_rounded_id_that_may_mean_two_lists_tells_of_neither() -> None:
    asked = ["3701172084729885951", "3701172084729885952"]
    assert outcomes(asked, [deleted(3701172084729885700)] * 2) == [UNSURE, UNSURE]


def test_why_a_list_was_not_deleted_is_kept() -> None:
    reasons = [{"key": "in.use", "ref": "ids"}]
    item = deleted("1", "REJECTED", description="In use", reasons=reasons)
    [one] = got(read_deletions(answer({"result": [item]}, 400), ["1"]))
    assert (one.code, one.description, one.raw) == ("REJECTED", "In use", item)
    assert one.reasons == (Reason("in.use", "ids"),)


def test_reasons_that_stand_beside_the_items_belong_to_those_refused() -> None:
    items = [deleted("1"), deleted("2", "REJECTED")]
    body = {"result": items, "reasons": [{"key": "in.use"}]}
    one, two = got(read_deletions(answer(body), ["1", "2"]))
    assert (one.outcome, one.reasons) == (YES, ())
    assert (two.outcome, two.reasons) == (NO, (Reason("in.use"),))


def test_a_deletion_that_is_refused_whole_is_a_refusal() -> None:
    body = {"result": None, "reasons": [{"key": "forbidden"}]}
    assert kind_of(read_deletions(answer(body, 200), ["1"])) is FailureKind.FORBIDDEN
    assert read_deletions(answer({"result": None}), ["1"]) is None
    assert read_deletions(HTML, ["1"]) is None


# --- Whatever comes -------------------------------------------------------------------------------


@given(ANY_ENVELOPE, STATUSES)
def test_no_answer_whatsoever_breaks_a_reader(body: Any, status: int) -> None:
    came = answer(body, status)
    new = read_list_id(came)
    assert new is None or isinstance(new, Failure) or (isinstance(new, str) and bool(new))
    contacts = [JOHN, ANN]
    added = read_contact_results(came, contacts)
    if isinstance(added, tuple):
        assert [each.contact for each in added] == contacts
    deletions = read_deletions(came, ["1", "3701172084729885952"])
    if isinstance(deletions, tuple):
        assert [each.list_id for each in deletions] == ["1", "3701172084729885952"]
    for rows in (read_lists(came), read_contacts(came)):
        assert rows is None or isinstance(rows, tuple | Failure)


@given(ANY_ENVELOPE, STATUSES)
def test_a_contact_is_only_added_by_a_plain_ok_and_never_by_a_refusal(
    body: Any, status: int
) -> None:
    results = read_contact_results(answer(body, status), [JOHN])
    if isinstance(results, tuple):
        [result] = results
        assert (result.outcome is Outcome.ACCEPTED) <= (result.code == "OK")
        is_refused = result.code == "REJECTED" and result.contact_id is None
        assert (result.outcome is Outcome.NOT_SENT) is is_refused
        assert (result.contact_id is not None) >= (result.outcome is Outcome.ACCEPTED)


@given(st.binary(max_size=60), STATUSES)
def test_what_is_no_json_is_left_to_the_status(body: bytes, status: int) -> None:
    came = Answer(status, b"<" + body)
    assert read_list_id(came) is None
    assert read_contact_results(came, [JOHN]) is None
    assert read_lists(came) is None
    assert read_contacts(came) is None
    assert read_deletions(came, ["1"]) is None
