"""An outbox by configuration: where its journal is, and what it sends over."""

from __future__ import annotations

from pathlib import Path

import pytest

from omni_common import ConfigurationError, Message, Sms, connect
from omni_common.outbox import Outbox
from tests.support.faulty_vendor import FaultyVendor

_PROFILES = """\
default = "kept"

[profiles.shop]
url = "{url}"

[profiles.kept]
type = "outbox"
journal_file = "sends.db"
via = "shop"
rate = 100
overdue = 60

[profiles.scheduled]
url = "outbox:///scheduled%20ones.db?via=shop&hold=false"

[profiles.twice]
type = "outbox"
journal_file = "twice.db"
via = "kept"

[profiles.one]
type = "outbox"
journal_file = "one.db"
via = "other"

[profiles.other]
type = "outbox"
journal_file = "other.db"
via = "one"

[profiles.lost]
type = "outbox"
journal_file = "lost.db"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return _written(tmp_path, monkeypatch, "messente://user:word@127.0.0.1:1/v1?sender=Shop")


def _written(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Path:
    for name in ("OMNI_URL", "OMNI_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    path = folder / "omni.toml"
    path.write_text(_PROFILES.format(url=url))
    monkeypatch.setenv("OMNI_CONFIG", str(path))
    return path


async def test_a_profile_sends_over_another_and_keeps_its_journal_beside_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FaultyVendor("messente") as vendor:
        _written(tmp_path, monkeypatch, vendor.connection_url)
        async with connect() as omni:
            receipt = await omni.send(Message("+37251000000", Sms("Hi")))
        assert receipt.id.startswith("messente:")
        assert vendor.taken() == {"Hi": 1}
    assert (tmp_path / "sends.db").exists()


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("profile", ["kept", "scheduled", "twice"])
def test_profiles_and_urls_describe_outboxes(profile: str) -> None:
    provider = connect(profile=profile)
    assert isinstance(provider, Outbox)
    assert provider.capabilities.provider == "messente"
    assert isinstance(provider.wrapped, Outbox) is (profile == "twice")


async def test_the_path_in_a_url_of_a_profile_is_relative_to_the_configuration(
    config: Path,
) -> None:
    async with connect(profile="scheduled"):
        assert (config.parent / "scheduled ones.db").exists()


@pytest.mark.usefixtures("config")
async def test_a_path_may_be_absolute_or_relative_to_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    for url, journal in (
        ("outbox:///here.db?via=shop", there / "here.db"),
        (f"outbox:///{tmp_path}/elsewhere.db?via=shop", tmp_path / "elsewhere.db"),
    ):
        async with connect(url):
            assert journal.exists()


@pytest.mark.parametrize(
    ("target", "field", "says"),
    [
        ({"url": "outbox:///a.db"}, "via", "name the profile"),
        ({"type": "outbox", "journal_file": "a.db", "via": 1}, "via", "name of one profile"),
        ({"url": "outbox:///a.db?via=shop", "via": "kept"}, "via", "name of one profile"),
        ({"type": "outbox", "via": "shop"}, "journal_file", "missing"),
        ({"url": "outbox:///a.db?via=shp"}, "profile", "shop"),
        ({"url": "outbox:///a.db?via=shop&hld=true"}, "hld", "hold"),
        ({"url": "outbox:///a.db?via=shop&rate=fast"}, "rate", "a number"),
        ({"url": "messente:///a.db"}, "url", "host is missing"),
        ({"url": "messente://user:word@default?via=shop"}, "via", "unknown setting"),
    ],
)
@pytest.mark.usefixtures("config")
def test_what_describes_no_outbox_is_refused(
    target: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        connect(target)
    assert caught.value.field == field


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    ("profile", "field"), [("one", "profiles.one.via"), ("lost", "profiles.lost.via")]
)
def test_a_profile_that_sends_over_itself_or_nothing_is_refused(profile: str, field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(profile=profile)
    assert caught.value.field == field
