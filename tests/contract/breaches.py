"""A register of promises and of providers that break them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from omni_common import Capabilities, Channel
from omni_common.testing.features import FEATURES, Feature
from tests.third_party.carrier_pigeon import PigeonProvider

__all__ = ["BREACHES", "Breach", "breaks", "claiming", "claiming_together", "feature"]

P = TypeVar("P", bound=type[PigeonProvider])


@frozen
class Breach:
    """A provider that breaks what one test of the contract holds it to."""

    provider: type[PigeonProvider]
    test: str
    because: str
    """What the failure says, as a regular expression."""
    arguments: tuple[Any, ...] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.provider.__name__}-{self.test}"


BREACHES: list[Breach] = []


def breaks(test: str, *arguments: object, because: str) -> Callable[[P], P]:
    """Register a provider for the test that has to catch it."""

    def register(provider: P) -> P:
        BREACHES.append(Breach(provider, test, because, arguments))
        return provider

    return register


def claiming(channel: Channel = Channel.SMS, **changes: Any) -> Capabilities:
    """The capabilities of pigeons, with other claims for one channel."""
    true = PigeonProvider("keeper", "coo").capabilities
    claims = evolve(true.channels[channel], **changes)
    return evolve(true, channels={**true.channels, channel: claims})


def claiming_together(**changes: Any) -> Capabilities:
    """The capabilities of pigeons, with other claims for every channel of a cascade."""
    true = PigeonProvider("keeper", "coo").capabilities
    cascade = {channel: evolve(can, **changes) for channel, can in true.cascade.items()}
    return evolve(true, cascade=cascade)


def feature(field: str) -> Feature:
    """What messages may ask for by that field."""
    return next(each for each in FEATURES if each.field == field)
