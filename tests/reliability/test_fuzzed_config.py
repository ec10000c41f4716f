"""Configuration that nobody means well with: a provider or one error, and never a credential."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import field, frozen
from hypothesis import strategies as st

from devino_async import DevinoProvider
from messente_async import MessenteProvider
from omni_common import registry
from omni_common.config import resolve
from omni_common.errors import ConfigurationError, OmniError
from omni_common.gate import Pace
from omni_common.message import Message, Sms
from omni_common.parameters import parameters
from omni_common.provider import OmniProvider
from omni_common.registry import build
from omni_common.secret import Secret
from tests.reliability.cases import Tally, every, everything_about
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import damaged, texts, values
from tests.support.figures import RecordProperty

CANARY = "k4n4ry"
PROVIDERS: Final = {"devino": DevinoProvider, "messente": MessenteProvider}
CREDENTIALS: Final = ("user", "password", "key", "login")
SETTINGS = {
    name: sorted({*parameters(cls), *(f"{each}_file" for each in CREDENTIALS), "session", "sendr"})
    for name, cls in PROVIDERS.items()
}
TOML_VALUES = (
    *(
        '""',
        '"x"',
        '"\\u0000"',
        '"\\ud800"',
        '"a\\nb"',
        "'''\n'''",
        '"é"',
        '"9999999999"',
        "'~x/y'",
    ),
    *("0", "1", "-1", "1_0", "0x1F", "0o7", "9" * 25, "9" * 5_000, f"0x{'f' * 500}", "01"),
    *("0.5", "1e400", "5e-324", "1e308", "-0.0", "inf", "-inf", "nan", f"{'9' * 400}.0"),
    *("true", "false", "True", "[]", "[1]", "{}", "{a=1}", "{a={a={}}}", "[[[[[]]]]]"),
    *("2026-01-01", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "07:32:00", "2026-02-30"),
    *(
        '"http://["',
        '"https://ü"',
        '"http://vendor.example"',
        '"127.0.0.1"',
        '"Europe/Moscow"',
        '"."',
    ),
    *("[" * 3_000, "{a=" * 3_000, "[" * 100 + "]" * 100, '"""', "'", "#", "", "nil", "1 2"),
)
FILES: Final[Mapping[str, bytes]] = {
    "good": CANARY.encode(),
    "line": f"{CANARY}\n".encode(),
    "two lines": f"{CANARY}\n{CANARY}\n".encode(),
    "dos": f"\ufeff{CANARY}\r\n".encode(),
    "empty": b"",
    "blank": b"\n",
    "nul": f"{CANARY}\0".encode(),
    "latin": f"{CANARY}é".encode("latin-1"),
    "utf-16": CANARY.encode("utf-16"),
    "binary": bytes(range(256)),
    "huge": CANARY.encode() * 300_000,
}
PATHS = (
    *FILES,
    "missing",
    ".",
    "..",
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\udcff",
    "~",
    "~nobody/x",
    "x" * 300,
)
PATHS += ("/dev/null", "/dev/zero", "good/x", "x/" * 3_000, "https://me:pass@vendor.example")

_odd: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(
            Secret("x"),
            Secret(""),
            Secret("\ud800"),
            b"x",
            bytearray(b"x"),
            Decimal(1),
            Decimal("sNaN"),
        ),
        *(
            datetime.max.replace(tzinfo=UTC),
            datetime.min.replace(tzinfo=UTC),
            date.min,
            time.max,
            1j,
            object(),
            str,
            ...,
        ),
        *({"a": "1"}, {1: 2}, {None: 1}, [], (), {"x"}, iter([]), "https://p", "+03:00", 10**5_000),
    ]
)


@frozen
class Folder:
    """A folder with files of every kind, and a configuration file to be written anew."""

    path: Path = field()

    @property
    def config(self) -> Path:
        return self.path / "omni.toml"

    @classmethod
    def filled(cls, path: Path) -> Folder:
        for name, content in FILES.items():
            (path / name).write_bytes(content)
        return cls(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    # Looking through what is installed takes longer than all else, and always finds the same.
    monkeypatch.setattr(registry, "entry_points", cache(entry_points))
    monkeypatch.chdir(tmp_path)
    return Folder.filled(tmp_path)


def is_usable(provider: OmniProvider) -> bool:
    """Whether what was built works as far as nothing is sent."""
    assert isinstance(provider, MessenteProvider | DevinoProvider)
    settings = provider.client.transport.settings
    if settings.rate is not None:
        pace = Pace(settings.rate)
        pace.depart(0.0)
        assert pace.wait(0.0) >= -1
    provider.check(Message("+37251000000", Sms("Hi"), send_at=datetime(2100, 1, 1, tzinfo=UTC)))
    return CANARY not in repr(settings)


def judged(tally: Tally, make: Callable[[], OmniProvider], *, may_quote: bool = False) -> None:
    result = tally.tried(make, ConfigurationError)
    if isinstance(result, OmniError):
        assert may_quote or CANARY not in everything_about(result)
        assert str(result).encode()
    else:
        assert is_usable(result)


def _toml(name: str, lines: list[tuple[str, str]], *, doubled: bool) -> bytes:
    login = {"devino": 'key = "{0}"', "messente": 'user = "me"\npassword = "{0}"'}[name]
    text = f'default = "shop"\n[profiles.shop]\ntype = "{name}"\n{login.format(CANARY)}\n'
    text += "".join(f"{key} = {value}\n" for key, value in lines)
    return (text + lines[0][0] + " = 1\n" if doubled else text).encode()


def files() -> st.SearchStrategy[bytes]:
    """Configuration files with a wrong value in them, a wrong line, or wrong bytes."""
    written = {
        name: st.lists(
            st.tuples(
                st.sampled_from(keys) | st.sampled_from(["'a b'", '""', "a.b", "é"]), _toml_value
            ),
            min_size=1,
            max_size=3,
        )
        for name, keys in SETTINGS.items()
    }
    whole = st.one_of(
        [
            st.builds(_toml, st.just(name), lines, doubled=st.just(False))
            for name, lines in written.items()
        ]
    )
    shaped = st.sampled_from(_SHAPES).map(str.encode)
    right = [_toml(name, [("sender", '"Shop"')], doubled=False) for name in PROVIDERS]
    broken = st.one_of([damaged(body) for body in right])
    recoded = st.builds(
        lambda body, encoding: body.decode().encode(encoding),
        st.sampled_from(right),
        st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "utf-7"]),
    )
    return whole | whole | broken | shaped | recoded | st.binary(max_size=40)


_toml_value = st.sampled_from(TOML_VALUES)
_SHAPES = (
    *(
        "",
        "default = 1",
        "default = []",
        'default = ""',
        "profiles = 1",
        "profiles = []",
        "[profiles]",
    ),
    *('default = "shop"\nprofiles.shop = 1', 'default = "shop"\n[[profiles.shop]]', "other = 1"),
    *(
        'default = "shop"\n[profiles.shop]',
        'default = "shop"\n[profiles.shop]\ntype = 1',
        "default",
    ),
    *(
        'default = "shop"\n[profiles.shop]\nurl = "x"',
        'default = "a\\nb"\n[profiles."a\\nb"]\ntype = ""',
    ),
    f'default = "messente://me:{CANARY}@default"\n[profiles.shop]',
    f'default = "shop"\n[profiles.shop]\nurl = "messente://me:{CANARY}@default"\nsender = []',
    f'default = "shop"\n[profiles.shop]\nurl = "messente://me:{CANARY}@default"\nuser = "me"',
    f'default = "shop"\n[profiles.shop]\nurl = "messente://me:{CANARY}@@default"',
    *("a = [" + "[" * depth for depth in (500, 5_000, 50_000)),
    *(f"{'a.' * count}a = 1" for count in (100, 900)),
)


def _quotable(document: Any) -> Iterator[str]:
    """What errors may quote: names of settings and profiles, the provider's, and paths."""
    for name, inner in document.items() if isinstance(document, dict) else ():
        yield name
        if name in {"default", "type"} or name.endswith("_file"):
            yield str(inner)
        yield from _quotable(inner)


def _may_quote(content: bytes) -> bool:
    """Whether damage has made something of a credential that errors may quote."""
    try:
        return CANARY in "\n".join(_quotable(tomllib.loads(content.decode("utf-8-sig"))))
    except (ValueError, RecursionError):
        return False


def test_any_configuration_file_is_a_provider_or_refused_without_its_secret(
    folder: Folder, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def check(content: bytes) -> None:
        folder.config.write_bytes(content)
        judged(
            tally,
            lambda: build(resolve(config=folder.config, environ={}), environ={}),
            may_quote=_may_quote(content),
        )

    every(files(), size(short=120, full=8_000), check)
    record_property("fuzzed config", dict(tally.figures))
    tally.assert_teeth()


_LIKELY: Final[Mapping[str, Any]] = {
    "sender": "Shop",
    "batch_size": 10,
    "timeout": 5,
    "bulk_timeout": 0.5,
    "connect_timeout": 1,
    "concurrency": 1,
    "rate": 0.5,
    "max_attempts": 1,
    "response_limit": 1,
    "insecure": True,
    "base_url": "http://127.0.0.1:1",
    "proxy": Secret(f"https://me:{CANARY}@p"),
    "ca_file": None,
}


def mappings() -> st.SearchStrategy[dict[Any, Any]]:
    """Mappings of settings, one to three of which have a value of another kind."""
    near = st.sampled_from([1, 2, 0.5, 5e-324, 1e308, 10**400, True, "Shop", "good", "127.0.0.1"])
    anything = near | near | values() | _odd | st.sampled_from(PATHS)

    def mapping(name: str, spoils: list[tuple[Any, Any]]) -> dict[Any, Any]:
        login = {"devino": {"key": CANARY}, "messente": {"user": "me", "password": CANARY}}[name]
        return {"type": name, **login, **dict(spoils)}

    return st.one_of(
        [
            st.builds(
                mapping,
                st.just(name),
                st.lists(
                    st.sampled_from(list(_LIKELY.items()))
                    | st.tuples(st.sampled_from([*keys, *keys, "type", "url"]), anything)
                    | st.tuples(texts(), anything),
                    min_size=1,
                    max_size=2,
                ),
            )
            for name, keys in SETTINGS.items()
        ]
    )


@pytest.mark.usefixtures("folder")
def test_any_mapping_is_a_provider_or_refused_without_its_secret(
    size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def check(mapping: dict[Any, Any]) -> None:
        judged(tally, lambda: build(resolve(mapping, environ={}), environ={}))

    every(mappings(), size(short=150, full=8_000), check)
    record_property("fuzzed config", dict(tally.figures))
    tally.assert_teeth()


_variables = st.sampled_from(
    [
        *("OMNI_URL", "OMNI_PROFILE", "OMNI_CONFIG", "HOME", "XDG_CONFIG_HOME", "APPDATA"),
        *(f"OMNI_{name}_{each}".upper() for name in PROVIDERS for each in CREDENTIALS),
        *(f"OMNI_{name}_{each}_FILE".upper() for name in PROVIDERS for each in CREDENTIALS),
    ]
)


def test_any_environment_is_a_provider_or_refused_without_its_secret(
    folder: Folder, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()
    folder.config.write_text(
        'default = "shop"\n[profiles.shop]\ntype = "messente"\nuser = "me"\n'
        '[profiles.other]\ntype = "devino"\n'
    )
    right = {"OMNI_CONFIG": str(folder.config), "OMNI_MESSENTE_PASSWORD": CANARY}
    urls = (f"messente://me:{CANARY}@default", f"devino://{CANARY}@[", "messente://me@default")
    texts_of_variables = texts() | st.sampled_from([*PATHS, "other", "shop", *urls])

    def check(case: tuple[dict[str, str], str]) -> None:
        spoils, platform = case
        environ = {**right, **spoils}
        judged(
            tally,
            lambda: build(resolve(environ=environ, platform=platform), environ=environ),
        )

    spoils = st.dictionaries(_variables, texts_of_variables, max_size=3)
    every(
        st.tuples(spoils, st.sampled_from(["linux", "darwin", "win32"])),
        size(short=80, full=5_000),
        check,
    )
    record_property("fuzzed config", dict(tally.figures))
    tally.assert_teeth()
