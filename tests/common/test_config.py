"""Which configuration decides, and what omni.toml may hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from omni_common.config import connect, resolve
from omni_common.connection import Connection
from omni_common.errors import ConfigurationError
from omni_common.secret import Secret
from tests.support.third_party import Shop, install

CANARY = "k4n4ry"
TOML = """
default = "mine"

[profiles.mine]
type = "Shop"
user = "me"
password_file = "password"
ca_file = "/etc/ca.pem"
timeout = 5

[profiles.other]
url = "shop://me:p%2Fw@127.0.0.1:4010?sender=Shop"
timeout = 6

[profiles.by-default]
type = "shop"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "omni.toml"
    path.write_text(TOML, "utf-8")
    return path


def found(
    target: Any = None,
    *,
    profile: str | None = None,
    config: str | os.PathLike[str] | None = None,
    platform: str = sys.platform,
    **environ: str | os.PathLike[str],
) -> Connection:
    texts = {name: os.fspath(value) for name, value in environ.items()}
    return resolve(target, profile=profile, config=config, environ=texts, platform=platform)


class TestWhatDecides:
    def test_a_target_goes_before_everything_in_the_environment(self, file: Path) -> None:
        connection = found(
            "shop://default", OMNI_URL="x://x", OMNI_PROFILE="mine", OMNI_CONFIG=file
        )
        assert connection == Connection(provider="shop")

    def test_a_mapping_is_read_like_a_profile(self) -> None:
        connection = found({"type": "Shop", "user": "me", "password": Secret("pw")})
        assert connection.provider == "shop"
        assert connection.settings == {"user": "me", "password": Secret("pw")}

    def test_a_profile_goes_before_the_environment(self, file: Path) -> None:
        connection = found(profile="other", config=file, OMNI_URL="x://x", OMNI_PROFILE="mine")
        assert connection.options == {"sender": "Shop"}

    def test_a_url_in_the_environment_goes_before_the_default_profile(self, file: Path) -> None:
        assert found(OMNI_URL="keyed://k@default", OMNI_CONFIG=file).provider == "keyed"

    def test_a_profile_in_the_environment_goes_before_the_default(self, file: Path) -> None:
        assert found(OMNI_PROFILE="other", OMNI_CONFIG=file).settings == {"timeout": 6}

    def test_the_default_profile_comes_last(self, file: Path) -> None:
        assert found(OMNI_CONFIG=file).settings["user"] == "me"
        assert found(config=str(file)).settings["user"] == "me"

    def test_a_config_argument_goes_before_the_one_in_the_environment(self, file: Path) -> None:
        assert found(config=file, OMNI_CONFIG="/nowhere").settings["user"] == "me"

    def test_empty_variables_count_as_not_set(self, file: Path) -> None:
        connection = found(config=file, OMNI_URL="", OMNI_PROFILE="", OMNI_CONFIG="")
        assert connection.settings["user"] == "me"

    def test_a_url_and_a_profile_in_the_environment_are_ambiguous(self, file: Path) -> None:
        with pytest.raises(ConfigurationError, match="OMNI_URL and OMNI_PROFILE are both set"):
            found(OMNI_URL=f"x://{CANARY}", OMNI_PROFILE="mine", OMNI_CONFIG=file)

    def test_a_url_in_the_environment_and_a_config_argument_are_ambiguous(self, file: Path) -> None:
        with pytest.raises(ConfigurationError, match="OMNI_URL and config are both given"):
            found(OMNI_URL=f"x://{CANARY}", config=file)

    @pytest.mark.parametrize("other", [{"profile": "mine"}, {"config": "omni.toml"}])
    def test_a_target_with_a_profile_or_config_is_refused(self, other: dict[str, str]) -> None:
        with pytest.raises(ConfigurationError, match="leave out profile and config"):
            found("shop://default", **other)

    def test_nothing_set_names_every_way(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="nothing says which provider") as caught:
            found(XDG_CONFIG_HOME=tmp_path, platform="linux")
        for way in ("connect(", "profile=", "OMNI_URL", "OMNI_PROFILE", "default ="):
            assert way in str(caught.value)
        assert str(tmp_path / "omni" / "omni.toml") in str(caught.value)

    def test_nothing_set_and_no_home_still_says_so(self) -> None:
        with pytest.raises(ConfigurationError, match="the path that OMNI_CONFIG names"):
            found()

    def test_an_error_in_a_url_names_where_the_url_was(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"^OMNI_URL: the connection URL") as caught:
            found(OMNI_URL=f"x://{CANARY}:pa/ss@default")
        assert caught.value.field == "OMNI_URL"
        path = tmp_path / "omni.toml"
        path.write_text(f'[profiles.a]\nurl = "{CANARY}"', "utf-8")
        with pytest.raises(ConfigurationError, match=r"^profiles\.a\.url: ") as caught:
            found(profile="a", config=path)
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize(
        ("target", "reason"),
        [
            (5, "a connection URL or a mapping"),
            (b"shop://default", "a connection URL or a mapping"),
            ({}, "give either type"),
            ({"type": "shop", "url": "shop://default"}, "give either type"),
            ({"type": ""}, "type must be a text"),
            ({"type": ["shop"]}, "type must be a text"),
            ({"url": 5}, "url must be a text"),
            ({"type": "shop", 5: "five"}, "names of settings must be texts"),
        ],
        ids=str,
    )
    def test_a_target_of_another_shape_is_refused(self, target: object, reason: str) -> None:
        with pytest.raises(ConfigurationError, match=reason):
            found(target)


class TestTheFile:
    @pytest.mark.parametrize(
        ("platform", "variable", "path"),
        [
            ("linux", "XDG_CONFIG_HOME", "omni"),
            ("linux", "HOME", ".config/omni"),
            ("darwin", "HOME", "Library/Application Support/omni"),
            ("win32", "APPDATA", "omni"),
        ],
    )
    def test_it_is_looked_for_in_the_users_configuration_folder(
        self, tmp_path: Path, platform: str, variable: str, path: str
    ) -> None:
        folder = tmp_path / path
        folder.mkdir(parents=True)
        (folder / "omni.toml").write_text(TOML, "utf-8")
        environ = {variable: str(tmp_path)}
        connection = resolve(environ=environ, platform=platform)
        assert connection.settings["user"] == "me"

    def test_the_working_directory_is_never_looked_into(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (file.parent / "omni").mkdir()
        file.rename(file.parent / "omni" / "omni.toml")
        monkeypatch.chdir(file.parent)
        for environ in ({}, {"XDG_CONFIG_HOME": "."}, {"XDG_CONFIG_HOME": ""}, {"HOME": "."}):
            with pytest.raises(ConfigurationError, match="nothing says which provider"):
                resolve(environ=environ, platform="linux")

    def test_a_profile_needs_the_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="there is no such file") as caught:
            found(profile="mine", platform="linux", HOME=tmp_path)
        assert str(tmp_path / ".config" / "omni" / "omni.toml") in str(caught.value)
        with pytest.raises(ConfigurationError, match="set OMNI_CONFIG"):
            found(profile="mine")

    @pytest.mark.parametrize("way", ["config", "OMNI_CONFIG"])
    def test_a_file_that_is_named_must_be_there(self, tmp_path: Path, way: str) -> None:
        arguments: dict[str, Any] = {way: tmp_path / "none.toml"}
        with pytest.raises(ConfigurationError, match=f"from {way}.: there is no such file"):
            found(**arguments)

    def test_a_folder_in_its_place_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="Is a directory"):
            found(config=tmp_path)

    def test_paths_in_it_are_relative_to_its_folder(self, file: Path) -> None:
        settings = found(config=file).settings
        assert settings["password_file"] == str(file.parent / "password")
        assert settings["ca_file"] == "/etc/ca.pem"

    def test_a_profile_may_add_settings_to_a_url(self, file: Path) -> None:
        connection = found(profile="other", config=file)
        assert (connection.user, connection.password) == (Secret("me"), Secret("p/w"))
        assert connection.base_url == "http://127.0.0.1:4010"
        assert connection.options == {"sender": "Shop"}
        assert connection.settings == {"timeout": 6}

    @pytest.mark.parametrize(
        ("text", "field", "reason"),
        [
            ("defualt = 'a'", "defualt", "did you mean default"),
            ("default = 5", "default", "must be the name of a profile"),
            ("default = 'b'\n[profiles.a]", "default", "unknown profile b of .*there are: a"),
            ("default = 'a'", "default", "there are none"),
            ("default = 'a'\nprofiles = 5", "profiles", "must be tables"),
            ("default = 'a'\nprofiles.a = 5", "profiles.a", "must be a table"),
            ("default = 'a'\n[profiles.a]", "profiles.a.type", "give either type"),
            ("default = 'a'\n[profiles.a]\ntype = 5", "profiles.a.type", "must be a text"),
        ],
    )
    def test_what_it_must_not_hold_is_named(
        self, tmp_path: Path, text: str, field: str, reason: str
    ) -> None:
        path = tmp_path / "omni.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(ConfigurationError, match=reason) as caught:
            found(config=path)
        assert caught.value.field == field

    def test_an_unknown_profile_names_the_nearest(self, file: Path) -> None:
        with pytest.raises(ConfigurationError, match="did you mean mine") as caught:
            found(profile="mien", config=file)
        assert caught.value.field == "profile"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"[profiles.a]\npassword = k4n4ry", "is not valid TOML at line 2, column 12"),
            (b"[profiles.a]\npassword = 'k4n4ry", "is not valid TOML"),
            (b"password = 'k4n4ry'\nk4n4ry", "is not valid TOML"),
            (b"password = 'k4n4ry\xff'", "it is not UTF-8"),
        ],
    )
    def test_broken_syntax_names_file_and_place_and_quotes_nothing(
        self, tmp_path: Path, content: bytes, reason: str
    ) -> None:
        path = tmp_path / "omni.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigurationError, match=reason) as caught:
            found(config=path)
        assert str(path) in str(caught.value)
        assert CANARY not in str(caught.value)
        assert caught.value.__context__ is None

    def test_a_byte_order_mark_is_no_error(self, tmp_path: Path) -> None:
        path = tmp_path / "omni.toml"
        path.write_text(TOML, "utf-8-sig")
        assert found(config=path).settings["user"] == "me"


class TestConnecting:
    @pytest.fixture(autouse=True)
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        install(tmp_path, {"shop": "Shop"})

    def connected(self, *args: Any, **settings: Any) -> Shop:
        provider = connect(*args, **settings)
        assert isinstance(provider, Shop)
        return provider

    def test_a_url_needs_no_running_loop(self) -> None:
        provider = self.connected("shop://me:pw@default?sender=Shop")
        assert (provider.user, provider.sender) == ("me", "Shop")

    def test_a_profile_is_built_with_its_files(self, file: Path) -> None:
        (file.parent / "password").write_text("pw\n", "utf-8")
        provider = self.connected(config=file)
        assert (provider.password, provider.settings.timeout) == (Secret("pw"), 5.0)

    def test_a_mapping_is_built(self) -> None:
        target: Mapping[str, object] = {"type": "shop", "user": "me", "password": "pw", "rate": 9}
        assert self.connected(target).settings.rate == 9.0

    def test_the_environment_of_the_process_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OMNI_URL", "shop://me@default")
        monkeypatch.setenv("OMNI_SHOP_PASSWORD", "pw")
        assert self.connected().password == Secret("pw")

    def test_a_mistyped_setting_of_a_profile_is_named_by_its_path(self, tmp_path: Path) -> None:
        path = tmp_path / "omni.toml"
        path.write_text(f'[profiles.a]\ntype = "shop"\npasword = "{CANARY}"', "utf-8")
        with pytest.raises(ConfigurationError, match="did you mean password") as caught:
            connect(profile="a", config=path)
        assert caught.value.field == "profiles.a.pasword"
        assert CANARY not in str(caught.value)

    def test_a_url_and_its_profile_must_not_say_the_same_thing_twice(self, tmp_path: Path) -> None:
        path = tmp_path / "omni.toml"
        path.write_text(f'[profiles.a]\nurl = "shop://me:{CANARY}@default"\nuser = "you"', "utf-8")
        with pytest.raises(ConfigurationError, match=r"profiles\.a\.user: given twice"):
            connect(profile="a", config=path)
