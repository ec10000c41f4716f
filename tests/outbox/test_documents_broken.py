"""What is no document is refused, and nothing of it is told."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings, strategies as st

from omni_common.outbox.documents import (
    DocumentError,
    read_error,
    read_message,
    read_receipt,
)
from tests.reliability.hostile_json import bodies, texts, values

CANARY = "kestrel"
ATTEMPT = {
    "started_at": "2027-01-01T12:00:00+00:00",
    "sent": True,
    "detail": CANARY,
    "status": 200,
    "waited": 0.5,
    "proves_not_sent": False,
}
MESSAGE: dict[str, Any] = {
    "to": {"phone": "+37251234567", "email": f"{CANARY}@example.com"},
    "content": [
        {"channel": "viber", "text": CANARY, "button_text": CANARY, "ttl": 60},
        {"channel": "sms", "text": CANARY, "sender": CANARY},
        {"channel": "whatsapp", "template": {"name": CANARY, "language": "en"}},
        {"channel": "vk", "template_id": CANARY, "template_data": {CANARY: CANARY}},
    ],
    "send_at": "2027-01-01T12:00:00.000001+00:00",
    "priority": "high",
    "callback_url": f"https://shop.example/{CANARY}",
    "metadata": {CANARY: CANARY},
    "extra": {CANARY: {CANARY: CANARY}},
}
RECEIPT: dict[str, Any] = {
    "id": f"messente:{CANARY}",
    "provider": CANARY,
    "to": f"{CANARY}@example.com",
    "parts": [["sms", CANARY, CANARY]],
    "attempts": [ATTEMPT],
}
ERROR: dict[str, Any] = {
    "kind": "RefusedError",
    "text": CANARY,
    "provider": CANARY,
    "retry_after": 0.5,
    "vendor_code": CANARY,
    "field": CANARY,
    "attempts": [ATTEMPT],
}
Read: TypeAlias = Callable[[str, str], object]
READERS: list[tuple[Read, dict[str, Any]]] = [
    (read_message, MESSAGE),
    (read_receipt, RECEIPT),
    (read_error, ERROR),
]
NAMES = ["message", "receipt", "error"]
each_reader = pytest.mark.parametrize(("read", "document"), READERS, ids=NAMES)


def refused(read: Read, text: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(text, "order-1")
    return caught.value


def assert_tells_nothing(error: DocumentError) -> None:
    assert CANARY not in str(error)
    assert CANARY not in "".join(traceback.format_exception(error))


@each_reader
def test_what_the_others_are_made_of_is_a_document(read: Read, document: dict[str, Any]) -> None:
    assert read(json.dumps(document), "order-1") is not None


each_read = pytest.mark.parametrize("read", [read for read, _ in READERS], ids=NAMES)


@each_read
@pytest.mark.parametrize(
    "text",
    ["", CANARY, f'"{CANARY}"', f'["{CANARY}"]', "null", "true", "1", f'{{"{CANARY}": ', "{}x"],
)
def test_what_is_no_object_is_refused(read: Read, text: str) -> None:
    assert_tells_nothing(refused(read, text))


@each_read
@given(text=texts() | values().map(json.dumps))
def test_any_text_and_any_json_is_refused(read: Read, text: str) -> None:
    refused(read, text)


@each_reader
@settings(max_examples=40)
@given(data=st.data())
def test_a_spoiled_document_is_read_or_refused_and_nothing_else(
    read: Read, document: dict[str, Any], data: st.DataObject
) -> None:
    text = data.draw(bodies(document)).decode(errors="surrogateescape")
    try:
        read(text, "order-1")
    except DocumentError as error:
        assert_tells_nothing(error)


@each_reader
def test_a_document_of_another_kind_is_refused(read: Read, document: dict[str, Any]) -> None:
    for other in (MESSAGE, RECEIPT, ERROR):
        if other is not document:
            refused(read, json.dumps(other))


@pytest.mark.parametrize(
    ("read", "document", "name"),
    [
        *((read_message, MESSAGE, name) for name in ("to", "content")),
        *((read_receipt, RECEIPT, name) for name in RECEIPT),
        *((read_error, ERROR, name) for name in ERROR),
    ],
)
def test_what_lacks_a_part_is_refused(read: Read, document: dict[str, Any], name: str) -> None:
    lacking = {key: value for key, value in document.items() if key != name}
    assert_tells_nothing(refused(read, json.dumps(lacking)))


@pytest.mark.parametrize("name", ATTEMPT)
def test_what_lacks_a_part_of_an_attempt_is_refused(name: str) -> None:
    lacking = {key: value for key, value in ATTEMPT.items() if key != name}
    for read, document in READERS[1:]:
        refused(read, json.dumps({**document, "attempts": [ATTEMPT, lacking]}))


@pytest.mark.parametrize(
    "document",
    [
        {**MESSAGE, CANARY: 1},
        {**MESSAGE, "content": [{"channel": "sms", "text": "Hi", CANARY: 1}]},
        {**MESSAGE, "metadata": {CANARY: 1}},
        {**MESSAGE, "extra": {CANARY: 1}},
        {**MESSAGE, "content": [{**MESSAGE["content"][3], "template_data": {CANARY: 1}}]},
        {**MESSAGE, "content": [{"channel": CANARY}]},
        {**MESSAGE, "priority": CANARY},
        {**MESSAGE, "send_at": CANARY},
        {**MESSAGE, "to": CANARY},
        {**MESSAGE, "callback_url": CANARY},
    ],
    ids=[
        *("unknown key", "unknown key of a content", "name of metadata", "name of extra"),
        *("name of template_data", "channel", "priority", "send_at", "to", "callback_url"),
    ],
)
def test_a_refusal_tells_nothing_of_a_message(document: dict[str, Any]) -> None:
    assert_tells_nothing(refused(read_message, json.dumps(document)))


@pytest.mark.parametrize(
    "change",
    [
        {"sms": 1},
        {"sms": None},
        {"sms": ""},
        {"sms": ["x"]},
        {"sms": "half a \ud800 character"},
        {"to": CANARY},
        {"to": 37251234567},
        {"to": {"phone": "+37251234567"}},
        {"content": [{"channel": "sms", "text": "Hi"}]},
        {CANARY: 1},
    ],
    ids=ascii,
)
def test_a_spoiled_plain_message_is_refused(change: dict[str, Any]) -> None:
    document = {"to": "+37251234567", "sms": CANARY}
    assert read_message(json.dumps(document), "order-1").content[0].text == CANARY
    assert_tells_nothing(refused(read_message, json.dumps(document | change)))


def changes(**values: Sequence[Any]) -> list[dict[str, Any]]:
    return [{name: value} for name, given in values.items() for value in given]


NO_TEXT: tuple[Any, ...] = (1, True, ["x"], {})
NO_ATTEMPTS: tuple[Any, ...] = ({}, "", None, [1], [[]], ["x"], [None])
WRONG_IN_RECEIPTS = changes(
    id=(None, *NO_TEXT),
    provider=(None, *NO_TEXT),
    to=(None, *NO_TEXT),
    parts=({}, "", [[]], [["sms"] * 4], [[None] * 3], [["sms", 1, None]], [["sms", None, ["x"]]]),
    attempts=NO_ATTEMPTS,
)
WRONG_IN_ERRORS = changes(
    kind=("ConfigurationError", "Exception", "", None, []),
    text=(None, *NO_TEXT),
    provider=NO_TEXT,
    vendor_code=NO_TEXT,
    field=NO_TEXT,
    retry_after=("1", True, [], 1e300, 10**400),
    attempts=NO_ATTEMPTS,
)
WRONG_IN_ATTEMPTS = changes(
    started_at=(None, 1, "", CANARY, "2027-01-01T12:00:00"),
    sent=(None, 1, "yes"),
    detail=(None, *NO_TEXT),
    status=("200", 0.5, True),
    waited=(None, "1", True),
    proves_not_sent=(None, 1, "yes"),
)


@pytest.mark.parametrize("spoiled", WRONG_IN_ATTEMPTS, ids=str)
def test_an_attempt_with_a_value_of_another_kind_is_refused_in_either_form(
    spoiled: dict[str, Any],
) -> None:
    attempt = {**ATTEMPT, **spoiled}
    for read, document in READERS[1:]:
        for form in (attempt, list(attempt.values())):
            refused(read, json.dumps({**document, "attempts": [form]}))


@pytest.mark.parametrize("length", [0, 5, 7])
def test_an_attempt_of_another_length_is_refused(length: int) -> None:
    form = [*ATTEMPT.values(), None][:length]
    for read, document in READERS[1:]:
        refused(read, json.dumps({**document, "attempts": [form]}))


def test_an_attempt_is_read_in_either_form() -> None:
    for read, document in READERS[1:]:
        other = {**document, "attempts": [list(ATTEMPT.values())]}
        one, same = read(json.dumps(document), "order-1"), read(json.dumps(other), "order-1")
        assert attempts_of(one) == attempts_of(same) != ()


def attempts_of(read: Any) -> Any:
    return read.attempts


@pytest.mark.parametrize("waited", [1e300, -1e300, 10**400], ids=["long", "negative", "longer"])
def test_an_attempt_that_waited_longer_than_time_is_refused(waited: float) -> None:
    for read, document in READERS[1:]:
        spoiled = {**document, "attempts": [{**ATTEMPT, "waited": waited}]}
        refused(read, json.dumps(spoiled))


def is_read(read: Read, document: dict[str, Any]) -> bool:
    try:
        read(json.dumps(document), "order-1")
    except DocumentError as error:
        assert_tells_nothing(error)
        return False
    return True


def test_a_receipt_with_a_value_of_another_kind_is_refused() -> None:
    taken = [each for each in WRONG_IN_RECEIPTS if is_read(read_receipt, {**RECEIPT, **each})]
    assert taken == []


def test_an_error_with_a_value_of_another_kind_is_refused() -> None:
    taken = [each for each in WRONG_IN_ERRORS if is_read(read_error, {**ERROR, **each})]
    assert taken == []


def test_an_attempt_with_a_value_of_another_kind_is_refused() -> None:
    taken = [
        each
        for each in WRONG_IN_ATTEMPTS
        if is_read(read_error, {**ERROR, "attempts": [{**ATTEMPT, **each}]})
    ]
    assert taken == []
