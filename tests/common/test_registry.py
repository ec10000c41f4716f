"""Providers found by name and built from a connection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from omni_common.connection import Connection, parse_url
from omni_common.errors import ConfigurationError
from omni_common.registry import build, provider_class, provider_names
from omni_common.secret import Secret
from tests.support.third_party import HERE, Keyed, Plain, Project, Shop, install

CANARY = "k4n4ry"
PROVIDERS = {"keyed": "Keyed", "plain": "Plain", "my-project": "Project", "shop": "Shop"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on ``sys.path`` to install distributions into."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def installed(site: Path) -> None:
    install(site, PROVIDERS)


def built(target: str | Connection, **environ: str) -> Any:
    connection = parse_url(target) if isinstance(target, str) else target
    return build(connection, environ=environ)


def table(provider: str, **settings: object) -> Connection:
    return Connection(provider=provider, settings=settings, origin="profiles.mine.")


def test_a_provider_is_found_by_its_name_in_any_case(site: Path) -> None:
    install(site, {"Acme": "Plain"})
    assert "acme" in provider_names()
    assert provider_class("acme") is provider_class("ACME") is Plain


@pytest.mark.usefixtures("installed")
def test_an_unknown_provider_names_the_nearest_and_lists_what_is_installed() -> None:
    with pytest.raises(ConfigurationError, match="did you mean keyed") as caught:
        provider_class("kyed")
    assert "my-project, outbox, plain, shop" in str(caught.value)


def test_two_distributions_may_name_the_same_class(site: Path) -> None:
    install(site, {"acme": "Plain"}, "one")
    install(site, {"acme": "Plain"}, "two")
    assert provider_class("acme") is Plain
    assert provider_names().count("acme") == 1


def test_two_distributions_must_not_claim_one_name_for_different_classes(site: Path) -> None:
    install(site, {"acme": "Plain"}, "one")
    install(site, {"acme": "Shop"}, "two")
    with pytest.raises(ConfigurationError, match="uninstall one of them") as caught:
        provider_class("acme")
    assert f"{HERE}:Plain of one" in str(caught.value)
    assert f"{HERE}:Shop of two" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module_here:Acme", "cannot be loaded: ModuleNotFoundError"),
        ("Nothing", "cannot be loaded: AttributeError"),
        ("install", "is no class derived from OmniProvider"),
        ("builtins:dict", "is no class derived from OmniProvider"),
        ("Unfinished", "does not define cancel, send, status"),
    ],
)
def test_a_broken_provider_says_what_is_wrong_with_it(site: Path, value: str, reason: str) -> None:
    install(site, {"acme": value})
    with pytest.raises(ConfigurationError, match="provider acme ") as caught:
        provider_class("acme")
    assert reason in str(caught.value)
    assert "of acme" in str(caught.value)
    assert caught.value.provider == "acme"


def test_a_module_that_raises_on_import_is_a_configuration_error(site: Path) -> None:
    (site / "raises_on_import.py").write_text("raise ValueError('boom')", "utf-8")
    install(site, {"acme": "raises_on_import:Acme"})
    with pytest.raises(ConfigurationError, match="cannot be loaded: ValueError") as caught:
        provider_class("acme")
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.usefixtures("installed")
class TestBuilding:
    def test_a_url_sets_credentials_address_and_options(self) -> None:
        provider = built("shop://me:p%2Fw@127.0.0.1:4010/v1?sender=Shop&timeout=5&batch_size=7")
        assert isinstance(provider, Shop)
        assert (provider.user, provider.password) == ("me", Secret("p/w"))
        assert (provider.sender, provider.batch_size) == ("Shop", 7)
        assert provider.settings.base_url == "http://127.0.0.1:4010/v1"
        assert provider.settings.timeout == 5

    def test_default_leaves_the_vendors_own_address(self) -> None:
        assert built("shop://me:pw@default").settings.base_url == "https://shop.example"

    def test_one_part_alone_is_what_the_provider_says(self) -> None:
        assert built("keyed://a%2Fb%3D@default").key == Secret("a/b=")
        assert built("keyed://me:pw@default").login == "me"

    def test_a_table_sets_typed_values(self) -> None:
        provider = built(table("shop", user="me", password="pw", timeout=5, insecure=True))
        assert (provider.user, provider.password) == ("me", Secret("pw"))
        assert (provider.settings.timeout, provider.settings.insecure) == (5.0, True)

    def test_a_provider_without_settings_is_built_too(self) -> None:
        assert isinstance(built("plain://default"), Plain)

    @pytest.mark.parametrize(
        ("url", "field", "reason"),
        [
            ("plain://k4n4ry@default", "user", "plain takes no user"),
            ("plain://k4n4ry.example", "base_url", "write default as the host"),
            ("shop://me:k4n4ry@default?timeuot=k4n4ry", "timeuot", "did you mean timeout"),
            ("shop://me:k4n4ry@default?session=k4n4ry", "session", "unknown setting of shop"),
            ("shop://me:k4n4ry@default?sender_file=x", "sender_file", "unknown setting of shop"),
            ("shop://me:k4n4ry@default?timeout=k4n4ry", "timeout", "timeout must be a number"),
            ("shop://me:k4n4ry@default?timeout=0", "timeout", "number of seconds above 0"),
            ("shop://me:k4n4ry@default?password=k4n4ry", "password", "password: given twice"),
            ("shop://me:k4n4ry@default?password_file=x", "password_file", "given twice"),
            ("shop://me:k4n4ry@host?base_url=https://k4n4ry", "base_url", "given twice"),
            ("my-project://default?project_id=1&region=k4n4ry", "region", "one of eu, us"),
        ],
    )
    def test_a_wrong_option_is_refused_by_name(self, url: str, field: str, reason: str) -> None:
        with pytest.raises(ConfigurationError, match=reason) as caught:
            built(url)
        assert caught.value.field == field
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize(
        ("settings", "field", "reason"),
        [
            ({"pasword": "k4n4ry"}, "pasword", "did you mean password"),
            ({"password": ["k4n4ry"]}, "password", "profiles.mine.password must be a text"),
            ({"password": ""}, "password", "not empty"),
            ({"password": "k4n4ry", "password_file": "x"}, "password_file", "given twice"),
            ({"password_file": 5}, "password_file", "must be the path of a file"),
            ({"timeout": "5"}, "timeout", "profiles.mine.timeout must be a number"),
        ],
    )
    def test_a_wrong_setting_is_refused_by_its_path(
        self, settings: Mapping[str, object], field: str, reason: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=reason) as caught:
            built(table("shop", user="me", **settings))
        assert caught.value.field == f"profiles.mine.{field}"
        assert CANARY not in str(caught.value)


@pytest.mark.usefixtures("installed")
class TestCredentialsFromElsewhere:
    def test_a_missing_credential_names_the_variable_to_set(self) -> None:
        with pytest.raises(ConfigurationError, match="shop: password is missing") as caught:
            built("shop://me@default")
        assert "OMNI_SHOP_PASSWORD or OMNI_SHOP_PASSWORD_FILE" in str(caught.value)
        assert (caught.value.field, caught.value.provider) == ("password", "shop")

    def test_a_constructor_with_several_ways_to_log_in_gets_the_same_hint(self) -> None:
        with pytest.raises(ConfigurationError, match="keyed needs a key") as caught:
            built("keyed://default")
        for name in ("KEY", "LOGIN", "PASSWORD"):
            assert f"OMNI_KEYED_{name} or OMNI_KEYED_{name}_FILE" in str(caught.value)
        assert (caught.value.field, caught.value.provider) == ("key", "keyed")

    def test_a_constructors_other_errors_are_left_alone(self) -> None:
        with pytest.raises(ConfigurationError, match=r"^limit must be from 1$"):
            built("keyed://k@default?limit=0")

    def test_the_environment_fills_in_what_is_left_out(self) -> None:
        provider = built("shop://me@default", OMNI_SHOP_PASSWORD="pw", OMNI_SHOP_USER="other")
        assert (provider.user, provider.password) == ("me", Secret("pw"))

    def test_a_variable_is_no_more_than_a_fallback(self) -> None:
        assert built("shop://me:pw@default", OMNI_SHOP_PASSWORD="x").password == Secret("pw")

    def test_an_empty_variable_counts_as_not_set(self) -> None:
        with pytest.raises(ConfigurationError, match="password is missing"):
            built("shop://me@default", OMNI_SHOP_PASSWORD="", OMNI_SHOP_PASSWORD_FILE="")

    def test_only_the_way_to_log_in_that_was_begun_is_completed(self) -> None:
        environ = {"OMNI_KEYED_KEY": "k", "OMNI_KEYED_LOGIN": "me", "OMNI_KEYED_PASSWORD": "pw"}
        keyed = built("keyed://k2@default", **environ)
        assert (keyed.key, keyed.login) == (Secret("k2"), None)
        login = built("keyed://default?login=you", **environ)
        assert (login.key, login.login, login.password) == (None, "you", Secret("pw"))

    def test_two_ways_to_log_in_at_once_are_not_chosen_between(self) -> None:
        environ = {"OMNI_KEYED_KEY": "k", "OMNI_KEYED_LOGIN": "me", "OMNI_KEYED_PASSWORD": "pw"}
        with pytest.raises(ConfigurationError, match="keyed needs a key"):
            built("keyed://default", **environ)

    def test_what_else_is_required_is_looked_up_and_converted(self) -> None:
        provider = built("my-project://default", OMNI_MY_PROJECT_PROJECT_ID="7")
        assert isinstance(provider, Project)
        assert provider.project_id == 7
        with pytest.raises(ConfigurationError, match="project_id must be a whole number"):
            built("my-project://default", OMNI_MY_PROJECT_PROJECT_ID="seven")

    def test_optional_settings_are_not_looked_up(self) -> None:
        environ = {"OMNI_SHOP_SENDER": "x", "OMNI_SHOP_TIMEOUT": "x", "OMNI_SHOP_PROXY": "x"}
        provider = built("shop://me:pw@default", **environ)
        assert (provider.sender, provider.settings.proxy) == (None, None)

    @pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
    def test_a_credential_may_be_kept_in_a_file(self, tmp_path: Path, ending: str) -> None:
        file = tmp_path / "password"
        file.write_bytes(f" p w{ending}".encode())
        assert built("shop://me@default", OMNI_SHOP_PASSWORD_FILE=str(file)).password == Secret(
            " p w"
        )
        assert built(table("shop", user="me", password_file=str(file))).password == Secret(" p w")

    def test_only_one_line_break_is_dropped(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("k\n\n", "utf-8")
        provider = built(table("keyed", key_file=str(tmp_path / "key")))
        assert isinstance(provider, Keyed)
        assert provider.key == Secret("k\n")

    def test_a_variable_and_its_file_at_once_are_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="OMNI_SHOP_PASSWORD_FILE are set") as caught:
            built("shop://me@default", OMNI_SHOP_PASSWORD=CANARY, OMNI_SHOP_PASSWORD_FILE="x")
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "No such file"),
            (b"", "it is empty"),
            (b"\n", "it is empty"),
            (b"k4n4ry\xff", "it is not UTF-8"),
        ],
    )
    def test_a_file_that_cannot_be_used_is_named_and_not_quoted(
        self, tmp_path: Path, content: bytes | None, reason: str
    ) -> None:
        file = tmp_path / "password"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigurationError, match=reason) as caught:
            built("shop://me@default", OMNI_SHOP_PASSWORD_FILE=str(file))
        assert str(file) in str(caught.value)
        assert caught.value.field == "OMNI_SHOP_PASSWORD_FILE"
        assert caught.value.__context__ is None
        assert CANARY not in str(caught.value)

    def test_the_process_environment_is_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OMNI_SHOP_PASSWORD", "pw")
        provider = build(parse_url("shop://me@default"))
        assert isinstance(provider, Shop)
        assert provider.password == Secret("pw")
