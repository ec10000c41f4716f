"""What the command shows of people and their messages: as little as serves."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from messente_async.sandbox import MessenteEmulator
from omni_common.cli.interruption import outcome_records
from omni_common.cli.logs import one_line_logs
from omni_common.cli.message import duration
from omni_common.cli.output import Output
from omni_common.cli.usage import UsageError
from omni_common.errors import Outcome
from omni_common.history import record_interrupted
from tests.cli.command import NumberMaker, Omni, started

BODY = "canary body 271828"
CREDENTIAL = "sandbox-password"


@pytest.mark.parametrize("ending", ["0000", "0001", "0004"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_output_holds_a_body_a_credential_or_a_whole_number(
    omni: Omni, over_messente: MessenteEmulator, ending: str, form: tuple[str, ...]
) -> None:
    to = f"+37298765{ending}"
    ended = omni("send", to, "--text", BODY, "--sender", "37298765999", *form)
    [entry, *_] = over_messente.ledger.find(to=to) or [None]
    shown = [ended.text]
    if entry is not None:
        id = f"messente:{entry.id}"
        shown += [omni("status", id, *form).text, omni("cancel", id, *form).text]
    for text in shown:
        assert BODY not in text
        assert CREDENTIAL not in text
        assert "98765" not in text


@pytest.mark.usefixtures("over_messente")
def test_numbers_are_shown_in_full_when_asked(omni: Omni) -> None:
    send = ("send", "+37298765000", "--text", BODY, "--show-numbers")
    assert "to +37298765000 by sms" in omni(*send).output
    assert omni(*send, "--json").document["to"] == "+37298765000"
    assert BODY not in omni(*send).text


@given(st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True), st.text(), st.text())
def test_a_vendors_words_never_show_a_whole_number(number: str, before: str, after: str) -> None:
    shown = Output().words(f"{before} {number} {after}")
    assert number not in shown
    assert Output(show_numbers=True).words(number) == number


@given(st.integers(0, 10**6), st.sampled_from(["", "s", "m", "h", "d", "M", "H"]))
def test_a_duration_is_a_number_and_a_unit(count: int, unit: str) -> None:
    size = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit.lower()]
    assert duration(f"{count}{unit}", "--ttl").total_seconds() == count * size


@pytest.mark.parametrize("text", ["", "m", "-5", "5 m", "1.5h", "5w", "٥", "9" * 10])
def test_what_is_no_duration_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="must be like 300"):
        duration(text, "--ttl")


def test_a_logged_exception_is_one_line_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("some.library")
    with one_line_logs():
        log.error("it failed\nand more", exc_info=LookupError(BODY))
        log.warning("held back")
        log.info("not worth telling")
    log.warning("afterwards")
    assert capsys.readouterr().err == "omni: it failed (LookupError)\nomni: held back\n"


def test_outcome_records_are_collected_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with outcome_records() as records:
        record_interrupted("messente", "order-1", Outcome.UNKNOWN)
        logging.getLogger("omni_common.outcome").warning("something else")
    assert records == {"order-1": Outcome.UNKNOWN}
    assert caplog.records == []
    record_interrupted("messente", "order-2", Outcome.UNKNOWN)
    assert [record.__dict__["reference"] for record in caplog.records] == ["order-2"]
    assert "order-2" not in records


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_an_answer_that_cannot_be_written_does_not_hide_that_the_message_was_sent(
    over_messente: MessenteEmulator, number: NumberMaker
) -> None:
    with Path("/dev/full").open("w") as full:
        to = number("0000")
        process = started("send", to, "--text", "Hi", stdout=full)
        _, complaints = process.communicate()
    assert process.returncode == 0
    assert "accepted messente:" in complaints
    assert over_messente.ledger.count(to=to) == 1
