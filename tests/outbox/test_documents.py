"""What is written down comes back as it was, by whatever way it is carried."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeAlias

import pytest
from attrs import evolve
from hypothesis import given

from omni_common.converter import STANDARD_JSON, dumps
from omni_common.errors import (
    InvalidMessageError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    UnsupportedMessageError,
)
from omni_common.message import Channel, Message, Sms
from omni_common.outbox.documents import (
    Document,
    attempt_documents,
    error_document,
    message_document,
    read_error,
    read_message,
    read_receipt,
    receipt_document,
    receipt_outline,
)
from omni_common.receipt import Part, Receipt
from tests.outbox.anything import (
    KINDS,
    SendError,
    failures,
    messages,
    receipts,
    said,
    texts,
    through_sqlite,
)

CANARY = "kestrel and goldfinch"
NUMBER = "+37251234567"


def written(document: Document) -> str:
    return dumps(document).decode()


def rewritten(document: Document) -> str:
    """*document* as another library writes it: with escapes and white space."""
    return json.dumps(json.loads(dumps(document, backend=STANDARD_JSON)), indent=1)


Way: TypeAlias = Callable[[Document], str]
each_way = pytest.mark.parametrize("way", [written, rewritten, through_sqlite])


def assert_same(again: Message, message: Message) -> None:
    assert again == message
    # To Python 1 is equal to 1.0 and to True, and the order of keys is nothing.
    assert json.dumps(again.extra) == json.dumps(message.extra)
    assert json.dumps(again.metadata) == json.dumps(message.metadata)


@given(message=messages)
def test_a_message_is_the_same_when_it_is_read_again(message: Message) -> None:
    assert_same(read_message(written(message_document(message)), message.reference), message)


@given(message=messages)
def test_a_message_is_the_same_when_another_library_wrote_it_again(message: Message) -> None:
    assert_same(read_message(rewritten(message_document(message)), message.reference), message)


@given(message=messages)
def test_a_message_is_the_same_when_sqlite_kept_it(message: Message) -> None:
    text = through_sqlite(message_document(message))
    assert_same(read_message(text, message.reference), message)


@given(text=texts)
def test_of_a_plain_message_there_is_the_text_and_the_recipient(text: str) -> None:
    message = Message(NUMBER, Sms(text), reference="order-1")
    document = message_document(message)
    assert document == {"to": NUMBER, "sms": text}
    spelled_out = {"to": NUMBER, "content": [{"channel": "sms", "text": text}]}
    assert read_message(written(spelled_out), "order-1") == message


@given(message=messages)
def test_what_was_not_said_is_not_written(message: Message) -> None:
    document = message_document(message)
    assert "reference" not in document
    assert None not in document.values()
    contents = document.get("content", [])
    assert None not in [each for content in contents for each in content.values()]


def test_a_message_is_written_in_the_words_of_its_fields() -> None:
    document = message_document(Message(NUMBER, Sms("Hi", ttl=timedelta(minutes=5))))
    assert document == {"to": NUMBER, "content": [{"channel": "sms", "text": "Hi", "ttl": 300}]}


def test_the_same_document_is_read_for_any_reference() -> None:
    text = written(message_document(Message(NUMBER, Sms("Hi"), reference="order-1")))
    assert read_message(text, "order-2").reference == "order-2"


@pytest.mark.parametrize(
    "send_at",
    [
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=["after the last", "before the first"],
)
def test_a_time_that_utc_has_no_year_for_is_refused(send_at: datetime) -> None:
    message = Message(NUMBER, Sms("Hi"), send_at=send_at, reference="order-1")
    with pytest.raises(InvalidMessageError) as caught:
        message_document(message)
    assert (caught.value.field, caught.value.reference) == ("send_at", "order-1")


def test_what_json_does_not_have_is_refused() -> None:
    deep: object = "the bottom"
    for _ in range(98):
        deep = [deep]
    for extra in ({"when": datetime.now(UTC)}, {"deep": deep}):
        message = Message(NUMBER, Sms("Hi"), extra={"devino": extra}, reference="order-1")
        with pytest.raises(InvalidMessageError) as caught:
            message_document(message)
        assert caught.value.field == "extra"


@each_way
def test_every_first_and_last_moment_is_read_again(way: Way) -> None:
    for send_at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        message = Message(NUMBER, Sms("Hi"), send_at=send_at, reference="1")
        assert read_message(way(message_document(message)), "1") == message


@each_way
@given(receipt=receipts)
def test_a_receipt_is_the_same_when_it_is_read_again(way: Way, receipt: Receipt) -> None:
    again = read_receipt(way(receipt_document(receipt)), receipt.reference)
    assert again == receipt


@given(receipt=receipts)
def test_what_the_receipts_of_a_call_have_in_common_may_be_put_to_them_later(
    receipt: Receipt,
) -> None:
    together = receipt_outline(receipt) | {"attempts": attempt_documents(receipt.attempts)}
    assert together == receipt_document(receipt)


@each_way
@given(error=failures())
def test_an_error_is_the_same_when_it_is_read_again(way: Way, error: SendError) -> None:
    again = read_error(way(error_document(error)), error.reference or "")
    assert said(again) == said(error)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_error_of_a_send_comes_back_as_its_class(kind: type[SendError]) -> None:
    again = read_error(written(error_document(kind("no"))), "order-1")
    assert type(again) is kind
    assert again.outcome is kind.outcome
    assert again.reference == "order-1"


def test_the_channels_of_a_receipt_are_channels_again() -> None:
    parts = (Part(Channel.VIBER, "1", "Shop"), Part("rcs"), Part(Channel.SMS))
    receipt = Receipt("messente:1", "messente", "order-1", NUMBER, parts)
    again = read_receipt(written(receipt_document(receipt)), "order-1")
    assert [type(part.channel) for part in again.parts] == [Channel, str, Channel]


def test_what_the_vendor_said_in_its_own_words_is_not_kept() -> None:
    receipt = Receipt("messente:1", "messente", "order-1", NUMBER, raw={"quoted": CANARY})
    error = RefusedError("no", raw={"quoted": CANARY})
    documents = [receipt_document(receipt), error_document(error)]
    assert CANARY not in str(documents)
    assert read_receipt(written(documents[0]), "order-1") == evolve(receipt, raw=None)
    assert read_error(written(documents[1]), "order-1").raw is None


class OutOfStampsError(RefusedError):
    """What a third party's provider may raise."""


class NoStampsAtAllError(OutOfStampsError):
    """Farther from the library's own."""


class PigeonLostError(OutcomeUnknownError):
    """It may have arrived."""


class TooHeavyError(UnsupportedMessageError):
    """Of a class with several bases."""


RenamedError = type("ServerFailedError", (RateLimitedError,), {})


@pytest.mark.parametrize(
    ("kind", "nearest"),
    [
        (OutOfStampsError, RefusedError),
        (NoStampsAtAllError, RefusedError),
        (PigeonLostError, OutcomeUnknownError),
        (TooHeavyError, UnsupportedMessageError),
        (RenamedError, RateLimitedError),
        (type("SeveralError", (PigeonLostError, ServerFailedError), {}), ServerFailedError),
    ],
    ids=lambda kind: kind.__name__,
)
def test_a_third_partys_error_comes_back_as_the_nearest_of_the_library(
    kind: type[SendError], nearest: type[SendError]
) -> None:
    error = kind("no", provider="pigeon", vendor_code="7", retry_after=timedelta(seconds=0.5))
    again = read_error(written(error_document(error)), "order-1")
    assert type(again) is nearest
    assert again.outcome is kind.outcome
    assert (again.text, again.provider, again.vendor_code) == ("no", "pigeon", "7")
    assert again.retry_after == timedelta(seconds=0.5)


@pytest.mark.parametrize("word", ["\ud800", "a\udc80b", "\udfff\ud800"], ids=ascii)
def test_half_a_character_that_a_vendor_said_is_kept_or_replaced(word: str) -> None:
    # JSON can bring one into an id, a code or a sender; what became of a message must be written.
    receipt = Receipt(f"messente:{word}", "messente", "order-1", NUMBER, (Part("sms", word, word),))
    again = read_receipt(written(receipt_document(receipt)), "order-1")
    assert again.id.startswith("messente:")
    error = read_error(written(error_document(RefusedError("no", vendor_code=word))), "order-1")
    assert error.text == "no"
