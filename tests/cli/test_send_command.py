"""``omni send``: what reaches the vendor, and what the exit code and the output say of it."""

from __future__ import annotations

import io
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common.cli import main
from omni_common.sandbox import Emulator, Fault
from tests.cli.command import NumberMaker, Omni

KEYS = {"outcome", "id", "provider", "reference", "to", "parts", "attempts", "error"}


@pytest.fixture(params=["messente", "devino"])
def vendor(request: pytest.FixtureRequest) -> Emulator:
    found: Emulator = request.getfixturevalue(f"over_{request.param}")
    return found


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def test_an_accepted_message_ends_with_0_and_prints_its_id(
    omni: Omni, vendor: Emulator, number: NumberMaker
) -> None:
    to = number("0000")
    ended = omni("send", to, "--text", "Hello", "--reference", "order-7")
    assert ended.code == 0
    assert ended.output.startswith(f"accepted {vendor.name}:")
    assert "order-7" in ended.output
    assert ended.complaints == ""
    assert vendor.ledger.count(to=to, text="Hello") == 1


@pytest.mark.parametrize(
    ("ending", "code", "outcome", "error"),
    [
        ("0000", 0, "accepted", None),
        ("0001", 2, "not_sent", "RefusedError"),
        ("0004", 3, "unknown", "AnswerLostError"),
        ("0005", 3, "unknown", "ServerFailedError"),
        ("0008", 3, "unknown", "UnexpectedAnswerError"),
    ],
)
@pytest.mark.usefixtures("vendor")
def test_the_document_and_the_exit_code_tell_the_outcome(
    omni: Omni,
    number: NumberMaker,
    *,
    ending: str,
    code: int,
    outcome: str,
    error: str | None,
) -> None:
    ended = omni("send", number(ending), "--text", "Hi", "--reference", "order-8", "--json")
    document = ended.document
    assert (ended.code, document["outcome"]) == (code, outcome)
    assert set(document) == KEYS
    assert document["reference"] == "order-8"
    assert (document["error"] and document["error"]["class"]) == error
    assert (document["id"] is not None) == (outcome == "accepted")
    assert [attempt["sent"] for attempt in document["attempts"]] == [True]
    assert ended.complaints == ""


def test_what_a_repeat_may_cure_ends_with_75(
    omni: Omni, over_devino: DevinoEmulator, number: NumberMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNI_URL", f"{over_devino.url}?sender=Shop&max_attempts=1")
    to = number("0006")
    limited = omni("send", to, "--text", "Hi", "--json")
    assert limited.code == 75
    assert limited.document["outcome"] == "not_sent"
    assert limited.document["error"]["class"] == "RateLimitedError"
    assert limited.document["error"]["retry_after"] == 1.0
    assert omni("send", to, "--text", "Hi").code == 0
    assert over_devino.ledger.count(to=to) == 1


def test_an_unreachable_vendor_ends_with_75_and_says_that_repeating_is_safe(
    omni: Omni, number: NumberMaker
) -> None:
    url = f"messente://u:p@127.0.0.1:{closed_port()}/v1?max_attempts=1"
    ended = omni("send", number("0000"), "--text", "Hi", "--url", url)
    assert (ended.code, ended.output) == (75, "not sent\n")
    assert "Nothing was sent. The same command may be repeated safely" in ended.complaints


def test_a_wrong_password_ends_with_2(
    omni: Omni, messente: MessenteEmulator, number: NumberMaker
) -> None:
    url = f"messente://sandbox:wrong@{messente.authority}/v1"
    ended = omni("send", number("0000"), "--text", "Hi", "--url", url, "--json")
    assert ended.code == 2
    assert ended.document["error"]["class"] == "AuthenticationError"


def test_an_unknown_outcome_is_sent_again_only_when_asked(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    to = number("0000")
    over_messente.fail_next(Fault.DROP)
    ended = omni("send", to, "--text", "Hi", "--on-unknown", "resend", "--json")
    assert ended.code == 0
    assert len(ended.document["attempts"]) == 2
    assert over_messente.ledger.count(to=to) == 2


def test_every_option_reaches_the_vendor(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    to, later = number("0000"), datetime.now(UTC) + timedelta(days=1)
    ended = omni(
        *("send", to, "--channel", "viber", "--then", "whatsapp", "--then", "sms"),
        *("--text", "-50% today", "--sender", "Store", "--ttl", "5m", "--priority", "high"),
        *("--send-at", later.isoformat(), "--callback-url", "http://127.0.0.1:9/dlr"),
        *("--image-url", "https://shop.example/sale.png", "--button-text", "Open"),
        *("--button-url", "https://shop.example"),
    )
    assert ended.code == 0, ended.complaints
    [entry] = over_messente.ledger.find(to=to)
    assert entry.channels == ("viber", "whatsapp", "sms")
    assert entry.send_at is not None
    assert abs(entry.send_at - later) < timedelta(seconds=1)
    assert entry.content["priority"] == "high"
    assert entry.content["dlr_url"] == "http://127.0.0.1:9/dlr"
    viber, whatsapp, sms = entry.content["messages"]
    assert viber["text"] == whatsapp["text"]["body"] == sms["text"] == "-50% today"
    assert viber["ttl"] == 300
    assert "ttl" not in sms
    assert viber["button_url"] == "https://shop.example"
    assert {part["sender"] for part in entry.content["messages"]} == {"Store"}


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_the_text_can_come_from_standard_input(
    omni: Omni,
    over_messente: MessenteEmulator,
    number: NumberMaker,
    monkeypatch: pytest.MonkeyPatch,
    ending: bytes,
) -> None:
    stdin(monkeypatch, "Привет\n".encode() + ending)
    to = number("0000")
    assert omni("send", to, "--text", "-").code == 0
    [entry] = over_messente.ledger.find(to=to)
    assert entry.text == "Привет" + ("\n" if ending else "")


def test_the_text_can_come_from_a_file(
    omni: Omni, over_messente: MessenteEmulator, number: NumberMaker, tmp_path: Path
) -> None:
    (tmp_path / "text").write_bytes(b"\xef\xbb\xbfFrom a file\n")
    to = number("0000")
    assert omni("send", to, "--text-file", str(tmp_path / "text")).code == 0
    [entry] = over_messente.ledger.find(to=to)
    assert entry.text == "From a file"


@pytest.mark.usefixtures("over_messente")
def test_a_file_that_is_no_text_or_not_there_is_wrong_usage(
    omni: Omni, number: NumberMaker, tmp_path: Path
) -> None:
    (tmp_path / "binary").write_bytes(b"canary \xff")
    for name, reason in (("binary", "not UTF-8"), ("nothing", "No such file")):
        ended = omni("send", number("0000"), "--text-file", str(tmp_path / name))
        assert ended.code == 64
        assert reason in ended.complaints
        assert "canary" not in ended.text


@pytest.mark.parametrize(
    ("tokens", "code", "field"),
    [
        (("37251000000", "--text", "Hi"), 2, "to"),
        (("+37251000000", "--text", ""), 2, "text"),
        (("+37251000000", "--text", "Hi", "--send-at", "2020-01-01T00:00"), 2, "send_at"),
        (("+37251000000", "--text", "Hi", "--send-at", "2020-01-01T00:00Z"), 2, "send_at"),
        (("+37251000000", "--text", "Hi", "--ttl", "0"), 2, "ttl"),
        (("+37251000000", "--text", "Hi", "--ttl", "4d"), 2, "ttl"),
        (("+37251000000", "--text", "Hi", "--callback-url", "x"), 2, "callback_url"),
        (("+37251000000", "--text", "Hi", "--channel", "whatsapp"), 2, "content"),
        (("+37251000000", "--text", "Hi", "--then", "sms"), 2, "content"),
        (("+37251000000",), 64, "--text"),
        (("+37251000000", "--text", "Hi", "--text-file", "x"), 64, "--text"),
        (("+37251000000", "--text", "Hi", "--ttl", "5 m"), 64, "--ttl"),
        (("+37251000000", "--text", "Hi", "--send-at", "tomorrow"), 64, "--send-at"),
        (("+37251000000", "--text", "Hi", "--button-text", "Open"), 64, "--channel"),
        (("+37251000000", "--text", "Hi", "--profile", "x", "--url", "devino://k@x"), 64, "--url"),
        (("+37251000000", "--text", "Hi", "--config", "/nowhere/omni.toml"), 64, "OMNI_URL"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_says_which_field_is_wrong_and_sends_nothing(
    omni: Omni, over_devino: DevinoEmulator, tokens: tuple[str, ...], code: int, field: str
) -> None:
    before = len(over_devino.requests)
    ended = omni("send", *tokens, "--json")
    assert (ended.code, ended.document["error"]["field"]) == (code, field)
    assert ended.document["outcome"] == "not_sent"
    assert set(ended.document) == KEYS
    assert len(over_devino.requests) == before


def test_without_an_account_the_command_says_where_to_describe_one(omni: Omni) -> None:
    ended = omni("send", "+37251000000", "--text", "Hi")
    assert (ended.code, ended.output) == (64, "not sent\n")
    assert "OMNI_URL" in ended.complaints


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize("way", ["foreign", "reading"])
def test_a_provider_that_breaks_its_contract_leaves_the_outcome_unknown(
    omni: Omni, way: str
) -> None:
    ended = omni("send", "+37251000000", "--text", "Hi", "--url", f"broken://default?way={way}")
    assert (ended.code, ended.output) == (3, "unknown\n")
    assert "may have been sent" in ended.complaints
    assert "canary" not in ended.text


@pytest.mark.usefixtures("third_party")
def test_a_message_that_was_accepted_stays_so_when_closing_fails(omni: Omni) -> None:
    ended = omni("send", "+37251000000", "--text", "Hi", "--url", "broken://default?way=closing")
    assert ended.code == 0
    assert ended.output.startswith("accepted broken:1\n")


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize(
    ("record", "outcome", "said"),
    [
        ("not_sent", "not_sent", "nothing was sent"),
        ("unknown", "unknown", "may have been sent"),
        ("none", "unknown", "may have been sent"),
        ("late", "accepted", "was sent: patient:1"),
    ],
)
def test_ctrl_c_ends_with_130_and_says_what_became_of_the_message(
    omni: Omni, record: str, outcome: str, said: str
) -> None:
    send = ("send", "+37251000000", "--text", "Hi", "--url", f"patient://default?record={record}")
    ended = omni(*send)
    assert ended.code == 130
    assert said in ended.complaints.splitlines()[-1]
    ended = omni(*send, "--json")
    assert ended.code == 130
    assert ended.document["outcome"] == outcome
    assert ended.document["error"]["class"] == "Interrupted"


def test_ctrl_c_before_anything_was_sent_says_so(
    omni: Omni, over_messente: MessenteEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyboard(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            del size
            signal.raise_signal(signal.SIGINT)
            return b"never read"

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Keyboard()))
    before = len(over_messente.requests)
    ended = omni("send", "+37251000000", "--text", "-")
    assert (ended.code, ended.output) == (130, "not sent\n")
    assert "nothing was sent" in ended.complaints
    assert len(over_messente.requests) == before


@pytest.mark.usefixtures("over_messente")
def test_ctrl_c_while_the_answer_is_written_does_not_keep_it_from_being_written(
    number: NumberMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(io.StringIO):
        def write(self, text: str, /) -> int:
            signal.raise_signal(signal.SIGINT)
            return super().write(text)

    screen = Screen()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(["send", number("0000"), "--text", "Hi"]) == 0
    assert screen.getvalue().startswith("accepted messente:")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("html", [False, True])
def test_an_email_is_sent_with_its_subject(
    omni: Omni, over_devino: DevinoEmulator, *, html: bool
) -> None:
    to = f"ann.{'html' if html else 'text'}@example.com"
    letter = ["--channel", "email", "--subject", "News", "--text", "Hi [Unsubscribe]"]
    ended = omni("send", to, *letter, "--sender", "post@shop.example", *["--html"] * html)
    assert ended.code == 0
    assert ended.output.startswith("accepted devino:email:")
    (entry,) = over_devino.ledger.find(to=to)
    assert entry.content["Subject"] == "News"
    assert entry.content["Body"] == {"Html" if html else "PlainText": "Hi [Unsubscribe]"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--channel", "email"], "--subject"),
        (["--subject", "News"], "--channel"),
        (["--html"], "--channel"),
    ],
)
@pytest.mark.usefixtures("over_devino")
def test_what_belongs_to_email_needs_email(omni: Omni, options: list[str], field: str) -> None:
    ended = omni("send", "ann@example.com", "--text", "Hi", *options, "--json")
    assert ended.code == 64
    assert ended.document["error"]["field"] == field
