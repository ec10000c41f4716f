"""A provider of another distribution is found by its entry point and keeps the contract."""

from __future__ import annotations

from types import ModuleType
from urllib.parse import quote

import pytest

from omni_common import ConfigurationError, Message, OmniProvider, Sms, connect, sync
from omni_common.registry import provider_names
from tests.contract.pigeons import PigeonContract


class TestCarrierPigeonContract(PigeonContract):
    @pytest.fixture(autouse=True)
    def installed(self, installed_pigeons: ModuleType) -> None:
        self.pigeons = installed_pigeons

    def open(self, word: str, loft: str) -> OmniProvider:
        return connect(f"pigeon://keeper:{quote(word)}@default?loft={quote(loft)}")


def test_the_installed_provider_stands_beside_the_others(installed_pigeons: ModuleType) -> None:
    assert {"devino", "messente", "pigeon"} <= set(provider_names())
    assert type(connect("pigeon://keeper:coo@default")) is installed_pigeons.PigeonProvider


@pytest.mark.usefixtures("installed_pigeons")
async def test_the_url_sets_the_options_that_the_constructor_names() -> None:
    message = Message("+37251000000", Sms("Hi"))
    async with connect("pigeon://keeper:coo@default?loft=attic") as attic:
        receipt = await attic.send(message)
        assert (await attic.status(receipt.id)).id == receipt.id
    async with connect({"type": "pigeon", "user": "keeper", "password": "coo"}) as home:
        await home.send(message)


def test_the_blocking_connect_finds_it_too(installed_pigeons: ModuleType) -> None:
    with sync.connect("pigeon://keeper:coo@default?loft=cellar") as omni:
        receipt = omni.send(Message("+37251000000", Sms("Hi")))
    assert list(installed_pigeons.loft("cellar").flights) == [receipt.id.removeprefix("pigeon:")]


@pytest.mark.usefixtures("installed_pigeons")
def test_a_credential_left_out_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigurationError, match="OMNI_PIGEON_PASSWORD"):
        connect("pigeon://keeper@default")
    monkeypatch.setenv("OMNI_PIGEON_PASSWORD", "coo")
    assert connect("pigeon://keeper@default").capabilities.provider == "pigeon"


@pytest.mark.usefixtures("installed_pigeons")
@pytest.mark.parametrize(
    ("url", "field", "says"),
    [
        ("pigoen://keeper:coo@default", "pigoen", "pigeon"),
        ("pigeon://keeper:coo@default?lfot=attic", "lfot", "loft"),
        ("pigeon://keeper:coo@127.0.0.1:4010", "base_url", "default"),
    ],
)
def test_a_wrong_url_gets_an_error_that_says_what_would_be_right(
    url: str, field: str, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        connect(url)
    assert caught.value.field == field
    assert "coo" not in str(caught.value)


def test_without_the_distribution_there_is_no_such_provider() -> None:
    with pytest.raises(ConfigurationError, match="devino"):
        connect("pigeon://keeper:coo@default")
