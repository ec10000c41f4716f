"""An SMS as Devino takes it: what may be said, how it is written, what is refused before HTTP."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoClient, SmsMessage, SmsPriority
from devino_async.sandbox import DevinoBehaviour
from devino_async.sandbox.sms_rules import SmsRules, SmsSubmission, read_message
from devino_async.sms import LARGEST_BATCH, send_request, statuses_request
from omni_common.converter import loads
from omni_common.errors import ForeignIdError, InvalidMessageError, InvalidQueryError
from omni_common.exchange import Operation, Request

SECOND = timedelta(seconds=1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


def sms(**fields: Any) -> SmsMessage:
    return SmsMessage(**{"sender": "Shop", "to": "79031234567", "text": "Hello", **fields})


def written(**fields: Any) -> Any:
    """The message as it stands in the request's body."""
    [message] = body_of(send_request([sms(**fields)]))["messages"]
    return message


def body_of(request: Request) -> Any:
    assert request.body is not None
    return loads(request.body)


# --- The request ----------------------------------------------------------------------------------


def test_a_send_is_a_post_that_is_never_repeated() -> None:
    request = send_request([sms()])
    assert (request.method, request.path) == ("POST", "/sms/messages")
    assert request.operation is Operation.SEND
    assert (request.query, dict(request.headers)) == ((), {})


def test_the_body_is_the_documented_one_byte_for_byte() -> None:
    message = SmsMessage(
        sender="MyCompany",
        to="+79034567890",
        text="Code: 1234",
        validity=timedelta(minutes=10),
        scheduled_time=datetime(2022, 9, 9, 8, 52, 27, 319_000, tzinfo=UTC),
        priority=SmsPriority.HIGH,
        callback_url="https://example.com/cb",
        options={"key1": "value1"},
    )
    assert send_request([message]).body == (
        b'{"messages":[{"from":"MyCompany","to":"79034567890","text":"Code: 1234",'
        b'"validity":600,"scheduledTime":"2022-09-09T08:52:27.319Z","priority":"HIGH",'
        b'"callbackUrl":"https://example.com/cb","options":{"key1":"value1"}}]}'
    )


def test_t39_what_is_not_said_is_not_written() -> None:
    assert written() == {"from": "Shop", "to": "79031234567", "text": "Hello"}


@pytest.mark.parametrize(
    ("flags", "query"),
    [
        ({"include_segment_id": True}, (("includeSegmentId", "true"),)),
        ({"shorten_url": True}, (("shortenUrl", "true"),)),
        (
            {"include_segment_id": True, "shorten_url": True},
            (("includeSegmentId", "true"), ("shortenUrl", "true")),
        ),
        ({"include_segment_id": False, "shorten_url": False}, ()),
    ],
)
def test_flags_go_into_the_query(flags: dict[str, bool], query: tuple[Any, ...]) -> None:
    assert send_request([sms()], **flags).query == query


@pytest.mark.parametrize("name", ["include_segment_id", "shorten_url"])
@pytest.mark.parametrize("value", ["false", "no", 0, 1, None])
def test_a_flag_is_true_or_false(name: str, value: Any) -> None:
    with pytest.raises(InvalidMessageError, match="must be True or False") as refused:
        send_request([sms()], **{name: value})
    assert refused.value.field == name


@pytest.mark.parametrize(
    "messages", [None, 5, sms(), ["x"], "text", b"x", [sms(), None], iter([sms()])]
)
async def test_what_is_no_list_of_messages_is_refused(messages: Any) -> None:
    async with DevinoClient("key") as devino:
        with pytest.raises(InvalidMessageError, match="list of SmsMessage") as refused:
            await devino.sms.send(messages)
    assert refused.value.field == "messages"


def test_messages_keep_their_order() -> None:
    request = send_request([sms(text=str(number)) for number in range(5)])
    assert [message["text"] for message in body_of(request)["messages"]] == list("01234")


@pytest.mark.parametrize("count", [0, LARGEST_BATCH + 1])
def test_a_call_takes_1_to_32000_messages(count: int) -> None:
    with pytest.raises(InvalidMessageError, match="1 to 32000") as refused:
        send_request([sms()] * count)
    assert refused.value.field == "messages"
    assert len(body_of(send_request([sms()] * LARGEST_BATCH))["messages"]) == LARGEST_BATCH


@pytest.mark.parametrize("number", ["79031234567", "+79031234567"])
def test_t53_numbers_travel_without_a_plus(number: str) -> None:
    assert written(to=number)["to"] == "79031234567"


@pytest.mark.parametrize(
    ("validity", "seconds"),
    [(timedelta(0), 0), (SECOND, 1), (timedelta(hours=2), 7200), (timedelta(days=3), 259_200)],
)
def test_t38_validity_is_whole_seconds(validity: timedelta, seconds: int) -> None:
    value = written(validity=validity)["validity"]
    assert (value, type(value)) == (seconds, int)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOON, "2027-01-01T12:00:00.000Z"),
        (NOON.astimezone(timezone(timedelta(hours=3))), "2027-01-01T12:00:00.000Z"),
        (datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "2026-12-31T20:00:00.000Z"),
        (NOON.replace(microsecond=319_999), "2027-01-01T12:00:00.319Z"),
        (NOON.replace(tzinfo=timezone(timedelta(0), "+00:00")), "2027-01-01T12:00:00.000Z"),
    ],
)
def test_t31_times_travel_in_utc_to_the_millisecond(time: datetime, text: str) -> None:
    assert written(scheduled_time=time)["scheduledTime"] == text


@pytest.mark.parametrize("priority", SmsPriority)
def test_t41_priorities_are_the_vendors_words(priority: SmsPriority) -> None:
    value = written(priority=priority)["priority"]
    assert (value, type(value)) == (priority.name, str)


def test_extra_goes_in_last_and_wins() -> None:
    extra = {"validity": 5, "newField": {"deep": [1, None, "é"]}}
    message = written(validity=SECOND, extra=extra)
    assert message["validity"] == 5
    assert message["newField"] == extra["newField"]


def test_texts_of_any_alphabet_are_kept_as_they_are() -> None:
    text = 'Привет 😀\n\t"quoted" \\ \x00 \u2028'
    assert written(text=text)["text"] == text


# --- What is refused ------------------------------------------------------------------------------


class Word(Enum):
    """Another enum with a value that Devino knows."""

    HIGH = "HIGH"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sender", ["", None, 5, b"Shop", "half \ud83d"]),
        ("to", ["", "+", "790312", "7" * 16, "0079031234567", "+0903123456", "7 903 123-45-67"]),
        ("to", ["79031234567\n", " 79031234567", "７９０３１２３４５６７", "++79031234567"]),
        ("to", [None, 79031234567, ["79031234567"], b"79031234567"]),
        ("text", ["", None, 5, b"Hello", ["Hello"], "half \ude00"]),
        ("text", ["l" * 34_171, "л" * 17_086, "l" * 17_085 + "л"]),
        ("validity", [-SECOND, timedelta(days=3, seconds=1), SECOND * 1.5, 600, "600", True]),
        ("scheduled_time", [datetime(2027, 1, 1), NOON.date(), "2027-01-01T12:00:00Z", 5]),  # noqa: DTZ001 - naive on purpose
        ("scheduled_time", [datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))]),
        ("priority", ["HIGH", "high", 2, Word.HIGH]),
        ("callback_url", ["", "shop.example", "ftp://shop.example", "http://", "http://[", 5]),
        ("callback_url", ["http://shop.example/a b", "http://shop.example/\ud800", b"http://a.b"]),
        ("options", ["text", [("a", "b")], {"a": object()}, {1: "a"}, {"a": "\ud800"}]),
        ("extra", ["text", [("a", "b")], 5]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            sms(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert str(refused.value).startswith(field)
        assert 3 < len(str(refused.value).split()) < 30, "it says what is taken"
        assert len(str(refused.value)) < 120


@pytest.mark.parametrize("text", ["l" * 34_170, "л" * 17_085, "€" * 34_170, "x"])
def test_texts_up_to_the_documented_lengths_are_taken(text: str) -> None:
    assert written(text=text)["text"] == text


@pytest.mark.parametrize(("text", "longest"), [("l" * 34_171, "34170"), ("л" * 17_086, "17085")])
def test_a_text_that_is_too_long_is_told_how_long_it_may_be(text: str, longest: str) -> None:
    with pytest.raises(InvalidMessageError, match=f"^text .*may have at most {longest} characters"):
        sms(text=text)


@pytest.mark.parametrize(
    "extra",
    [
        {"a": NOON},
        {"a": {1, 2}},
        {"a": float("nan")},
        {"a": "\ud800"},
        {("a", "b"): 1},
        {"a": object()},
        {"a": b"bytes"},
    ],
    ids=["time", "set", "nan", "surrogate", "pair as key", "object", "bytes"],
)
def test_extra_that_json_cannot_hold_is_refused(extra: Any) -> None:
    with pytest.raises(InvalidMessageError, match=r"^extra cannot be written") as refused:
        send_request([sms(), sms(extra=extra)])
    assert refused.value.field == "extra"


def test_errors_quote_nothing_of_the_message() -> None:
    for field, value in (
        ("to", "canary 79031234567"),
        ("text", "canary\ud800"),
        ("options", {"canary": object()}),
    ):
        with pytest.raises(InvalidMessageError) as refused:
            sms(**{field: value})
        assert "canary" not in f"{refused.value} {refused.value!r}"
        assert "7903" not in str(refused.value)


def test_a_message_shows_neither_number_nor_text() -> None:
    message = sms(
        text="canary",
        callback_url="https://shop.example/canary?token=canary",
        options={"canary": "canary"},
        extra={"canary": "canary"},
    )
    shown = repr(message)
    assert "canary" not in shown
    assert "79031234567" not in shown
    assert "'Shop'" in shown
    assert "79031234567" not in repr(sms(sender="79031234567"))
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301 - our own bytes


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@given(
    fields=st.fixed_dictionaries(
        {
            "to": st.from_regex(r"\+?[1-9][0-9]{6,14}", fullmatch=True),
            "text": _TEXT,
            "sender": st.from_regex(r"[A-Za-z]{1,11}", fullmatch=True),
        },
        optional={
            "validity": st.none() | st.integers(0, 259_200).map(lambda n: timedelta(seconds=n)),
            "scheduled_time": st.none()
            | st.datetimes(
                datetime(2027, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
                datetime(9998, 1, 1),  # noqa: DTZ001
                timezones=st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone),
            ),
            "priority": st.none() | st.sampled_from(SmsPriority),
            "callback_url": st.sampled_from(["http://a.b", "https://shop.example/x?y=%20#z"]),
            "options": st.dictionaries(
                _TEXT, _TEXT | st.none() | st.integers() | st.lists(_TEXT, max_size=2), max_size=3
            ),
        },
    )
)
def test_the_vendors_rules_take_every_message_that_can_be_made(fields: dict[str, Any]) -> None:
    taken = read_message(written(**fields), SmsRules(now=NOON, behaviour=DevinoBehaviour()))
    assert isinstance(taken, SmsSubmission)
    assert taken.to == fields["to"].removeprefix("+")
    assert taken.text == fields["text"]
    assert taken.validity == (fields.get("validity") or timedelta())
    time = fields.get("scheduled_time")
    if time is None:
        assert taken.scheduled_at is None
    else:
        assert taken.scheduled_at is not None
        assert timedelta() <= time - taken.scheduled_at < timedelta(milliseconds=1)


# --- The question for statuses --------------------------------------------------------------------


def test_the_question_is_a_bare_list_of_text() -> None:
    request = statuses_request(["3482512350952730368", "dwY4BSnjQ2X"])
    assert (request.method, request.path) == ("POST", "/sms-stat/statuses/get-by-ids")
    assert request.operation is Operation.READ
    assert request.body == b'["3482512350952730368","dwY4BSnjQ2X"]'
    assert request.query == ()


@pytest.mark.parametrize("message_id", ["", "\ud800", None, 3482512350952730368, b"1"])
def test_what_cannot_be_an_id_is_not_asked_for(message_id: Any) -> None:
    with pytest.raises(ForeignIdError):
        statuses_request(["1", message_id])


@pytest.mark.parametrize("ids", [None, 5, "12", b"3", iter(["1"]), {"1"}])
def test_a_question_is_made_of_a_list_alone(ids: Any) -> None:
    with pytest.raises(InvalidQueryError, match="must be a list") as refused:
        statuses_request(ids)
    assert refused.value.field == "message_ids"


@pytest.mark.parametrize("ids", [None, 5])
async def test_what_is_no_list_of_ids_is_not_asked_for(ids: Any) -> None:
    async with DevinoClient("key") as devino:
        with pytest.raises(InvalidQueryError, match="message_ids"):
            await devino.sms.statuses(ids)


@pytest.mark.parametrize("ids", [[[1]], [None], b"12", [" "]])
async def test_what_cannot_be_an_id_is_foreign(ids: Any) -> None:
    async with DevinoClient("key") as devino:
        with pytest.raises(ForeignIdError):
            await devino.sms.statuses(ids)
