"""Errors of making a client, a provider or a receiver hold no credential, in their frames either.

What is wrong with a setting shows when a program starts, and what it raises is not caught there: a
crash reporter takes it, with the local variables of each frame.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import pytest

import devino_async.sync
import messente_async.sync
from devino_async import DevinoClient, DevinoProvider
from messente_async import MessenteClient, MessenteProvider
from omni_common import OmniError, connect, sync
from omni_common.callbacks import CallbackReceiver
from omni_common.settings import TransportOptions, TransportSettings
from tests.reliability.planted_commands import FILES, WRONG_URLS, write_files
from tests.support.canaries import (
    CREDENTIAL,
    PROXY_PASSWORD,
    QUOTED,
    TOKEN,
    found_in,
)
from tests.support.exposure import searching, shown_of, shown_of_error
from tests.support.figures import RecordProperty

Make = Callable[..., object]

CONNECTS: Mapping[str, Make] = {"async": connect, "blocking": sync.connect}
MESSENTE: Mapping[str, Make] = {
    "provider": MessenteProvider,
    "client": MessenteClient,
    "blocking client": messente_async.sync.MessenteClient,
}
DEVINO: Mapping[str, Make] = {
    "provider": DevinoProvider,
    "client": DevinoClient,
    "blocking client": devino_async.sync.DevinoClient,
}
WRONG: Mapping[str, Mapping[str, Any]] = {
    "number": {"timeout": -1},
    "unknown": {"pasword": CREDENTIAL},
    "proxy": {"proxy": f"socks5://user:{PROXY_PASSWORD}@127.0.0.1"},
    "plain proxy": {"proxy": f"http://user:{PROXY_PASSWORD}@proxy.example"},
    "address": {"base_url": f"http://user:{QUOTED}@127.0.0.1"},
    "plain": {"base_url": "http://shop.example", "proxy": f"http://u:{PROXY_PASSWORD}@[::1]"},
    "file": {"ca_file": "/nowhere", "proxy": f"http://u:{PROXY_PASSWORD}@[::1]"},
}
each_way = pytest.mark.parametrize("make", CONNECTS.values(), ids=list(CONNECTS))


def refused(make: Callable[[], object]) -> OmniError:
    with pytest.raises(OmniError) as error:
        make()
    return error.value


@each_way
def test_no_wrong_url_is_shown(
    make: Make, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        for url in WRONG_URLS:
            search.look_at_all(shown_of_error(refused(partial(make, url))), of=url)
            search.look_at_all(shown_of_error(refused(partial(make, {"url": url}))))
            monkeypatch.setenv("OMNI_URL", url)
            search.look_at_all(shown_of_error(refused(make)))


@each_way
@pytest.mark.parametrize("name", FILES)
def test_no_wrong_file_is_shown(
    make: Make, name: str, tmp_path: Path, record_property: RecordProperty
) -> None:
    write_files(tmp_path)
    with searching(record_property) as search:
        try:
            search.look_at_all(shown_of(make(profile="shop", config=tmp_path / name)))
        except OmniError as error:
            search.look_at_all(shown_of_error(error))


@each_way
@pytest.mark.parametrize("vendor", ["messente", "devino"])
def test_no_credential_of_the_environment_is_shown(
    make: Make, vendor: str, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty
) -> None:
    monkeypatch.setenv("OMNI_MESSENTE_PASSWORD", CREDENTIAL)
    monkeypatch.setenv("OMNI_DEVINO_PASSWORD", CREDENTIAL)
    assert CREDENTIAL in repr(os.environ)  # as a local variable would show it
    with searching(record_property) as search:
        search.look_at_all(shown_of_error(refused(partial(make, f"{vendor}://default"))))


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
@pytest.mark.parametrize("make", MESSENTE.values(), ids=list(MESSENTE))
def test_no_argument_of_messentes_is_shown(
    make: Make, wrong: Mapping[str, Any], record_property: RecordProperty
) -> None:
    with searching(record_property) as search:
        for login in (("user", CREDENTIAL), ("us:er", CREDENTIAL), ("", CREDENTIAL)):
            search.look_at_all(shown_of_error(refused(partial(make, *login, **wrong))))
        search.look_at_all(shown_of_error(refused(partial(make, "user", f"{CREDENTIAL}\ud800"))))


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
@pytest.mark.parametrize("make", DEVINO.values(), ids=list(DEVINO))
def test_no_argument_of_devinos_is_shown(
    make: Make, wrong: Mapping[str, Any], record_property: RecordProperty
) -> None:
    logins: list[dict[str, str]] = [
        {"key": CREDENTIAL},
        {"login": "login", "password": CREDENTIAL},
        {"key": CREDENTIAL, "password": CREDENTIAL},
        {"key": f"{CREDENTIAL}ä"},
        {"login": "lo:gin", "password": CREDENTIAL},
    ]
    with searching(record_property) as search:
        for login in logins:
            search.look_at_all(shown_of_error(refused(partial(make, **login, **wrong))))
        for login in logins[2:]:
            search.look_at_all(shown_of_error(refused(partial(make, **login))))


def test_no_argument_of_a_wrong_number_of_them_is_shown(record_property: RecordProperty) -> None:
    with searching(record_property) as search:
        for make in (*MESSENTE.values(), *CONNECTS.values(), CallbackReceiver):
            with pytest.raises(TypeError) as misused:
                make("user", CREDENTIAL, "more", secret=TOKEN)
            search.look_at_all(shown_of_error(misused.value))


def test_a_canary_in_a_frame_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def bare(*_: object, **options: Unpack[TransportOptions]) -> None:
        TransportSettings.from_options(options, base_url="https://a.example")

    monkeypatch.setattr(MessenteClient, "__init__", bare)
    error = refused(lambda: MessenteClient("user", "password", proxy=PROXY_PASSWORD))
    assert any(found_in(text) for _, text in shown_of_error(error))
