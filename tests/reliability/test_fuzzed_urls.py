"""URLs of every kind that nobody means well with: an object or one error, and never a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final, TypeAlias
from unicodedata import category
from urllib.parse import quote, unquote

import pytest
from hypothesis import strategies as st
from yarl import URL

import devino_async as devino
import messente_async as messente
from devino_async import DevinoProvider
from messente_async import MessenteProvider
from omni_common import registry
from omni_common.config import resolve
from omni_common.errors import ConfigurationError, InvalidMessageError, OmniError
from omni_common.message import Message, Sms, Viber, ViberVideo
from omni_common.parameters import parameters
from omni_common.provider import OmniProvider
from omni_common.registry import build
from omni_common.settings import TransportSettings, is_loopback
from tests.reliability.cases import Tally, every, everything_about
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import texts
from tests.support.figures import RecordProperty

CANARY = "k4n4ry"
SECOND = timedelta(seconds=1)
Parts: TypeAlias = Mapping[str, str]

_RIGHT: Final[Sequence[Parts]] = [
    {"scheme": scheme, "user": user, "host": host, "port": "", "path": "", "options": options}
    for scheme, user in (
        ("messente", f"me:{CANARY}"),
        ("devino", CANARY),
        ("devino", f"me:{CANARY}"),
    )
    for host in ("default", "127.0.0.1", "vendor.example")
    for options in ("", "?sender=Shop", f"?timeout=5&proxy=https%3A%2F%2Fme%3A{CANARY}%40p")
]
_PIECES = (
    *("", "a", "%", "%2", "%zz", "%00", "%0a", "%ff", "%ed%a0%80", "%25", "%40", "%3A"),
    *(":", "@", "/", "?", "#", "&", "=", "[", "]", "\\", "\t", "\n", "ü", "\ud800", "٤", "\u2028"),
)
_HOSTS = (
    *("DEFAULT", "localhost", "[::1]", "127.1", "0x7f.1", "2130706433", "[::ffff:7f00:1]"),
    *(
        "a..b",
        "-a",
        "a-",
        "a" * 64,
        f"{'a.' * 200}b",
        "xn--a",
        "ü.example",
        "\uff44.x",
        "ex\u2100a",
    ),
    *(
        "[",
        "[::1",
        "::1]",
        "[::1]x",
        "x[::1]",
        "[fe80::1%25lo]",
        "127.0.0.1\\.x",
        "loc\u00adalhost",
    ),
    *(
        "",
        ".",
        "%6cocalhost",
        "localhost.",
        "127.0.0.1.",
        "ho st",
        "\u24db\u24dccalhost",
        "default.",
    ),
)
_PORTS = (
    ":",
    ":0",
    ":80",
    ":0080",
    ":65535",
    ":65536",
    ":-1",
    ":+1",
    ":٤",
    ":1_0",
    ":" + "9" * 5_000,
)
_PATHS = ("/", "//", "/v1/", "/../..", "/%2e%2e", "/\\", "/;a=b", "/:@", "/[", "/ü", "/\ud800")
_NAMES = sorted({*parameters(DevinoProvider), *parameters(MessenteProvider), "session", "key_file"})
_VALUES = ("1", "0", "-1", "1e999", "nan", "true", "٤", "9" * 400, "http://p", "default", "+03:00")


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


_pieces = st.sampled_from(_PIECES) | texts()
_secrets = st.builds("{}{}{}".format, _pieces, st.just(CANARY), _pieces)
_written = _secrets | _secrets.map(_quoted)
_options = st.builds(
    "{}{}{}".format,
    st.sampled_from(_NAMES) | _pieces,
    st.sampled_from(["=", "=", "=", "=", "", "=="]),
    _written | st.sampled_from(_VALUES) | _pieces.map(_quoted),
)
_SPOILT = {
    "scheme": texts() | st.sampled_from(["", "http", "MESSENTE", "devin", "a b", "messente:"]),
    "user": _written | st.builds("{}:{}".format, _written, _written) | _pieces,
    "host": st.sampled_from(_HOSTS) | texts() | _written,
    "port": st.sampled_from(_PORTS) | texts(),
    "path": st.sampled_from(_PATHS) | _pieces,
    "options": st.lists(_options, min_size=1, max_size=3).map(lambda some: "?" + "&".join(some)),
}
_spoils = st.one_of([st.tuples(st.just(name), part) for name, part in _SPOILT.items()])


def urls() -> st.SearchStrategy[str]:
    """Connection URLs with a secret in them, some parts of which are as they should not be."""
    spoilt = st.builds(
        lambda right, spoils: _url({**right, **dict(spoils)}),
        st.sampled_from(_RIGHT),
        st.lists(_spoils, min_size=1, max_size=2),
    )
    return (
        spoilt
        | spoilt
        | st.builds(_damaged, spoilt, st.integers(0, 60), st.integers(0, 3), _pieces)
    )


def addresses() -> st.SearchStrategy[str]:
    """Addresses of servers and pictures, likewise."""
    right = (
        "https://vendor.example",
        "http://127.0.0.1:80/v1",
        f"http://me:{CANARY}@p",
        "tel:+37251",
    )
    schemes = st.sampled_from(["https", "http", "HTTPS", "ftp", "javascript", "data", "viber"])
    spoilt = st.builds(
        lambda scheme, spoils: _url({**_RIGHT[0], "scheme": scheme, "user": "", **dict(spoils)}),
        schemes,
        st.lists(_spoils, min_size=1, max_size=2),
    )
    damaged = st.builds(
        _damaged, st.sampled_from(right), st.integers(0, 25), st.integers(0, 2), _pieces
    )
    return spoilt | damaged


def _url(parts: Parts) -> str:
    user = f"{parts['user']}@" if parts["user"] else ""
    return (
        f"{parts['scheme']}://{user}{parts['host']}{parts['port']}{parts['path']}{parts['options']}"
    )


def _damaged(url: str, place: int, length: int, piece: str) -> str:
    return url[:place] + piece + url[place + length :]


def quotable(url: str) -> str:
    """What an error may quote of a URL: the provider's name, those of options, and paths."""
    scheme, _, rest = url.partition("://")
    pairs = [pair.partition("=") for part in rest.split("?")[1:] for pair in part.split("&")]
    paths = [value for name, _, value in pairs if unquote(name).endswith("_file")]
    return "\n".join([scheme, *map(unquote, [*(name for name, _, _ in pairs), *paths])])


@pytest.fixture
def listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking through what is installed takes longer than all else, and always finds the same."""
    monkeypatch.setattr(registry, "entry_points", cache(entry_points))


@pytest.mark.usefixtures("listed_once")
def test_any_connection_url_is_a_provider_or_refused_without_its_secret(
    size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def connected(url: str) -> OmniProvider:
        connection = resolve(url, environ={})
        assert CANARY not in repr(connection) or CANARY in str(connection.base_url) + quotable(url)
        return build(connection, environ={})

    def check(url: str) -> None:
        result = tally.tried(lambda: connected(url), ConfigurationError)
        if isinstance(result, OmniError):
            assert CANARY not in everything_about(result) or CANARY in quotable(url)
        else:
            assert isinstance(result, MessenteProvider | DevinoProvider)
            check_address(result.client.transport.settings)

    every(urls(), size(short=250, full=12_000), check)
    record_property("fuzzed urls", dict(tally.figures))
    tally.assert_teeth()


def check_address(settings: TransportSettings) -> None:
    """Plain HTTP goes to this machine alone, also in the eyes of the library that connects."""
    base = URL(settings.base_url, encoded=True)
    is_here = is_loopback(base.raw_host or "") or settings.insecure
    assert base.scheme == "https" or is_here
    if settings.proxy is not None:
        proxy = URL(settings.proxy.reveal())
        is_safe = is_loopback(proxy.raw_host or "") or settings.insecure
        assert proxy.scheme == "https" or proxy.user is None or is_safe


def test_any_address_of_a_server_is_taken_or_refused_without_its_secret(
    size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def check(case: tuple[str, str, bool]) -> None:
        name, url, insecure = case
        addresses: dict[str, Any] = {"base_url": "https://vendor.example", name: url}
        result = tally.tried(
            lambda: TransportSettings(**addresses, insecure=insecure), ConfigurationError
        )
        if isinstance(result, OmniError):
            assert CANARY not in everything_about(result)
        else:
            check_address(result)
            assert CANARY not in repr(result) or name == "base_url"

    cases = st.tuples(st.sampled_from(["base_url", "proxy"]), addresses(), st.booleans())
    every(cases, size(short=120, full=6_000), check)
    record_property("fuzzed urls", dict(tally.figures))
    tally.assert_teeth()


_MESSAGES: Final[Sequence[Callable[[str], object]]] = [
    lambda url: Message("+37251000000", Sms("Hi"), callback_url=url),
    lambda url: Viber("Hi", image_url=url, button_text="Open", button_url=url),
    lambda url: ViberVideo(url, url, 1, SECOND),
    lambda url: messente.Viber("Hi", button_text="Open", button_url=url),
    lambda url: messente.ViberVideo(url, url, 1, SECOND),
    lambda url: messente.WhatsAppMedia(link=url),
    lambda url: messente.ViberCarouselButton("Open", url),
    lambda url: messente.Omnimessage("+37251000000", (messente.SMS("Hi"),), dlr_url=url),
    lambda url: devino.SmsMessage(sender="Me", to="79001234567", text="Hi", callback_url=url),
    lambda url: DevinoProvider("key", scenario_url=url),
]


def test_any_url_in_a_message_is_taken_or_refused_unquoted(
    size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def check(case: tuple[Callable[[str], object], str]) -> None:
        make, url = case
        result = tally.tried(lambda: make(url), InvalidMessageError, ConfigurationError)
        if isinstance(result, OmniError):
            assert CANARY not in everything_about(result)
        else:
            assert not {"Cc", "Cs", "Zs", "Zl", "Zp"} & set(map(category, url))

    every(st.tuples(st.sampled_from(_MESSAGES), addresses()), size(short=120, full=6_000), check)
    record_property("fuzzed urls", dict(tally.figures))
    tally.assert_teeth()
