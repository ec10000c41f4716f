"""A shared message as a letter of Devino's, and what is said of one that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from devino_async.routes.email_letter import (
    LETTER_MACRO,
    SCENARIO_MACRO,
    check_email,
    letter_of,
    sender_of,
    with_macros,
    without_macros,
)
from omni_common import Email, Message, NotSentError, Sms
from omni_common.errors import InvalidMessageError

ANN = "ann@example.com"
SHOP = "post@shop.example"
MACROS = ["[Unsubscribe]", "${Unsubscribe}", "{{Unsubscribe}}", "[WebVersion]", "{{WebVersion}}"]


def message(body: str = "Hello [Unsubscribe]", *, extra: Any = None, **fields: Any) -> Message:
    content = Email(body, **{"subject": "News", **fields})
    return Message(ANN, content, extra=None if extra is None else {"devino": extra})


def problems(given: Message, default_sender: str | None = SHOP) -> list[tuple[str | None, str]]:
    """The field and the text of each problem."""
    found: list[NotSentError] = list(check_email(given, default_sender))
    for error in found:
        assert isinstance(error, InvalidMessageError)
        assert (error.provider, error.reference) == ("devino", given.reference)
    return [(error.field, error.text) for error in found if isinstance(error, InvalidMessageError)]


def test_a_letter_without_a_sender_is_told_where_to_put_one() -> None:
    ((field, text),) = problems(message(), None)
    assert field == "sender"
    assert "email_sender" in text
    assert problems(message(sender=SHOP), None) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sender": "Shop"}, "sender"),
        ({"sender_name": "Shop\n"}, "sender_name"),
        ({"sender_name": "s" * 151}, "sender_name"),
        ({"subject": "two\nlines"}, "subject"),
        ({"body": "Hello"}, "text"),
    ],
)
def test_a_problem_is_called_as_the_message_calls_the_field(
    fields: dict[str, Any], field: str
) -> None:
    ((found, text),) = problems(message(**fields))
    assert found == field
    assert text.startswith(f"{field} ")
    assert len(text.split()) > 3, "it says what would be accepted"


@pytest.mark.parametrize("name", ["Recipients", "recipients", "Subject", "SUBJECT", "Body", "body"])
def test_extra_may_not_say_what_the_message_says(name: str) -> None:
    ((field, text),) = problems(message(extra={name: "canary", "Tag": "a"}))
    assert field == "extra"
    assert name in text
    assert "canary" not in text


def test_a_problem_is_told_once_and_in_the_messages_own_words() -> None:
    assert problems(message(sender="Shop")) == [("sender", "sender must be an e-mail address")]
    ((field, _),) = problems(message(extra={"Tag": object()}))
    assert field == "extra"


def test_another_content_is_no_letter() -> None:
    sms = Message("+79031234567", Sms("Hello"))
    with pytest.raises(InvalidMessageError, match="content must be an Email") as refused:
        letter_of(sms, SHOP)
    error = refused.value
    assert (error.field, error.provider, error.reference) == ("content", "devino", sms.reference)
    assert problems(sms) == []  # of which others have to speak


@pytest.mark.parametrize(
    ("extra", "sender"),
    [
        (None, "own@shop.example"),
        ({"Sender": {"Address": "extra@shop.example"}}, "extra@shop.example"),
        ({"Sender": {"Address": 7}}, None),
        ({"Sender": {}}, None),
        ({"Sender": "extra@shop.example"}, None),
    ],
)
def test_of_who_sends_a_letter_extra_has_the_last_word(
    extra: dict[str, Any] | None, sender: str | None
) -> None:
    assert sender_of(message(sender="own@shop.example", extra=extra), SHOP) == sender


@pytest.mark.parametrize(("sender", "default"), [(None, SHOP), (None, None)])
def test_a_letter_without_a_sender_goes_out_from_the_accounts(
    sender: str | None, default: str | None
) -> None:
    assert sender_of(message(sender=sender), default) == default


@pytest.mark.parametrize("macro", MACROS)
def test_t55_a_macro_has_one_meaning_and_many_spellings(macro: str) -> None:
    name = macro.strip("[]${}")
    body = f"Bye {macro}, {macro}!"
    assert with_macros(body, LETTER_MACRO) == f"Bye [{name}], [{name}]!"
    assert with_macros(body, SCENARIO_MACRO) == f"Bye ${{{name}}}, ${{{name}}}!"
    assert without_macros(body) == "Bye , !"


def test_what_is_no_macro_stays_and_what_is_nothing_is_nothing() -> None:
    body = "[Subscribe] ${Name} {{Name}} [unsubscribe]"
    assert with_macros(body, LETTER_MACRO) == without_macros(body) == body
    assert without_macros(None) is None
