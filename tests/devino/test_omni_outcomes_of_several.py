"""What an answer to a transactional call proves of each of several recipients."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.omni import OmniRecipient, OmniResult, read_answers
from omni_common.errors import Outcome, ServerFailedError
from omni_common.exchange import Answer, Failure
from omni_common.retry import RULES, kind_of_status
from tests.devino.answering import ANY_JSON, STATUSES, answer, reason
from tests.devino.omni_entries import (
    ACCEPTED,
    ANNA,
    BORIS,
    IDS,
    JAMES,
    NOT_SENT,
    UNKNOWN,
    body,
    no,
    ok,
    read,
    told,
)

# --- Several --------------------------------------------------------------------------------------


def test_the_vendors_own_example_t27_t28() -> None:
    description = (
        '{"email":"test@test.com","fields":null,"phone":"0","pushInfo":[{"appId":"3410","os":1,'
        '"pushToken":"ctJ5"}]} #invalid.phone.size; Invalid phone size'
    )
    sample = body(
        [ok("3606044956953218300", key="3111e47182ca9c11-3111e4711103c")],
        [{"code": "REJECTED", "result": None, "description": description}],
        IDS[:1],
    )
    other = OmniRecipient(email="test@test.com", phone="79103398085")
    only_email = OmniRecipient(email="test@test.com")

    answers = read(sample, JAMES, other)  # it quotes another number than was given
    assert told(answers) == [(UNKNOWN, None), (UNKNOWN, None)]
    [refusal] = answers.rejected
    assert refusal.contact is not None
    assert (refusal.contact.email, refusal.contact.phone) == ("test@test.com", "0")
    assert refusal.description == description
    assert [each.key for each in refusal.reasons] == ["invalid.phone.size"]
    assert answers.contact_ids == tuple(IDS[:1])

    sample["result"]["errorAnswers"][0]["description"] = description.replace('"0"', "null")
    answers = read(sample, JAMES, only_email)
    assert told(answers) == [(ACCEPTED, "3606044956953218300"), (NOT_SENT, None)]
    assert answers.results[0].contact_id == IDS[0]


@pytest.mark.parametrize(
    "keys", [IDS, [IDS[0][:-2], *IDS[1:]], [IDS[0][:-2], IDS[1][:-2], "b"]], ids=repr
)
def test_t27_messages_are_in_order_if_every_merge_key_agrees(keys: list[str]) -> None:
    sent = [ok(str(place), key) for place, key in enumerate(keys)]
    answers = read(body(sent, ids=IDS), JAMES, ANNA, BORIS)
    assert told(answers) == [(ACCEPTED, "0"), (ACCEPTED, "1"), (ACCEPTED, "2")]
    assert [result.contact_id for result in answers.results] == IDS


def test_t27_a_merge_key_that_begins_two_ids_is_nobodys() -> None:
    keys = [IDS[0][:-3], *IDS[1:]]
    sent = [ok(str(place), key) for place, key in enumerate(keys)]
    answers = read(body(sent, ids=IDS), JAMES, ANNA, BORIS)
    assert told(answers) == [(UNKNOWN, None)] * 3


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        ([ok("1", IDS[1]), ok("2", IDS[0])], IDS[:2]),
        ([ok("1", IDS[0]), ok("2", IDS[0])], IDS[:2]),
        ([ok("1", IDS[0]), ok("2", None)], IDS[:2]),
        ([ok("1", IDS[0]), ok("2", "")], IDS[:2]),
        ([ok("1", IDS[0]), ok("1", IDS[1])], IDS[:2]),
        ([ok("1", IDS[0]), ok("2", IDS[1])], IDS[:1]),
        ([ok("1", IDS[0]), ok("2", IDS[1])], IDS),
        ([ok("1", IDS[0]), ok("2", IDS[1])], ()),
        ([ok("1", IDS[0])], IDS[:1]),
        ([ok("1", IDS[0])], IDS[:2]),
        ([ok(str(n), id) for n, id in enumerate(IDS)], IDS),
        ([ok("1", "a"), ok("2", "a")], ["a", "a"]),
        ([ok("1", "a"), ok("2", "b")], ["a", None]),
        ([ok("1", "a"), ok("2", "b"), "odd"], ["a", "b"]),
        ([], []),
    ],
)
def test_messages_of_which_nobody_knows_whose_they_are_are_nobodys(sent: Any, ids: Any) -> None:
    answers = read(body(sent, ids=ids), JAMES, ANNA)
    assert told(answers) == [(UNKNOWN, None), (UNKNOWN, None)]
    ids_sent = [item["result"] for item in sent if isinstance(item, dict)]
    once = [id for id in ids_sent if ids_sent.count(id) == 1]
    assert [accepted.message_id for accepted in answers.accepted] == once


def test_t28_a_refusal_is_about_the_one_it_quotes() -> None:
    people = (JAMES, ANNA, BORIS)
    quoted = no({"phone": "79103398081"}, key="a.key")
    answers = read(body([ok("1", "x"), ok("2", "y")], [quoted], ["x", "y"]), *people)
    assert told(answers) == [(ACCEPTED, "1"), (NOT_SENT, None), (ACCEPTED, "2")]
    assert [each.key for each in answers.results[1].reasons] == ["a.key"]
    assert [result.contact_id for result in answers.results] == ["x", None, "y"]

    both = no({"phone": 79103398080, "email": "james@JAMESMAIL.com"})
    answers = read(body([], [both, no({"email": "boris@example.com"})]), *people)
    assert told(answers) == [(NOT_SENT, None), (UNKNOWN, None), (NOT_SENT, None)]


@pytest.mark.parametrize(
    "refusal",
    [
        no(),
        no({"phone": "79103398089"}),
        no({"phone": "79103398081", "email": "boris@example.com"}),
        no({"phone": "79103398081", "email": "somebody@example.com"}),
        no({"phone": ["79103398081"]}),
        no(description=None),
        no(description=""),
        no(description="no"),
        no(description="{} #key"),
        no(description='{"phone":"79103398081"} key; words'),
        no(description='{"phone":"79103398081" #key; words'),
        no(description='["79103398081"] #key; words'),
        no(description="\ud800 #key; words"),
        no(description=5),
    ],
)
def test_t28_a_refusal_that_quotes_nobody_for_sure_is_nobodys(refusal: Any) -> None:
    answers = read(body([ok("1", "x")], [refusal], ["x"]), ANNA, BORIS)
    assert told(answers) == [(UNKNOWN, None), (UNKNOWN, None)]
    assert (len(answers.accepted), len(answers.rejected)) == (1, 1)


def test_a_refusal_is_nobodys_where_two_have_the_address() -> None:
    shared = OmniRecipient(phone="79103398089", email="BORIS@example.com")
    refused = [no({"email": "boris@example.com"})]
    assert told(read(body([], refused), BORIS, shared)) == [(UNKNOWN, None)] * 2
    assert told(read(body([], [no({"phone": "79103398089"})]), BORIS, shared)) == [
        (UNKNOWN, None),
        (NOT_SENT, None),
    ]


def test_who_was_both_accepted_and_refused_is_unknown() -> None:
    sent = [ok("1", "x"), ok("2", "y")]
    answers = read(body(sent, [no({"phone": "79103398081"})], ["x", "y"]), JAMES, ANNA)
    assert told(answers) == [(UNKNOWN, None), (UNKNOWN, None)]


def test_several_refusals_of_one_recipient_leave_the_others_unknown() -> None:
    refused = [no({"phone": "79103398081"}, "one"), no({"phone": "79103398081"}, "two")]
    answers = read(body([ok("1", "x")], refused, ["x"]), JAMES, ANNA)
    assert told(answers) == [(UNKNOWN, None), (NOT_SENT, None)]
    assert [each.key for each in answers.results[1].reasons] == ["one", "two"]


def test_reasons_that_stand_beside_the_sentence_are_kept() -> None:
    refused = no({"phone": "79103398081"}, reasons=[reason("forbidden")])
    [result] = read(body(refused=[refused]), ANNA).results
    assert [each.key for each in result.reasons] == ["invalid.phone.size", "forbidden"]
    [bare] = read(body(refused=[no(description="Something #odd")]), ANNA).results
    assert [(each.key, each.default_message) for each in bare.reasons] == [("odd", None)]
    [plain] = read(body(refused=[no(description="Something odd")]), ANNA).results
    assert [(each.key, each.default_message) for each in plain.reasons] == [(None, "Something odd")]


# --- Contacts by their ids ------------------------------------------------------------------------


def test_a_message_is_for_the_contact_whose_id_its_merge_key_is() -> None:
    sent = [ok("2", IDS[1]), ok("0", IDS[0])]
    answers = read(body(sent, [no()], IDS[:2]), ids=IDS)
    assert told(answers) == [(ACCEPTED, "0"), (ACCEPTED, "2"), (UNKNOWN, None)]
    assert [result.contact_id for result in answers.results] == IDS


def test_t27_a_cut_merge_key_counts_only_in_its_place() -> None:
    cut = [ok("0", IDS[0][:-2]), ok("1", IDS[1][:-2])]
    assert told(read(body(cut, ids=IDS[:2]), ids=IDS[:2])) == [(ACCEPTED, "0"), (ACCEPTED, "1")]
    assert told(read(body(cut[::-1], ids=IDS[:2]), ids=IDS[:2])) == [(UNKNOWN, None)] * 2
    assert told(read(body(cut, ids=IDS[1::-1]), ids=IDS[:2])) == [(UNKNOWN, None)] * 2


def test_a_contact_named_twice_is_unknown_twice() -> None:
    sent = [ok("0", IDS[0]), ok("1", IDS[0])]
    assert told(read(body(sent, ids=[IDS[0]] * 2), ids=[IDS[0]] * 2)) == [(UNKNOWN, None)] * 2


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]], ids=str)
def test_contacts_of_both_kinds_are_told_apart_by_the_ids_that_were_asked_for(
    order: list[int],
) -> None:
    ids = [("x", "y", IDS[0])[place] for place in order]
    answers = read(body([ok(f"m{id}", id) for id in ids], ids=ids), JAMES, ANNA, ids=IDS[:1])
    assert told(answers) == [(ACCEPTED, "mx"), (ACCEPTED, "my"), (ACCEPTED, f"m{IDS[0]}")]


def test_among_contacts_of_both_kinds_a_refusal_may_be_about_any() -> None:
    refused = [no({"phone": "79103398081"})]
    answers = read(body([ok("1", IDS[0])], refused, IDS[:1]), ANNA, ids=IDS[:1])
    assert told(answers) == [(UNKNOWN, None), (UNKNOWN, None)]
    missing = read(body([ok("1", "x"), ok("2", "y")], ids=["x", "y"]), ANNA, ids=IDS[:1])
    assert told(missing) == [(UNKNOWN, None), (UNKNOWN, None)]


# --- Laws -----------------------------------------------------------------------------------------

_PEOPLE = [JAMES, ANNA, BORIS, OmniRecipient(phone="79103398081", email="anna@example.com")]
_CONTACTS = st.sampled_from([{}, {"phone": "79103398081"}, {"email": "boris@example.com"}])
_KEYS = st.sampled_from([*IDS, "x", "y", "z", IDS[0][:5], None, ""])
_IDS = st.integers(1, 6).map(str) | st.integers(1, 3) | st.none()
_ENTRIES = st.one_of(
    st.builds(ok, _IDS, _KEYS),
    st.builds(no, _CONTACTS),
    st.builds(ok, _IDS | ANY_JSON, _KEYS, code=st.sampled_from(["OK", "REJECTED", "QUEUED", None])),
    ANY_JSON,
)
_BODIES = st.builds(
    body,
    st.lists(_ENTRIES, max_size=4),
    st.lists(_ENTRIES, max_size=3),
    st.lists(_KEYS, max_size=4) | ANY_JSON,
)
_RECIPIENTS = st.tuples(
    st.lists(st.sampled_from(_PEOPLE), max_size=3), st.lists(st.sampled_from(IDS), max_size=3)
).filter(any)


@given(given_body=st.binary() | st.text().map(str.encode), status=STATUSES)
def test_no_bytes_break_the_reader(given_body: bytes, status: int) -> None:
    read_answers(Answer(status, given_body), [JAMES, ANNA], IDS[:1])


@given(given_body=_BODIES | ANY_JSON, recipients=_RECIPIENTS, status=STATUSES)
def test_nobody_is_accepted_without_an_id_of_their_own(
    given_body: Any, recipients: tuple[list[OmniRecipient], list[str]], status: int
) -> None:
    contacts, ids = recipients
    answers = read_answers(answer(given_body, status), contacts, ids)
    if isinstance(answers, Failure):
        if RULES[answers.kind].not_sent:
            assert RULES[kind_of_status(status)].error is not ServerFailedError
        return
    if answers is None:
        return
    assert len(answers.results) == len(contacts) + len(ids)
    given_ids = Counter(answer.message_id for answer in answers.accepted)
    told_ids = Counter(result.message_id for result in answers.results)
    told_ids.pop(None, None)
    assert not told_ids - given_ids
    assert set(given_ids.values()) <= {1}
    for result in answers.results:
        _check(result)


def _check(result: OmniResult) -> None:
    match result.outcome:
        case Outcome.ACCEPTED:
            assert result.message_id
            assert result.raw["code"] == "OK"
        case Outcome.NOT_SENT:
            assert result.message_id is None
            assert result.raw["code"] == "REJECTED"
        case Outcome.UNKNOWN:
            assert result.message_id is None


@given(
    people=st.permutations(_PEOPLE[:3]),
    refused=st.sets(st.integers(0, 2)),
    keys=st.permutations(["x", "y", "z"]),
)
def test_who_is_refused_never_moves_the_others(
    people: list[OmniRecipient], refused: set[int], keys: list[str]
) -> None:
    """An honest answer in the order of the request is understood whole, whoever is refused."""
    quotes = [{"phone": each.phone, "email": each.email} for each in people]
    left = [place for place in range(3) if place not in refused]
    sent = [ok(f"m{place}", keys[place]) for place in left]
    honest = body(sent, [no(quotes[place]) for place in refused], [keys[place] for place in left])
    expected = [
        (NOT_SENT, None) if place in refused else (ACCEPTED, f"m{place}") for place in range(3)
    ]
    assert told(read(honest, *people)) == expected
