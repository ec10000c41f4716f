"""A letter as Devino takes it: what may be said, how it is written, what is refused before HTTP."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.email import (
    LONGEST_SENDER_NAME,
    EmailLetter,
    EmailRecipient,
    EmailSender,
    send_request,
)
from devino_async.sandbox import DevinoBehaviour
from devino_async.sandbox.email_rules import Letter, LetterRules, read_letter
from omni_common.converter import loads
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation

ANN = EmailRecipient(address="ann@mail.example")
SHOP = EmailSender(address="info@shop.example", name="Shop")
BODY = "<p>Welcome!</p>[Unsubscribe]"


def letter(**fields: Any) -> EmailLetter:
    body = {} if "plain_text" in fields else {"html": BODY}
    defaults = {"recipients": [ANN], "sender": SHOP, "subject": "News", **body}
    return EmailLetter(**{**defaults, **fields})


def written(**fields: Any) -> Any:
    """The letter as it stands in the request's body."""
    body = send_request(letter(**fields)).body
    assert body is not None
    return loads(body)


# --- The request ----------------------------------------------------------------------------------


def test_t8_a_letter_is_posted_and_never_repeated() -> None:
    request = send_request(letter())
    assert (request.method, request.target) == ("POST", "/email/messages")
    assert request.operation is Operation.SEND
    assert (request.query, dict(request.headers), request.file) == ((), {}, None)


def test_t17_the_body_is_the_contracts_mended_example_byte_for_byte() -> None:
    james = EmailRecipient(
        address="james@jamesmail.ru",
        name="James",
        merge_fields={"Name": "James"},
        extra_data={"key1": "value1"},
    )
    example = EmailLetter(
        recipients=[james],
        sender=EmailSender(address="info@test.com", name="TestShop"),
        subject="Test message",
        html="<p>[Name], Welcome!</p>[Unsubscribe]",
        check_unsubscription=True,
        attachments_ids=["efc1c054-9d65-4c21-b01f-cb0986c2dccb"],
    )
    assert send_request(example).body == (
        b'{"Recipients":[{"Address":"james@jamesmail.ru","Name":"James",'
        b'"MergeFields":{"Name":"James"},"ExtraData":{"key1":"value1"}}],'
        b'"Sender":{"Address":"info@test.com","Name":"TestShop"},"Subject":"Test message",'
        b'"Body":{"Html":"<p>[Name], Welcome!</p>[Unsubscribe]"},"CheckUnsubscription":true,'
        b'"AttachmentsIds":["efc1c054-9d65-4c21-b01f-cb0986c2dccb"]}'
    )


def test_what_is_not_said_is_not_written() -> None:
    assert written(sender=EmailSender(address="info@shop.example")) == {
        "Recipients": [{"Address": "ann@mail.example"}],
        "Sender": {"Address": "info@shop.example"},
        "Subject": "News",
        "Body": {"Html": BODY},
    }


def test_a_plain_text_takes_the_place_of_html() -> None:
    assert written(plain_text="Hi [Unsubscribe]")["Body"] == {"PlainText": "Hi [Unsubscribe]"}


def test_recipients_keep_their_order() -> None:
    addresses = [f"{number}@mail.example" for number in range(5)]
    recipients = (EmailRecipient(address=address) for address in addresses)
    names = [each["Address"] for each in written(recipients=recipients)["Recipients"]]
    assert names == addresses


def test_t22_merge_fields_and_extra_data_are_written_as_objects() -> None:
    data = {"Name": "Мария", "Visits": 3, "Tags": ["a", None, {"deep": True}]}
    recipient = EmailRecipient(address="ann@mail.example", merge_fields=data, extra_data=data)
    [item] = written(recipients=[recipient])["Recipients"]
    assert (item["MergeFields"], item["ExtraData"]) == (data, data)


@pytest.mark.parametrize("file_id", ["efc1c054-9d65", "312e628f-65dc.png", "5", "любой ид"])
def test_t24_ids_of_files_are_passed_on_unchanged(file_id: str) -> None:
    assert written(attachments_ids=[file_id])["AttachmentsIds"] == [file_id]


def test_t56_names_are_written_as_the_contract_spells_them() -> None:
    whole = written(attachments_ids=["1"], check_unsubscription=True)
    assert sorted(whole) == [
        *("AttachmentsIds", "Body", "CheckUnsubscription", "Recipients", "Sender", "Subject"),
    ]
    assert all(name.isascii() for name in whole)


def test_extra_goes_in_last_and_wins() -> None:
    whole = written(extra={"Subject": "Other", "NewField": {"deep": [1, None, "é"]}})
    assert whole["Subject"] == "Other"
    assert whole["NewField"] == {"deep": [1, None, "é"]}


def test_a_mapping_that_changes_later_changes_no_letter() -> None:
    fields = {"Name": "Maria"}
    recipient = EmailRecipient(address="ann@mail.example", merge_fields=fields)
    fields["Name"] = "Somebody else"
    assert recipient.merge_fields == {"Name": "Maria"}


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["html", "plain_text"])
@pytest.mark.parametrize("body", ["Hello", "[unsubscribe]", "[ Unsubscribe ]", "Unsubscribe"])
def test_t55_a_body_without_the_macro_is_refused_before_it_is_silently_not_sent(
    name: str, body: str
) -> None:
    with pytest.raises(
        InvalidMessageError, match=r"must hold the macro \[Unsubscribe\]"
    ) as refused:
        letter(**{"html": None, name: body})
    assert refused.value.field == name


@pytest.mark.parametrize("spelling", ["${Unsubscribe}", "{{Unsubscribe}}"])
def test_t55_another_calls_spelling_of_the_macro_is_named(spelling: str) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        letter(html=f"<p>Hi</p>{spelling}")
    assert str(refused.value) == (
        f"html must hold the macro as [Unsubscribe]: e-mail does not know {spelling}"
    )
    assert written(html=f"[Unsubscribe] {spelling}")["Body"]["Html"] == f"[Unsubscribe] {spelling}"


@pytest.mark.parametrize(
    "bodies",
    [{"html": None}, {"html": BODY, "plain_text": BODY}, {"html": None, "plain_text": None}],
)
def test_a_letter_has_exactly_one_body(bodies: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError, match="and not both") as refused:
        letter(**bodies)
    assert refused.value.field == "html"


_LONG_ADDRESS = "a" * 245 + "@mail.example"
_NOT_JSON = [{"a": datetime.now(UTC)}, {"a": {1}}, {"a": float("nan")}, {"a": "\ud800"}, {1: "a"}]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("recipients", [[], None, ANN, "ann@mail.example", ["ann@mail.example"], [ANN, None]]),
        ("sender", [None, "info@shop.example", ANN]),
        ("subject", ["", None, 5, "two\nlines", "half \ud83d", "bell\x07"]),
        ("html", ["", 5, b"[Unsubscribe]", "[Unsubscribe]\ud83d"]),
        ("attachments_ids", ["efc1c054", None, [5], [""], ["a\nb"], ["\ud800"], [None]]),
        ("check_unsubscription", [None, 1, "true"]),
        ("extra", ["text", [("a", "b")], 5, *_NOT_JSON]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            letter(**{field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert str(refused.value).startswith(field)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("address", ["", None, 5, "ann", "ann@", "@mail.example", "ann@mail", _LONG_ADDRESS]),
        ("address", ["ann@mail.example,bob@mail.example", "Ann <ann@mail.example>", "a b@mail.ru"]),
        ("address", ["ann@mail.example\n", "ann@mail.example\x00", " ann@mail.example"]),
        ("name", ["", 5, "two\nlines", "half \ud83d"]),
        ("merge_fields", ["{}", [("a", "b")], 5, *_NOT_JSON]),
        ("extra_data", ["{}", [("a", "b")], 5, *_NOT_JSON]),
    ],
)
def test_a_recipient_who_cannot_be_written_to_is_refused(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            EmailRecipient(**{"address": "ann@mail.example", field: value})
        assert (refused.value.field, refused.value.provider) == (field, "devino")
        assert "mail.ex" not in str(refused.value)


def test_a_senders_name_has_up_to_150_characters() -> None:
    longest = EmailSender(address="info@shop.example", name="ы" * LONGEST_SENDER_NAME)
    assert written(sender=longest)["Sender"]["Name"] == "ы" * 150
    with pytest.raises(InvalidMessageError, match="at most 150") as refused:
        EmailSender(address="info@shop.example", name="ы" * 151)
    assert refused.value.field == "name"


def test_only_a_letter_is_sent() -> None:
    with pytest.raises(InvalidMessageError) as refused:
        send_request({"Recipients": []})  # type: ignore[arg-type]
    assert refused.value.field == "letter"


def test_a_letter_shows_nobody_and_nothing_of_what_it_says() -> None:
    recipient = EmailRecipient(
        address="canary@mail.example",
        name="canary",
        merge_fields={"canary": "canary"},
        extra_data={"canary": "canary"},
    )
    whole = letter(
        recipients=[recipient],
        sender=EmailSender(address="canary@shop.example", name="Shop"),
        subject="canary",
        html="canary [Unsubscribe]",
        extra={"canary": "canary"},
    )
    assert "canary" not in f"{whole!r} {recipient!r} {send_request(whole)!r}"
    assert "<1 recipient>" in repr(whole)
    assert "<2 recipients>" in repr(letter(recipients=[recipient, ANN]))
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - our own bytes


_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=100
)
_ADDRESSES = st.from_regex(r"[a-z0-9.+_-]{1,20}@([a-z0-9]{1,10}\.){1,3}[a-z]{2,6}", fullmatch=True)
_MAPPINGS = st.dictionaries(_TEXT, _TEXT | st.integers() | st.none(), max_size=3)
_RECIPIENTS = st.builds(
    EmailRecipient,
    address=_ADDRESSES,
    name=st.none() | _TEXT,
    merge_fields=st.none() | _MAPPINGS,
    extra_data=st.none() | _MAPPINGS,
)


@given(
    recipients=st.lists(_RECIPIENTS, min_size=1, max_size=4),
    sender=st.builds(EmailSender, address=_ADDRESSES, name=st.none() | _TEXT),
    subject=_TEXT,
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
    is_html=st.booleans(),
    checks=st.booleans(),
)
def test_the_vendors_rules_take_every_letter_that_can_be_made(
    *,
    recipients: list[EmailRecipient],
    sender: EmailSender,
    subject: str,
    body: str,
    is_html: bool,
    checks: bool,
) -> None:
    text = f"{body}[Unsubscribe]"
    whole = {"html": text} if is_html else {"plain_text": text}
    fields = {"recipients": recipients, "sender": sender, "subject": subject, **whole}
    rules = LetterRules(senders=None, file_ids=(), behaviour=DevinoBehaviour())
    taken = read_letter(written(check_unsubscription=checks, **fields), rules)
    assert isinstance(taken, Letter)
    assert (taken.text, taken.has_macro, taken.checks_unsubscription) == (text, True, checks)
    assert all(each.index == place for place, each in enumerate(taken.recipients))
