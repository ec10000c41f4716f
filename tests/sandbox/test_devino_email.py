"""Letters at the emulated Devino, over real HTTP: which ones it takes, and from whom."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import evolve

from devino_async.sandbox import DevinoEmulator
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, LOGIN, PASSWORD, Caller, basic
from tests.support.devino_letters import letter, post, posted, rows, upload

NO_RECIPIENTS = "validation.recipients.must.be.greather.then.0"


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY, login=LOGIN, password=PASSWORD) as emulator:
        yield Caller(emulator, http)


# What is accepted


async def test_t1_an_accepted_letter_answers_with_an_item_for_each_recipient(
    devino: Caller,
) -> None:
    answer = await post(devino, "a@mail.example", "b@mail.example")
    ids = [item["messageId"] for item in answer.items]
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.data == {
        "result": [
            {"index": 0, "address": "a@mail.example", "messageId": ids[0]},
            {"index": 1, "address": "b@mail.example", "messageId": ids[1]},
        ],
        "description": "ok",
    }


async def test_t19_ids_are_short_texts_each_of_its_own(devino: Caller) -> None:
    ids = await posted(devino, *[f"{number}@mail.example" for number in range(1000, 1200)])
    assert len(set(ids)) == 200
    assert all(re.fullmatch("[0-9A-Za-z]{11}", id) for id in ids)


async def test_ids_are_the_same_for_the_same_calls(http: aiohttp.ClientSession) -> None:
    found = []
    for _ in range(2):
        async with DevinoEmulator(key=KEY) as emulator:
            found.append(await posted(Caller(emulator, http), "a@mail.example", "b@mail.example"))
    assert found[0] == found[1]


async def test_every_documented_field_is_taken_and_kept_for_each_recipient(devino: Caller) -> None:
    file_id = (await upload(devino)).data["result"]["fileId"]
    recipients: list[dict[str, Any]] = [
        {
            "Address": "james@mail.example",
            "Name": "James",
            "MergeFields": {"Name": "James"},
            "ExtraData": {"order": "17"},
        },
        {"Address": "ann@mail.example"},
    ]
    whole = letter(
        Recipients=recipients,
        Body={"PlainText": "Welcome, [Name]! [Unsubscribe] [WebVersion]"},
        AttachmentsIds=[file_id],
        CheckUnsubscription=True,
    )
    ids = [item["messageId"] for item in (await devino.call("/email/messages", whole)).items]
    for recipient, id in zip(recipients, ids, strict=True):
        entry = devino.emulator.ledger[id]
        assert entry.content == {**whole, "Recipients": [recipient]}
        assert (entry.to, entry.channels) == (recipient["Address"], ("EMAIL",))
        assert entry.text == "Welcome, [Name]! [Unsubscribe] [WebVersion]"
        assert entry.origin == "email_send"


# What is refused


@pytest.mark.parametrize("recipients", [[], None])
async def test_t1_a_letter_to_nobody_is_refused_in_title_case(
    devino: Caller, recipients: Any
) -> None:
    answer = await post(devino, Recipients=recipients)
    assert answer.status == 400
    assert answer.data == {
        "Description": "Validation failed",
        "Reasons": [{"Key": NO_RECIPIENTS, "Reference": "recipients"}],
    }


@pytest.mark.parametrize(
    ("fields", "key", "reference"),
    [
        ({"Recipients": {"Address": "a@mail.example"}}, "invalid", "recipients"),
        ({"Recipients": ["a@mail.example"]}, "invalid", "recipients[0]"),
        ({"Recipients": [{"Name": "A"}]}, "must.be.not.null", "recipients[0].address"),
        ({"Recipients": [{"Address": 5}]}, "invalid", "recipients[0].address"),
        ({"Sender": None}, "must.be.not.null", "sender"),
        ({"Sender": "info@shop.example"}, "invalid", "sender"),
        ({"Sender": {"Name": "Shop"}}, "must.be.not.null", "sender.address"),
        ({"Sender": {"Address": "Shop"}}, "invalid", "sender.address"),
        ({"Subject": ""}, "must.be.not.null", "subject"),
        ({"Subject": 5}, "invalid", "subject"),
        ({"Body": None}, "must.be.not.null", "body"),
        ({"Body": "[Unsubscribe]"}, "invalid", "body"),
        ({"Body": {}}, "must.be.not.null", "body"),
        ({"Body": {"Html": "[Unsubscribe]", "PlainText": "[Unsubscribe]"}}, "invalid", "body"),
        ({"Body": {"Html": ""}}, "must.be.not.null", "body.html"),
        ({"Body": {"PlainText": 5}}, "invalid", "body.plainText"),
        ({"AttachmentsIds": "5"}, "invalid", "attachmentsIds"),
        ({"AttachmentsIds": ["unknown"]}, "invalid", "attachmentsIds[0]"),
        ({"AttachmentsIds": [5]}, "invalid", "attachmentsIds[0]"),
        ({"CheckUnsubscription": "true"}, "invalid", "checkUnsubscription"),
        ({"CallbackUrl": "http://shop.example"}, "invalid", "CallbackUrl"),
    ],
)
async def test_a_wrong_field_refuses_the_whole_letter(
    devino: Caller, fields: dict[str, Any], key: str, reference: str
) -> None:
    answer = await post(devino, "a@mail.example", "b@mail.example", **fields)
    assert answer.status == 400
    assert answer.data["Description"] == "Validation failed"
    assert answer.data["Reasons"] == [{"Key": key, "Reference": reference}]
    assert len(devino.emulator.ledger) == 0


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("Name", 5, "invalid"),
        ("MergeFields", ["a"], "invalid"),
        ("MergeFields", "text", "invalid"),
        ("MergeFields", '{"a": "b"}', "invalid"),
        ("ExtraData", None, "invalid"),
    ],
)
async def test_t22_a_recipients_data_are_objects(
    devino: Caller, field: str, value: Any, key: str
) -> None:
    answer = await post(devino, Recipients=[{"Address": "a@mail.example", field: value}])
    reference = f"recipients[0].{field[0].lower()}{field[1:]}"
    assert answer.data["Reasons"] == [{"Key": key, "Reference": reference}]


@pytest.mark.parametrize(
    "address",
    [
        "mail.example",
        "@mail.example",
        "a@",
        "a@mail",
        "a@b@mail.example",
        "a b@mail.example",
        "a@-mail.example",
        "a@mail..example",
        "A <a@mail.example>",
        "a@mail.example\n",
        "\ud800@mail.example",
        "a" * 65 + "@mail.example",
        "a@" + "b" * 250 + ".example",
        "refused0001@mail.example",
    ],
)
async def test_one_wrong_address_refuses_the_whole_letter(devino: Caller, address: str) -> None:
    answer = await post(devino, "a@mail.example", address)
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": "recipients[1].address"}]
    assert len(devino.emulator.ledger) == 0


@pytest.mark.parametrize("address", ["a.b+c@mail.example", "a@xn--e1afmkfd.example", "я@почта.рф"])
async def test_addresses_of_every_kind_are_taken(devino: Caller, address: str) -> None:
    [id] = await posted(devino, address)
    assert devino.emulator.ledger[id].to == address


async def test_a_senders_name_has_up_to_150_characters(devino: Caller) -> None:
    sender = {"Address": "info@shop.example", "Name": "ж" * 150}
    assert await posted(devino, Sender=sender)
    answer = await post(devino, Sender={**sender, "Name": "ж" * 151})
    assert answer.data["Reasons"] == [{"Key": "length.too.long", "Reference": "sender.name"}]
    answer = await post(devino, Sender={**sender, "Name": None})
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": "sender.name"}]


@pytest.mark.parametrize("text", ["Hello", "Hello ${Unsubscribe}", "Hello {{Unsubscribe}}"])
@pytest.mark.parametrize("kind", ["Html", "PlainText"])
async def test_t55_a_letter_needs_the_macro_as_this_call_spells_it(
    devino: Caller, kind: str, text: str
) -> None:
    answer = await post(devino, Body={kind: text})
    reference = f"body.{kind[0].lower()}{kind[1:]}"
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": reference}]


@pytest.mark.parametrize(
    ("fields", "unknown"),
    [
        ({"AttachmentIds": []}, "AttachmentIds"),
        ({"recipients": []}, "recipients"),
        ({"СheckUnsubscription": True}, "СheckUnsubscription"),  # begins with a Cyrillic letter
        ({"Sender": {"Address": "i@shop.example", "name": "Shop"}}, "sender.name"),
        ({"Body": {"Html": "[Unsubscribe]", "html": "x"}}, "body.html"),
    ],
)
async def test_t56_names_are_known_in_their_own_case_only(
    devino: Caller, fields: dict[str, Any], unknown: str
) -> None:
    answer = await post(devino, **fields)
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": unknown}]
    devino.emulator.behaviour = evolve(devino.emulator.behaviour, accepts_unknown_fields=True)
    assert len(await posted(devino, **fields)) == 1


async def test_all_reasons_come_at_once(devino: Caller) -> None:
    answer = await devino.call("/email/messages", {})
    assert [reason["Reference"] for reason in answer.data["Reasons"]] == [
        "sender",
        "subject",
        "body",
        "recipients",
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"Recipients": NaN}', b"\xff"])
async def test_a_body_that_is_no_json_object_is_refused(devino: Caller, body: bytes) -> None:
    answer = await devino.call("/email/messages", body)
    assert answer.status == 400
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": None}]


async def test_another_content_type_is_refused(devino: Caller) -> None:
    answer = await devino.call("/email/messages", letter(), content_type="text/plain")
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": "Content-Type"}]


async def test_a_sender_needs_an_approved_domain(http: aiohttp.ClientSession) -> None:
    senders = {"shop.example", "one@mail.example"}
    async with DevinoEmulator(key=KEY, senders=senders) as emulator:
        devino = Caller(emulator, http)
        for address in ("info@shop.example", "one@mail.example"):
            assert await posted(devino, Sender={"Address": address})
        for address in ("two@mail.example", "info@other.shop.example"):
            answer = await post(devino, Sender={"Address": address})
            assert answer.data["Reasons"] == [
                {"Key": "not.available", "Reference": "sender.address"}
            ]


# Who may, and who can pay


async def test_a_key_may_lack_the_right_to_send_letters(http: aiohttp.ClientSession) -> None:
    async with DevinoEmulator(
        key=KEY, login=LOGIN, password=PASSWORD, key_operations={"email_detail"}
    ) as emulator:
        devino = Caller(emulator, http)
        for answer in (await post(devino), await upload(devino)):
            assert (answer.status, answer.data["reasons"][0]["key"]) == (403, "forbidden")
        assert await rows(devino, messageIds="x") == []
        assert await posted(evolve(devino, authorization=basic(LOGIN, PASSWORD)))
        assert (await post(evolve(devino, authorization="Key wrong"))).status == 401


async def test_each_recipient_is_paid_for_and_without_credit_nobody_is_written_to(
    devino: Caller,
) -> None:
    devino.emulator.credit = 3
    await posted(devino, "a@mail.example", "b@mail.example")
    assert devino.emulator.credit == 1
    answer = await post(devino, "c@mail.example", "d@mail.example")
    assert answer.status == 400
    assert answer.data["Reasons"] == [{"Key": "billing.error", "Reference": None}]
    assert (devino.emulator.credit, len(devino.emulator.ledger)) == (1, 2)
