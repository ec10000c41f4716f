"""Configuration that cannot be read: one error that says why, and quotes no credential."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from omni_common.config import connect, resolve
from omni_common.errors import ConfigurationError

CANARY = "k4n4ry"
endless = pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no file without end")


def refused(**arguments: Any) -> str:
    environ: dict[str, str] = arguments.pop("environ", {})
    with pytest.raises(ConfigurationError) as caught:
        resolve(environ=environ, platform="linux", **arguments)
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"password = '{CANARY}'\na = {'[' * 20_000}", "is nested too deeply"),
        (f"password = '{CANARY}'\na = {'{a=' * 20_000}", "is nested too deeply"),
        (f"password = '{CANARY}'\na = {'9' * 5_000}", "holds a number that is too long"),
    ],
    ids=["arrays", "tables", "number"],
)
def test_a_file_that_pythons_parser_gives_up_on_is_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "omni.toml"
    path.write_text(content, "utf-8")
    text = refused(config=path)
    assert text == f"{path} {reason}"


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_a_path_that_no_file_can_have_is_refused_and_can_be_printed(path: str) -> None:
    for arguments in (
        {"config": path},
        {"environ": {"OMNI_CONFIG": path}},
        {"environ": {"HOME": f"/{path}"}},
        {"environ": {"XDG_CONFIG_HOME": f"/{path}"}},
    ):
        text = refused(**arguments)
        assert "no file can have that name" in text
        assert text.isprintable()


@pytest.mark.parametrize("config", [5, b"omni.toml", ["omni.toml"]])
def test_what_is_no_path_is_refused(config: Any) -> None:
    assert refused(config=config) == "config must be the path of omni.toml"


def test_the_home_of_nobody_is_a_folder_that_is_not_there() -> None:
    assert "there is no such file" in refused(environ={"OMNI_CONFIG": "~no-such-user/omni.toml"})


def test_a_profiles_file_in_the_home_of_nobody_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "omni.toml"
    path.write_text('[profiles.a]\ntype = "devino"\nkey_file = "~no-such-user/key"', "utf-8")
    with pytest.raises(ConfigurationError, match=r"key_file: .* cannot be read") as caught:
        connect(profile="a", config=path)
    assert caught.value.field == "profiles.a.key_file"


@endless
def test_a_file_without_end_is_not_read_to_its_end() -> None:
    assert "more than 1048576 characters" in refused(config="/dev/zero")
    with pytest.raises(ConfigurationError, match="key_file: /dev/zero cannot be read: it has more"):
        connect({"type": "devino", "key_file": "/dev/zero"})


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_a_credentials_path_that_no_file_can_have_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="no file can have that name") as caught:
        connect({"type": "devino", "key_file": path})
    assert str(caught.value).isprintable()


URL = f"messente://me:{CANARY}@default"


def test_a_connection_url_in_the_place_of_a_name_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "omni.toml"
    path.write_text(f'default = "{URL}"\n[profiles.a]\ntype = "devino"', "utf-8")
    texts = [
        refused(config=path),
        refused(config=path, profile=URL),
        refused(config=URL),
        refused(environ={"OMNI_CONFIG": URL}),
        refused(environ={"OMNI_CONFIG": str(path), "OMNI_PROFILE": URL}),
    ]
    with pytest.raises(ConfigurationError) as caught:
        connect({"type": "devino", "key_file": URL})
    assert [text for text in (*texts, str(caught.value)) if CANARY in text] == []


def test_a_profile_that_is_no_text_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "omni.toml"
    path.write_text("", "utf-8")
    profile: Any = 5
    assert refused(config=path, profile=profile).startswith("profile in ")


@pytest.mark.skipif(sys.platform == "win32", reason="such names are for other systems")
def test_a_path_of_odd_bytes_that_a_file_can_have_is_read(tmp_path: Path) -> None:
    path = tmp_path / "omni\udcff.toml"  # how Python spells a byte that is no UTF-8
    path.write_text('default = "a"\n[profiles.a]\ntype = "devino"', "utf-8")
    assert resolve(config=path, environ={}).provider == "devino"
