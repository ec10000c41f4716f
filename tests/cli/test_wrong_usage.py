"""Wrong arguments: exit code 64, a sentence that helps, and nothing of what was typed."""

from __future__ import annotations

import pytest

from tests.cli.command import Omni

CANARY = "canary-98765432"


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (("sned", CANARY), "no such command, did you mean send?"),
        ((CANARY,), "no such command; there are bulk, cancel, demo, outbox"),
        (("outbox", "lits", CANARY), "no such command, did you mean list?"),
        (
            ("outbox", CANARY),
            "there are cancel, list, purge, reconcile, resend, run, status; see omni outbox",
        ),
        (("outbox", "purge", "a.db"), "--older-than is missing, or has no value; see omni outbox"),
        (("outbox", "list", "a.db", "--state", CANARY), "--state must be one of queued, claimed"),
        (("outbox", "run", "a.db", "--rate", CANARY), "--rate must be a number; see"),
        (("send",), "TO is missing, or has no value; see omni send --help"),
        (("send", "+37251000000", "--text"), "--text is missing, or has no value"),
        (("send", "+37251000000", "--txet", CANARY), "no such option --txet, did you mean --text?"),
        (("send", "+37251000000", f"--txet={CANARY}"), "no such option --txet"),
        (("send", "+37251000000", f"-{CANARY}"), "no such option; see"),
        (("send", "+37251000000", CANARY), "1 argument too many"),
        (("send", "+37251000000", CANARY, CANARY), "2 arguments too many"),
        (("send", "+37251000000", "--channel", CANARY), "--channel must be one of sms, viber"),
        (("send", "+37251000000", "--then", CANARY), "--then must be one of sms, viber"),
        (("send", "+37251000000", f"--json={CANARY}"), "--json is a switch and takes no value"),
        (("send", "+37251000000", "--ttl", "1", "--ttl", CANARY), "--ttl is given more than once"),
        (("sandbox", "--messente-port", CANARY), "--messente-port must be a whole number"),
        (("status",), "IDS is missing; see omni status --help"),
        (("cancel",), "ID is missing"),
        (("segments",), "TEXT is missing"),
    ],
)
def test_wrong_usage_is_explained_without_repeating_it(
    omni: Omni, tokens: tuple[str, ...], said: str
) -> None:
    ended = omni(*tokens)
    assert ended.code == 64
    assert ended.output == ""
    assert ended.complaints.startswith("omni: ")
    assert said in ended.complaints
    assert CANARY not in ended.text


def test_wrong_usage_is_a_document_too_when_asked(omni: Omni) -> None:
    ended = omni("send", "--json", "--txet", CANARY)
    assert ended.code == 64
    assert ended.document["outcome"] == "not_sent"
    assert ended.document["error"]["class"] == "UsageError"
    assert CANARY not in ended.text


def test_help_and_version_are_printed_and_end_well(omni: Omni) -> None:
    for tokens in ((), ("--help",), ("send", "--help")):
        ended = omni(*tokens)
        assert ended.code == 0
        for code in ("0:", "2:", "3:", "64:", "75:", "130:"):
            assert f"{code} " in ended.output
    assert omni("--version").output.strip().count(".") == 2


def test_a_fault_of_the_command_itself_shows_no_traceback(
    omni: Omni, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise LookupError(CANARY)

    monkeypatch.setattr("omni_common.cli.segments.counted", fail)
    ended = omni("segments", "text")
    assert (ended.code, ended.output) == (70, "")
    assert ended.complaints == "omni: failed by a fault of its own (LookupError)\n"


def test_ctrl_c_elsewhere_ends_with_130(omni: Omni, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("omni_common.cli.segments.counted", interrupt)
    ended = omni("segments", "text")
    assert (ended.code, ended.complaints) == (130, "omni: interrupted\n")
