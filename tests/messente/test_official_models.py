"""The models against Messente's own, which are generated from its OpenAPI: nothing is missing.

And where Messente's client cannot take what its documents say, this library can (T42, T43, T46).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Any, get_args

import attrs
import messente_api
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings

import messente_async
from messente_async import (
    SMS,
    DeliveryError,
    Omnimessage,
    Rcs,
    RcsCardContent,
    RcsCarouselCard,
    RcsCreateCalendarEventAction,
    RcsDialAction,
    RcsOpenUrlAction,
    RcsSuggestedAction,
    RcsSuggestedReply,
    RcsSuggestion,
    ViberCarousel,
    ViberCarouselButton,
    ViberCarouselItem,
    WhatsAppLanguage,
    WhatsAppTemplate,
    read_delivery_report,
)
from messente_async.answers import ERROR_CODES
from messente_async.omnimessage import from_wire, to_wire
from messente_async.sandbox import Account, AutoconvertRule, MessenteBehaviour
from messente_async.sandbox.rules import find_problems
from omni_common.errors import InvalidMessageError
from omni_common.report import DeliveryState
from tests.messente.strategies import OMNIMESSAGES
from tests.support.messente_caller import omnimessage, sms

TO = "+37251000000"
NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)
ROOTS = (
    messente_api.BulkOmnimessage,
    messente_api.BulkOmniMessageCreateSuccessResponse,
    messente_api.DeliveryReportResponse,
)
OTHER_NAMES = {
    "OmniMessageCreateSuccessResponse": "OmnimessageCreated",
    "ErrorOmnichannel": "MessenteErrors",
    "ErrorItemOmnichannel": "ErrorItem",
    "ErrorCodeOmnichannelMachine": "DeliveryError",
}
# Lists of omnimessages and of results, which are lists here, and the generator's own unions.
UNNAMED = {
    "BulkOmnimessage",
    "BulkOmniMessageCreateSuccessResponse",
    "BulkOmniMessageCreateSuccessResponseMessagesInner",
    "OmnimessageMessagesInner",
}
# Closed lists of texts in what is an open vocabulary here (T44).
TABLES = {"ErrorCodeOmnichannel", "ErrorTitleOmnichannel"}


def mentioned(annotation: Any) -> Iterator[type]:
    """The models and enumerations in a type such as ``list[X] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel | Enum):
        yield annotation
    for argument in get_args(annotation):
        yield from mentioned(argument)


def reachable(roots: tuple[type, ...]) -> dict[str, type]:
    """Every model and enumeration that the omnichannel calls send or answer."""
    found: dict[str, type] = {}
    waiting = list(roots)
    while waiting:
        kind = waiting.pop()
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            for field in getattr(kind, "model_fields", {}).values():
                waiting.extend(mentioned(field.annotation))
    return found


KINDS = {name: kind for name, kind in reachable(ROOTS).items() if name not in UNNAMED | TABLES}
MODELS = {name: kind for name, kind in KINDS.items() if not issubclass(kind, Enum)}
WORDS = {name: kind for name, kind in KINDS.items() if issubclass(kind, Enum)}


def ours(name: str) -> Any:
    return getattr(messente_async, OTHER_NAMES.get(name, name))


def test_the_models_are_all_of_the_omnichannel_api() -> None:
    assert len(MODELS) > 35
    assert len(WORDS) > 8


@pytest.mark.parametrize("name", MODELS)
def test_every_field_is_there_under_the_vendors_word(name: str) -> None:
    kind: Any = ours(name)
    fields = {field.name for field in attrs.fields(kind)} - {"raw"}
    channel = {"channel"} if hasattr(kind, "channel") else set()
    theirs: Any = MODELS[name]

    assert fields | channel == theirs.model_fields.keys() - {"additional_properties"}


@pytest.mark.parametrize("name", WORDS)
def test_every_word_is_there(name: str) -> None:
    theirs: Any = WORDS[name]

    assert {word.value for word in ours(name)} == {word.value for word in theirs}


def test_t44_error_codes_have_the_titles_of_the_table_not_of_the_list() -> None:
    titles = [title.value for title in messente_api.ErrorTitleOmnichannel]

    assert ERROR_CODES.keys() == {code.value for code in messente_api.ErrorCodeOmnichannel}
    assert {code.title for code in ERROR_CODES.values()} == set(titles)
    assert [code.title for code in ERROR_CODES.values()] != titles
    assert (ERROR_CODES["104"].title, ERROR_CODES["105"].title) == (
        "Internal Server Error",
        "Invalid data",
    )


def test_t45_codes_of_requests_and_numbers_of_deliveries_never_meet() -> None:
    codes: list[Any] = [*messente_api.ErrorCodeOmnichannel, *ERROR_CODES]
    numbers: list[Any] = [*messente_api.ErrorCodeOmnichannelMachine, *DeliveryError]

    assert all(isinstance(code, str) for code in codes)
    assert all(isinstance(number, int) for number in numbers)
    assert not {int(code) for code in ERROR_CODES} & set(DeliveryError)


# --- Limits ---------------------------------------------------------------------------------------

URL = "https://shop.example/"
BUTTON = ViberCarouselButton("Open", URL)
CARDS = [ViberCarouselItem("Shoes", URL, BUTTON)] * 2
REPLY = RcsSuggestedReply("Yes", "yes")
SUGGESTION = RcsSuggestion(reply=REPLY)
CONTENT = RcsCardContent(title="Shoes", description="Red", suggestions=[SUGGESTION])
PLAIN: list[Any] = [
    CARDS[0],
    ViberCarousel(CARDS),
    Rcs("Hi", sender="Shop", suggestions=[SUGGESTION]),
    REPLY,
    RcsSuggestedAction("Call", "call", fallback_url=URL, dial_action=RcsDialAction(TO)),
    RcsCreateCalendarEventAction(start_time=NOW, end_time=NOW, title="Sale", description="Shoes"),
    RcsOpenUrlAction(URL, "BROWSER"),
    CONTENT,
    RcsCarouselCard(card_width="SMALL", card_contents=[CONTENT] * 2),
]
"""One object of each class that has limits, with a value in each field that has one."""


def limits() -> Iterator[tuple[str, str, int, int]]:
    """Class, field, shortest and longest length, wherever the vendor names a longest."""
    for name, kind in MODELS.items():
        for field, info in getattr(kind, "model_fields", {}).items():
            found = [*constraints(info), *constraints(info.annotation)]
            longest = [each.max_length for each in found if hasattr(each, "max_length")]
            shortest = [each.min_length for each in found if hasattr(each, "min_length")]
            if longest:
                yield name, field, max([1, *shortest]), min(longest)


def constraints(kind: Any) -> Iterator[Any]:
    """What a field, or a type such as ``Annotated[str, ...] | None``, demands of its values."""
    for metadata in (*getattr(kind, "metadata", ()), *getattr(kind, "__metadata__", ())):
        yield from constraints(metadata) if hasattr(metadata, "metadata") else (metadata,)
    for argument in get_args(kind):
        yield from constraints(argument)


LIMITS = list(limits())


def of_length(value: Any, length: int) -> Any:
    """A value like *value*, so many characters or items long."""
    if isinstance(value, tuple):
        return (value[0],) * length
    return (value if value.startswith(URL) else "").ljust(length, "x")


@pytest.mark.parametrize(
    ("name", "field", "shortest", "longest"), LIMITS, ids=[f"{n}.{f}" for n, f, *_ in LIMITS]
)
def test_every_limit_is_the_vendors(name: str, field: str, shortest: int, longest: int) -> None:
    (plain,) = (each for each in PLAIN if type(each).__name__ == name)
    value = getattr(plain, field)

    assert attrs.evolve(plain, **{field: of_length(value, longest)})
    with pytest.raises(InvalidMessageError) as caught:
        attrs.evolve(plain, **{field: of_length(value, longest + 1)})
    assert caught.value.field == field
    if shortest > 1:
        assert attrs.evolve(plain, **{field: of_length(value, shortest)})
        with pytest.raises(InvalidMessageError):
            attrs.evolve(plain, **{field: of_length(value, shortest - 1)})


def test_the_limits_were_found() -> None:
    assert len(LIMITS) >= 15


# --- One wire -------------------------------------------------------------------------------------


def without_what_only_one_document_has(wire: dict[str, Any]) -> dict[str, Any]:
    """*wire* without the words that Messente's client refuses (T42), and with its defaults."""
    for part in wire["messages"]:
        if part.get("autoconvert") in {"on", "off"}:
            del part["autoconvert"]
        if isinstance(part.get("text"), dict):
            part["text"].setdefault("preview_url", True)
    return {**wire, "to": TO}


@given(message=OMNIMESSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100)
def test_both_clients_write_the_same_and_the_emulator_takes_it(message: Omnimessage) -> None:
    wire = without_what_only_one_document_has(to_wire(message))
    client: Any = messente_api.ApiClient()
    theirs = client.sanitize_for_serialization(messente_api.Omnimessage.from_dict(wire))
    written = json.loads(json.dumps(theirs))

    assert from_wire(written) == from_wire(wire)
    assert find_problems(written, MessenteBehaviour(), Account(), NOW) == ()
    assert find_problems(wire, MessenteBehaviour(), Account(), NOW) == ()


# --- What Messente's client cannot take -----------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "documented", "generated"),
    [
        ("on", True, False),
        ("full", True, True),
        ("off", True, False),
        ("true", False, True),
        ("false", False, True),
    ],
)
def test_t42_autoconvert_takes_the_documented_words_not_the_generated_ones(
    word: str, *, documented: bool, generated: bool
) -> None:
    if documented:
        wire = to_wire(Omnimessage(TO, [SMS("Hi", autoconvert=word)]))
        assert wire["messages"][0]["autoconvert"] == word
    else:
        with pytest.raises(InvalidMessageError, match="on, full, off"):
            SMS("Hi", autoconvert=word)
    if generated:
        assert messente_api.SMS(text="Hi", autoconvert=word).autoconvert == word
    else:
        with pytest.raises(pydantic.ValidationError):
            messente_api.SMS(text="Hi", autoconvert=word)
    taken = {
        AutoconvertRule.EITHER: True,
        AutoconvertRule.REFERENCE: documented,
        AutoconvertRule.OPENAPI: generated,
    }
    for rule, accepted in taken.items():
        behaviour = MessenteBehaviour(autoconvert=rule)
        payload = omnimessage(sms(autoconvert=word))
        assert (find_problems(payload, behaviour, Account(), NOW) == ()) is accepted


def test_t43_without_its_channel_an_sms_would_be_taken_for_viber() -> None:
    (part,) = to_wire(Omnimessage(TO, [SMS("Hi", sender="Shop")]))["messages"]
    named = messente_api.OmnimessageMessagesInner.from_dict(part)
    del part["channel"]
    unnamed = messente_api.OmnimessageMessagesInner.from_dict(part)

    assert isinstance(named.actual_instance, messente_api.SMS)
    assert isinstance(unnamed.actual_instance, messente_api.Viber)
    assert find_problems(omnimessage(part), MessenteBehaviour(), Account(), NOW) != ()
    with pytest.raises(InvalidMessageError):
        from_wire(omnimessage(part))


@pytest.mark.parametrize("changed", [{"status": "TELEPORTED"}, {"err": 77}, {"channel": "pigeon"}])
def test_t46_a_word_of_tomorrow_hides_nothing(changed: dict[str, Any]) -> None:
    item = {"status": "DELIVRD", "err": 0, "channel": "sms", "message_id": "3e28ec48", **changed}
    with pytest.raises(ValueError, match="Input should be"):
        messente_api.DeliveryResult.from_dict(item)

    (event,) = read_delivery_report(json.dumps(item).encode())
    assert event.message_id == "3e28ec48"
    assert {name: getattr(event, name) for name in changed} == changed
    expected = DeliveryState.UNKNOWN if "status" in changed else DeliveryState.DELIVERED
    assert event.state is expected


def test_t49_what_one_of_the_documents_requires_is_always_written() -> None:
    language = {"code": "en"}
    with pytest.raises(pydantic.ValidationError, match="components"):
        messente_api.WhatsAppTemplate.from_dict({"name": "order", "language": language})
    with pytest.raises(pydantic.ValidationError, match="sender"):
        messente_api.Rcs.from_dict({"text": "Hi"})

    template = WhatsAppTemplate("order", WhatsAppLanguage("en"))
    message = messente_async.WhatsApp(template=template)
    (part,) = to_wire(Omnimessage(TO, [message]))["messages"]
    assert part["template"] == {"name": "order", "language": language, "components": []}
    with pytest.raises(TypeError, match="sender"):
        Rcs("Hi")  # type: ignore[call-arg]
