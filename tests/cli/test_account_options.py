"""Which account a command uses, and which credentials it refuses to take from its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from messente_async.sandbox import MessenteEmulator
from tests.cli.command import NumberMaker, Omni

CANARY = "canary98765432"


@pytest.mark.parametrize(
    "url",
    [
        f"messente://user:{CANARY}@default",
        f"messente://user:{CANARY}@default?sender=Shop",
        f"messente://user:{CANARY}@10.0.0.1:4010/v1",
        f"messente://user:{CANARY}@localhost.example/v1",
        f"messente://{CANARY}@default",
        f"devino://{CANARY}@default",
        f"messente://default?password={CANARY}",
        f"devino://api.example?key={CANARY}",
        f"messente://default?proxy=https://u%3A{CANARY}%40proxy.example",
        f"messente://u:p@127.0.0.1:1/v1?proxy=https://u%3A{CANARY}%40proxy.example",
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_credential_for_another_machine_is_refused_and_not_repeated(
    omni: Omni, url: str, form: tuple[str, ...]
) -> None:
    for command in (("send", "+37251000000", "--text", "Hi"), ("status", "x:1"), ("cancel", "x:1")):
        ended = omni(*command, "--url", url, *form)
        assert ended.code == 64
        assert "OMNI_URL" in ended.text
        assert "password_file" in ended.text
        assert CANARY not in ended.text


@pytest.mark.parametrize(
    "url",
    [
        f"messente://user:{CANARY}@127.0.0.1:1@evil.example",
        f"messente://user:{CANARY}",
        f"{CANARY}://user:{CANARY}@127.0.0.1",
        CANARY,
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(omni: Omni, url: str) -> None:
    ended = omni("status", "messente:1", "--url", url)
    assert ended.code == 64
    assert f":{CANARY}" not in ended.text


def test_a_url_without_credentials_may_lead_elsewhere(omni: Omni) -> None:
    ended = omni("status", "messente:1", "--url", "messente://default?sender=Shop")
    assert ended.code == 64
    assert "OMNI_MESSENTE_USER" in ended.complaints


def test_a_profile_keeps_its_password_in_a_file(
    omni: Omni, messente: MessenteEmulator, number: NumberMaker, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(messente.password + "\n")
    (tmp_path / "omni.toml").write_text(
        f"""
        [profiles.shop]
        type = "messente"
        user = "{messente.username}"
        password_file = "password"
        base_url = "{messente.base_url}"
        sender = "Profile"
        """
    )
    to = number("0000")
    where = ("--profile", "shop", "--config", str(tmp_path / "omni.toml"))
    ended = omni("send", to, "--text", "Hi", *where, "--json")
    assert ended.code == 0, ended.text
    assert ended.document["parts"][0]["sender"] == "Profile"
    assert messente.ledger.count(to=to) == 1
    wrong = omni("status", "messente:1", "--profile", "shpo", *where[2:])
    assert wrong.code == 64
    assert "did you mean shop?" in wrong.complaints
