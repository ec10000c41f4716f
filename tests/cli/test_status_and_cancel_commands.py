"""``omni status`` and ``omni cancel``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import Emulator, Fault
from tests.cli.command import NumberMaker, Omni

NOBODY = "messente://u:p@127.0.0.1:1/v1?max_attempts=1"


def sent(omni: Omni, to: str, *tokens: str) -> str:
    ended = omni("send", to, "--text", "Hello", "--json", *tokens)
    assert ended.code == 0, ended.text
    id = ended.document["id"]
    assert isinstance(id, str)
    return id


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


def pass_time(emulator: Emulator, seconds: float) -> None:
    emulator.clock.advance(timedelta(seconds=seconds))


def test_status_follows_a_message_until_it_is_delivered(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    id = sent(omni, number("0000"))
    pass_time(over_messente, 60)
    ended = omni("status", id)
    assert ended.code == 0
    assert ended.output.startswith(f"{id} delivered by sms 20")
    [message] = omni("status", id, "--json").document["messages"]
    assert (message["id"], message["state"], message["is_final"]) == (id, "delivered", True)
    assert message["channel"] == "sms"
    assert [part["raw_state"] for part in message["parts"]] == ["DELIVRD"]
    assert message["error"] is None


def test_status_names_each_channel_of_a_cascade_and_why_one_failed(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    id = sent(omni, number("0003"), "--channel", "viber", "--then", "sms", "--ttl", "60")
    pass_time(over_messente, 120)
    summary, viber, sms = omni("status", id).output.splitlines()
    assert summary.startswith(f"{id} delivered by sms")
    assert viber.startswith("  viber expired")
    assert "expired before it was delivered" in viber
    assert sms.startswith("  sms delivered")
    [message] = omni("status", id, "--json").document["messages"]
    assert message["parts"][0]["fault"]["code"] == "2"
    assert message["fault"] is None


def test_status_answers_for_each_id_and_the_worst_decides_the_exit_code(
    omni: Omni, over_devino: DevinoEmulator, number: NumberMaker
) -> None:
    id = sent(omni, number("0002"))
    pass_time(over_devino, 60)
    ended = omni("status", id, "devino:sms:1", "messente:2", "--json")
    assert ended.code == 2
    assert ended.document["error"] is None
    known, unknown, foreign = ended.document["messages"]
    assert (known["state"], known["error"]) == ("undelivered", None)
    assert (unknown["state"], unknown["error"]["class"]) == (None, "UnknownMessageError")
    assert foreign["error"]["class"] == "ForeignIdError"
    assert omni("status", id).code == 0
    lines = omni("status", id, "devino:sms:1").output.splitlines()
    assert [line.split()[:3] for line in lines] == [
        [id, "undelivered", "by"],
        ["devino:sms:1", "no", "answer:"],
    ]


def test_status_of_an_unreachable_vendor_ends_with_75(omni: Omni) -> None:
    ended = omni("status", "messente:1", "--url", NOBODY, "--json")
    assert ended.code == 75
    assert ended.document["messages"][0]["error"]["class"] == "ReadError"


@pytest.mark.usefixtures("over_messente")
def test_something_that_is_no_id_is_not_printed_in_full(omni: Omni) -> None:
    for command in ("status", "cancel"):
        for stray, code in (
            ("+37298765432", 2),
            ("98765432", 2),
            ("messente://user:98765432@default", 64),
        ):
            for form in ((), ("--json",)):
                ended = omni(command, stray, *form)
                assert ended.code == code
                assert "98765432" not in ended.text


def test_a_scheduled_message_is_cancelled_once(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    to = number("0000")
    id = sent(omni, to, "--send-at", tomorrow())
    ended = omni("cancel", id)
    assert (ended.code, ended.output) == (0, f"cancelled {id}\n")
    [entry] = over_messente.ledger.find(to=to)
    assert entry.cancelled_at is not None
    again = omni("cancel", id, "--json")
    assert (again.code, again.document["outcome"]) == (2, "not_cancelled")
    assert again.document["error"]["class"] == "CancelFailedError"
    [message] = omni("status", id, "--json").document["messages"]
    assert message["state"] == "cancelled"


@pytest.mark.usefixtures("over_devino")
def test_devino_says_that_it_cannot_cancel(omni: Omni, number: NumberMaker) -> None:
    ended = omni("cancel", sent(omni, number("0000"), "--send-at", tomorrow()))
    assert ended.code == 2
    assert ended.output.startswith("not cancelled devino:")
    assert "no call to cancel" in ended.complaints


def test_a_cancellation_without_an_answer_is_unknown_or_safe_to_repeat(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    id = sent(omni, number("0000"), "--send-at", tomorrow())
    over_messente.fail_next(Fault.GARBAGE, 3, on="cancel")
    ended = omni("cancel", id, "--json")
    over_messente.clear_faults()
    assert (ended.code, ended.document["outcome"]) == (3, "unknown")
    unreachable = omni("cancel", id, "--url", NOBODY, "--json")
    assert (unreachable.code, unreachable.document["outcome"]) == (75, "not_cancelled")


@pytest.mark.parametrize(
    ("tokens", "document"),
    [
        (("status", "messente:1"), {"messages": []}),
        (
            ("cancel", "messente:1"),
            {"outcome": "not_cancelled", "id": "messente:1", "attempts": []},
        ),
        (("cancel",), {"outcome": "not_cancelled", "id": None, "attempts": []}),
    ],
)
def test_without_an_account_the_document_keeps_its_keys(
    omni: Omni, tokens: tuple[str, ...], document: dict[str, object]
) -> None:
    ended = omni(*tokens, "--json")
    assert ended.code == 64
    error = ended.document["error"]
    assert error["class"] in {"ConfigurationError", "UsageError"}
    assert ended.document == {**document, "error": error}
