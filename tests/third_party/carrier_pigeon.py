"""Messages by carrier pigeon: the smallest whole provider, and a loft in memory as its vendor.

``connect("pigeon://KEEPER:WORD@default?loft=NAME")`` sends from the loft called NAME. The provider
writes the four members that it must; everything else is the default of ``OmniProvider``. What the
loft posts about a pigeon that has come home is read by :data:`ARRIVAL`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

import aiohttp
from attrs import define, evolve, field

from omni_common import (
    AnswerLostError,
    Attempt,
    AuthenticationError,
    CallbackError,
    CancelFailedError,
    Capabilities,
    Channel,
    ChannelCapabilities,
    ConnectionFailedError,
    DeliveryReport,
    DeliveryState,
    Message,
    NotSupportedError,
    OmniError,
    OmniProvider,
    Outcome,
    Part,
    PartReport,
    Priority,
    ReadError,
    Receipt,
    RefusedError,
    Secret,
    UnknownMessageError,
)
from omni_common.callbacks import CallbackArea, callback_objects
from omni_common.exchange import OnUnknown
from omni_common.history import record_interrupted

__all__ = ["ARRIVAL", "Flight", "Loft", "PigeonProvider", "loft"]

E = TypeVar("E", bound=OmniError)

_NAME = "pigeon"
_AREA = "pigeon.arrival"
_NEAR = "http://127.0.0.1:"
_NOTE = ChannelCapabilities(
    cancel=True,
    schedule=True,
    callback=True,
    callback_area=_AREA,
    metadata=True,
    priorities=frozenset({Priority.NORMAL, Priority.HIGH}),
    shortest_ttl=timedelta(minutes=1),
    longest_ttl=timedelta(hours=1),
    longest_text=160,
)
_LETTER = ChannelCapabilities(
    status=False,
    callback=True,
    callback_area=_AREA,
    ttl=False,
    leads=False,
    notes=("A pigeon that carries a letter cannot be asked after.",),
)
_CAPABILITIES = Capabilities(
    provider=_NAME,
    channels={Channel.EMAIL: _LETTER, Channel.SMS: _NOTE},
    cascade={
        Channel.SMS: ChannelCapabilities(
            status=False,
            callback=True,
            callback_area=_AREA,
            priorities=frozenset({Priority.HIGH}),
            longest_ttl=timedelta(minutes=30),
            longest_text=80,
        ),
        Channel.EMAIL: evolve(_LETTER, priorities=frozenset({Priority.HIGH})),
    },
)


# The vendor: what it takes, what it says, and how it fails.


class StrangerError(Exception):
    """The loft does not know who asks."""


class NoPerchError(Exception):
    """The loft will not fly there."""


class FogError(Exception):
    """A pigeon flew, and nobody knows where it is."""


class AwayError(Exception):
    """Nobody is at the loft."""


@define
class Flight:
    """What is under way to somebody: a note, a letter, or a note and a letter if that fails."""

    channels: tuple[Channel, ...]
    to: str
    note: dict[str, Any]
    state: DeliveryState
    report_to: str | None = None

    def report(self, ring: str) -> bytes:
        """What the loft posts when the pigeon is home."""
        channel, state = self.channels[0].value, self.state.value
        return json.dumps({"ring": ring, "channel": channel, "state": state}).encode()


@define
class Loft:
    """Pigeons of one keeper; who flies where, and what they do there, is for tests to set."""

    word: str = "coo"
    is_away: bool = False
    asked: int = 0
    flights: dict[str, Flight] = field(factory=dict)
    without_perch: set[str] = field(factory=set)
    in_fog: set[str] = field(factory=set)
    out_of_sight: set[str] = field(factory=set)
    _rings: count[int] = field(factory=lambda: count(1))

    async def release(self, word: str, flight: Flight) -> str:
        """Let a pigeon fly, and return the number of its ring."""
        self._ask(word)
        if flight.to in self.without_perch:
            raise NoPerchError(f"no perch at {flight.to}")
        ring = f"{'+'.join(flight.channels)}:{next(self._rings)}"
        self.flights[ring] = flight
        if flight.to in self.out_of_sight:
            await asyncio.Event().wait()
        if flight.to in self.in_fog:
            raise FogError(f"fog over {flight.to}")
        return ring

    async def look_for(self, word: str, ring: str) -> DeliveryState | None:
        """How far the pigeon with that ring is; None if it is not of this loft."""
        self._ask(word)
        flight = self.flights.get(ring)
        return None if flight is None else flight.state

    async def call_back(self, word: str, ring: str) -> bool:
        """Keep a pigeon in that was to fly later; whether it is still there."""
        self._ask(word)
        flight = self.flights.get(ring)
        if flight is None or flight.state is not DeliveryState.SCHEDULED:
            return False
        flight.state = DeliveryState.CANCELLED
        return True

    async def arrive(self) -> None:
        """Let every pigeon arrive that is to fly, and post reports to whoever is near."""
        flown = {
            ring: flight
            for ring, flight in self.flights.items()
            if flight.state is not DeliveryState.CANCELLED
        }
        async with aiohttp.ClientSession() as session:
            for ring, flight in flown.items():
                flight.state = DeliveryState.DELIVERED
                if (flight.report_to or "").startswith(_NEAR):
                    body = flight.report(ring)
                    headers = {_SEAL: _seal(body, self.word)}
                    async with session.post(str(flight.report_to), data=body, headers=headers):
                        pass

    def _ask(self, word: str) -> None:
        if self.is_away:
            raise AwayError
        self.asked += 1
        if word != self.word:
            raise StrangerError


_lofts: dict[str, Loft] = {}


def loft(name: str) -> Loft:
    """The loft called *name*; the first to ask builds it."""
    return _lofts.setdefault(name, Loft())


# The provider.


class PigeonProvider(OmniProvider):
    """Sends short notes and letters by carrier pigeon."""

    def __init__(self, user: str, password: Secret | str, *, loft: str = "home") -> None:
        """Prepare; pigeons need no connection.

        Args:
            user: The keeper.
            password: The word by which the keeper calls.
            loft: Which loft to send from.
        """
        self._keeper = user
        self._word = Secret(password)
        self._loft_name = loft

    @property
    def capabilities(self) -> Capabilities:
        """Short notes, followed and called back; and letters, which are not."""
        return _CAPABILITIES

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        """Send one message; see ``OmniProvider.send``."""
        if problems := self.check(message):
            raise problems[0]
        attempts: list[Attempt] = []
        while True:
            attempt = Attempt(len(attempts) + 1, self.clock.now(), sent=True, detail="released")
            attempts.append(attempt)
            try:
                ring = await self._loft.release(self._word.reveal(), self._flight(message))
            except FogError:
                if on_unknown == "raise" or len(attempts) > 1:
                    text = "a pigeon flew and did not come back: look for it before sending another"
                    raise _about(AnswerLostError, text, message, attempts) from None
            except NoPerchError:
                text = "the loft does not fly there; nothing was sent"
                raise _about(RefusedError, text, message, attempts) from None
            except StrangerError:
                text = "the loft does not know the keeper's word; nothing was sent"
                raise _about(AuthenticationError, text, message, attempts) from None
            except AwayError:
                text = "nobody is at the loft; nothing was sent"
                raise _about(ConnectionFailedError, text, message, attempts) from None
            except asyncio.CancelledError:
                record_interrupted(_NAME, message.reference, Outcome.UNKNOWN)
                raise
            else:
                return self._receipt(message, ring, attempts)

    async def status(self, id: str) -> DeliveryReport:
        """How far a pigeon is; see ``OmniProvider.status``."""
        ring = _ring(id, "only a note's pigeon can be asked after; give a callback_url")
        try:
            state = await self._loft.look_for(self._word.reveal(), ring)
        except (AwayError, StrangerError) as error:
            text = f"the loft could not be asked: {type(error).__name__}"
            raise ReadError(text, provider=_NAME) from None
        if state is None:
            raise UnknownMessageError("the loft has no pigeon of this id", provider=_NAME)
        return DeliveryReport.of_parts(id, [PartReport(Channel.SMS, state, ring)])

    async def cancel(self, id: str) -> None:
        """Keep a scheduled pigeon in; see ``OmniProvider.cancel``."""
        ring = _ring(id, "only a note is ever held back; hold a letter yourself until its time")
        try:
            kept = await self._loft.call_back(self._word.reveal(), ring)
        except (AwayError, StrangerError) as error:
            text = f"the loft could not be asked: {type(error).__name__}"
            raise CancelFailedError(text, provider=_NAME) from None
        if not kept:
            raise CancelFailedError("the pigeon has flown, or is not ours", provider=_NAME)

    @property
    def _loft(self) -> Loft:
        return loft(self._loft_name)

    def _flight(self, message: Message) -> Flight:
        note = {
            "texts": [(content.text, content.ttl) for content in message.content],
            "send_at": message.send_at,
            "metadata": message.metadata,
            "callback_url": message.callback_url,
            "priority": message.priority,
            **(message.extra or {}).get(_NAME, {}),
        }
        scheduled = message.send_at is not None
        state = DeliveryState.SCHEDULED if scheduled else DeliveryState.SENDING
        to, report_to = _recipient(message), message.callback_url
        return Flight(message.channels, to, note, state, report_to)

    def _receipt(self, message: Message, ring: str, attempts: list[Attempt]) -> Receipt:
        return Receipt(
            id=f"{_NAME}:{ring}",
            provider=_NAME,
            reference=message.reference,
            to=_recipient(message),
            parts=tuple(Part(each.channel, sender=each.sender) for each in message.content),
            attempts=tuple(attempts),
        )


def _recipient(message: Message) -> str:
    is_letter = message.channels == (Channel.EMAIL,)
    return (message.email if is_letter else message.phone) or ""


def _ring(id: str, unsupported: str) -> str:
    """The ring in an id of ours, if pigeons of its kind can be asked after."""
    name, _, ring = id.partition(":")
    if name != _NAME or not ring:
        raise UnknownMessageError("ids of pigeons begin with pigeon:", provider=_NAME)
    if ring.partition(":")[0] in {"email", "sms+email"}:
        raise NotSupportedError(unsupported, provider=_NAME)
    return ring


def _about(kind: type[E], text: str, message: Message, attempts: list[Attempt]) -> E:
    return kind(text, provider=_NAME, reference=message.reference, attempts=attempts)


# The reports.

_SEAL = "X-Loft-Seal"


def _seal(body: bytes, word: str) -> str:
    return hmac.new(word.encode(), body, "sha256").hexdigest()


def _read(body: bytes) -> Sequence[DeliveryReport]:
    return [_arrived(each, body) for each in callback_objects(body, provider=_NAME)]


def _arrived(said: dict[str, Any], body: bytes) -> DeliveryReport:
    try:
        state = DeliveryState(said["state"])
        part = PartReport(Channel(said["channel"]), state, raw_state=said["state"])
        return DeliveryReport.of_parts(f"{_NAME}:{said['ring']}", [part], raw=said)
    except (KeyError, TypeError, ValueError):
        raise CallbackError("this is no report of a loft", provider=_NAME, raw=body) from None


ARRIVAL = CallbackArea(name=_AREA, read=_read, signature_header=_SEAL, sign=_seal)
"""What a loft posts when a pigeon is home, sealed with the keeper's word."""
