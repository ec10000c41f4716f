"""Transport settings: defaults, ranges, and credentials kept off plain HTTP."""

from __future__ import annotations

import math
from typing import Any, get_type_hints

import attrs
import pytest

from omni_common.errors import ConfigurationError
from omni_common.secret import Secret
from omni_common.settings import TransportOptions, TransportSettings, is_loopback

URL = "https://api.vendor.example/v1"


def test_options_and_settings_have_the_same_names() -> None:
    names = {each.name for each in attrs.fields(TransportSettings)}
    assert set(get_type_hints(TransportOptions)) == names
    assert TransportOptions.__required_keys__ == frozenset()


def test_only_the_address_has_no_default() -> None:
    settings = TransportSettings(base_url=URL)
    assert (settings.timeout, settings.bulk_timeout, settings.connect_timeout) == (30, 120, 10)
    assert (settings.concurrency, settings.rate, settings.max_attempts) == (100, None, 3)
    assert (settings.proxy, settings.ca_file, settings.insecure) == (None, None, False)
    assert settings.response_limit == 64 * 1024 * 1024


def test_a_slash_at_the_end_of_the_address_is_dropped() -> None:
    assert TransportSettings(base_url=f"{URL}/").base_url == URL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("timeout", "bulk_timeout", "connect_timeout", "rate")
        for value in (0, -1, math.inf, math.nan, True, "30")
    ]
    + [
        (name, value)
        for name in ("concurrency", "max_attempts", "response_limit")
        for value in (0, -1, 1.5, True, "3", None)
    ]
    + [("timeout", None), ("insecure", 1), ("insecure", "true"), ("ca_file", ""), ("ca_file", 5)]
    + [("base_url", value) for value in (None, "", 5)]
    # What cannot be paced by, and what no file can have as its name.
    + [("rate", value) for value in (5e-324, 10**400)]
    + [("ca_file", value) for value in ("a\0b", "a\ud800b")],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    options: dict[str, Any] = {"base_url": URL, name: value}
    with pytest.raises(ConfigurationError, match=f"^{name} must be ") as caught:
        TransportSettings(**options)
    assert caught.value.field == name


@pytest.mark.parametrize("name", ["timeout", "rate", "concurrency", "response_limit"])
def test_a_number_too_long_to_be_shown_is_refused(name: str) -> None:
    options: dict[str, Any] = {"base_url": URL, name: 10**5_000}
    with pytest.raises(ConfigurationError, match=f"^{name} must be "):
        TransportSettings(**options)


def test_the_largest_and_smallest_sensible_values_are_accepted() -> None:
    settings = TransportSettings(
        base_url=URL, timeout=10**400, rate=0.01, concurrency=1, max_attempts=1, response_limit=1
    )
    assert settings.rate == 0.01


@pytest.mark.parametrize(
    "url",
    [
        "ftp://vendor.example",
        "vendor.example",
        "https://",
        "https://user:k4n4ry@vendor.example",
        "https://vendor.example?key=k4n4ry",
        "https://vendor.example/#k4n4ry",
        "https://vendor.example:0",
        "https://vendor.example:65536",
        "https://vendor.example:port",
        "https://vendor.example/with space",
        "https://vendor.example\n",
        "https://[broken",
        "https://evil.example[::1]",
        "http://[::1]evil.example",
        "http://127.0.0.1\\.evil.example",
        "https://vendor.example/k4n4ry\\",
        "https://v\u00e9ndor.example",
        "https://vendor.example/\u00e9",
        "https://vendor.example/\ud800",
        "https://vendor..example",
        "https://.example",
        f"https://{'a' * 64}.example",
        f"https://{'a.' * 127}example",
    ],
)
def test_an_address_of_another_form_is_refused_unquoted(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^base_url must be https://") as caught:
        TransportSettings(base_url=url)
    assert "k4n4ry" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4010", "127.255.0.9", "[::1]:8080", "localhost", "LOCALHOST:1"]
)
def test_plain_http_is_accepted_for_this_machine(host: str) -> None:
    assert TransportSettings(base_url=f"http://{host}/v1").base_url == f"http://{host}/v1"


@pytest.mark.parametrize(
    "host",
    ["vendor.example", "128.0.0.1", "[::2]", "localhost.evil.example", "127.1", "2130706433"],
)
def test_plain_http_to_other_machines_needs_insecure(host: str) -> None:
    with pytest.raises(ConfigurationError, match="in the clear") as caught:
        TransportSettings(base_url=f"http://{host}")
    assert caught.value.field == "base_url"
    assert "insecure" in str(caught.value)
    assert TransportSettings(base_url=f"http://{host}", insecure=True).insecure


@pytest.mark.parametrize("scheme", ["HTTP", "Http"])
def test_the_case_of_the_scheme_hides_nothing(scheme: str) -> None:
    with pytest.raises(ConfigurationError, match="in the clear"):
        TransportSettings(base_url=f"{scheme}://vendor.example")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("vendor.example", False),
    ],
)
def test_loopback_is_told_without_dns(host: str, expected: bool) -> None:  # noqa: FBT001
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    "proxy",
    [
        "http://proxy.example:3128",
        "https://user:k4n4ry@proxy.example:3128/",
        "http://user:k4n4ry@127.0.0.1:3128",
    ],
)
def test_a_proxy_is_kept_as_a_secret(proxy: str) -> None:
    settings = TransportSettings(base_url=URL, proxy=proxy)
    assert settings.proxy == Secret(proxy)
    assert "proxy.example" not in repr(settings)
    assert "k4n4ry" not in repr(settings)
    assert TransportSettings(base_url=URL, proxy=Secret(proxy)) == settings


@pytest.mark.parametrize(
    "proxy",
    [
        *("", "socks5://k4n4ry@proxy", "k4n4ry", "http://k4n4ry@proxy/path", "http://p/?k4n4ry", 5),
        *(
            "https://me:k4n4ry\u00e9@proxy",
            "https://me:k4n4ry\ud800@proxy",
            "https://me:k4n4ry\\@p",
        ),
    ],
)
def test_a_proxy_of_another_form_is_refused_unquoted(proxy: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^proxy must be ") as caught:
        TransportSettings(base_url=URL, proxy=proxy)
    assert caught.value.field == "proxy"
    assert "k4n4ry" not in str(caught.value)


@pytest.mark.parametrize(
    ("base_url", "proxy"),
    [(URL, "http://user:k4n4ry@proxy.example"), ("http://127.0.0.1:4010", "http://proxy.example")],
)
def test_a_proxy_that_would_see_credentials_in_the_clear_needs_insecure(
    base_url: str, proxy: str
) -> None:
    with pytest.raises(ConfigurationError, match="in the clear") as caught:
        TransportSettings(base_url=base_url, proxy=proxy)
    assert caught.value.field == "proxy"
    assert "k4n4ry" not in str(caught.value)
    assert TransportSettings(base_url=base_url, proxy=proxy, insecure=True).insecure


def test_the_repr_shows_only_the_host_of_the_address() -> None:
    shown = repr(TransportSettings(base_url="https://vendor.example/tenant-k4n4ry"))
    assert "base_url=https://vendor.example," in shown
    assert "k4n4ry" not in shown


def test_options_win_over_a_vendors_defaults() -> None:
    options = TransportOptions(timeout=5)
    settings = TransportSettings.from_options(options, base_url=URL, timeout=60, rate=150)
    assert (settings.base_url, settings.timeout, settings.rate) == (URL, 5, 150)


def test_none_as_an_option_wins_over_a_default_too() -> None:
    options = TransportOptions(rate=None)
    assert TransportSettings.from_options(options, base_url=URL, rate=150).rate is None


def test_an_unknown_option_names_the_nearest() -> None:
    options: Any = {"timeuot": 5}
    with pytest.raises(ConfigurationError, match="did you mean timeout") as caught:
        TransportSettings.from_options(options, base_url=URL)
    assert caught.value.field == "timeuot"
