"""All that is known of one message, put together from what comes late, twice and in any order.

A vendor repeats and reorders what it posts (T60), a post may come before the send has returned,
and asking for the status tells the same again. So what is known of a message only ever grows:
merging is commutative, associative and idempotent, and whatever was said, in whatever order and
however often, ends in the same :class:`Track`. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from omni_common.message import Channel
from omni_common.receipt import Receipt
from omni_common.redaction import shown_keys
from omni_common.report import (
    DeliveryFault,
    DeliveryReport,
    DeliveryState,
    PartReport,
    Price,
    overall_state,
)

__all__ = ["Statement", "Track", "reference_key"]

T = TypeVar("T")

_UNKNOWN = "unknown"
"""The channel of a part where the vendor names none."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECEIPTS = 2
"""Ids of receipts that are kept: whether there is one, or more than one, is all that matters."""


@frozen(kw_only=True)
class Statement:
    """What a status answer said of a message as a whole, beyond what it said of channels.

    Attributes:
        channels: Of how many channels, none of them named, it was said; 0 where it was said of the
            message itself.
        part: What was said.
    """

    channels: int
    part: PartReport


@frozen(kw_only=True)
class Track:
    """What is known of one message; what it makes of the message is :meth:`report`.

    It holds no raw answers, no phone numbers and no content. Everything in it is text, a number, a
    time or an enum, so that it can be pickled, or written as JSON.

    Attributes:
        id: The message's id, as receipts or reports name it.
        reference: The message's reference.
        receipts: The ids of the receipts that were merged; of more than two, the first two.
        heard: Whether anything else than a receipt was merged.
        order: All channels in the order tried; empty while nobody has said so.
        parts: What is known of each channel, in the alphabetical order of their names. Those of the
            channel ``unknown`` are what was said of channels that were not named: one for each id
            of a part, and one without an id.
        statements: What was said of the message as a whole.
    """

    id: str = ""
    reference: str | None = None
    receipts: tuple[str, ...] = ()
    heard: bool = False
    order: tuple[Channel | str, ...] = field(default=(), repr=shown_keys)
    parts: tuple[PartReport, ...] = ()
    statements: tuple[Statement, ...] = ()

    @classmethod
    def of_receipt(cls, receipt: Receipt) -> Track:
        """What the receipt of an accepted message tells: its channels, and nothing of them yet."""
        parts = [
            PartReport(_channel(part.channel), DeliveryState.ACCEPTED, id=part.id)
            for part in receipt.parts
        ]
        return cls(
            id=receipt.id,
            reference=receipt.reference or None,
            receipts=(receipt.id,),
            order=_order(part.channel for part in parts),
            parts=_united(parts, _key, _joined),
        )

    @classmethod
    def of_report(cls, report: DeliveryReport) -> Track:
        """What a status answer tells, or what a vendor posted."""
        parts = [_cleaned(part) for part in report.parts]
        if report.partial and not parts:
            parts = [_overall(report)]
        orders = [_order(map(_channel, report.channels))]
        if not report.partial:
            orders.append(_order(part.channel for part in parts))
        return cls(
            id=report.id,
            reference=report.reference or None,
            heard=True,
            order=max(orders, key=_length),
            parts=_united(parts, _key, _joined),
            statements=() if report.partial else _statements(report, parts),
        )

    def merged(self, other: Track) -> Track:
        """Everything that the two know."""
        return Track(
            id=max(self.id, other.id),
            reference=_greater(self.reference, other.reference),
            receipts=tuple(sorted({*self.receipts, *other.receipts})[:_RECEIPTS]),
            heard=self.heard or other.heard,
            order=max(self.order, other.order, key=_length),
            parts=_united((*self.parts, *other.parts), _key, _joined),
            statements=_united(
                (*self.statements, *other.statements), lambda said: said.channels, _agreed
            ),
        )

    def report(self) -> DeliveryReport:
        """Where the message is.

        Channels that nothing was heard of are ACCEPTED where it is known that there are such, so
        that the failure of those before them is not the message's (T59). Where the channels are not
        known, the report of a failure is ``partial``: another channel may follow. A late DELIVERED
        wins over any failure, and READ and CLICKED over it (T61).

        What was said of a channel without its name is said of the part with the same id, if one has
        it, or of the only channel of a message that has one. Otherwise it may show that the message
        goes on or has arrived, and ends nothing.
        """
        whole = self._whole()
        parts, unnamed = self._parts()
        if len(parts) == len(self.order) == 1:
            said = [each for each in (unnamed, whole) if each is not None]
            parts = [evolve(reduce(_joined, said, parts[0]), channel=parts[0].channel)]
            report = self._derived(parts, None)
        else:
            report = self._derived(parts, unnamed)
            if whole is not None and (not report.parts or whole.state.rank > report.state.rank):
                report = _decided_by(whole, report)
        ends = bool(self.order) or (whole is not None and whole.state.is_final)
        return evolve(
            report,
            reference=self.reference,
            partial=bool(report.parts) and not ends,
            channels=self.order,
        )

    def _parts(self) -> tuple[list[PartReport], PartReport | None]:
        """The channels in the order tried, others behind them; and what was said of none."""
        named = {_name(part): part for part in self.parts if part.channel != _UNKNOWN}
        by_id = _names_by_id(named.values())
        unnamed = None
        for part in self.parts:
            if part.channel != _UNKNOWN:
                continue
            name = by_id.get(part.id)
            if name is not None:
                known = named[name]
                named[name] = evolve(_joined(known, part), channel=known.channel)
            else:
                unnamed = part if unnamed is None else _joined(unnamed, part)
        in_order = [
            named.pop(str(channel), PartReport(channel, DeliveryState.ACCEPTED))
            for channel in self.order
        ]
        return [*in_order, *named.values()], unnamed

    def _derived(self, parts: list[PartReport], unnamed: PartReport | None) -> DeliveryReport:
        """What the parts make of the message."""
        id = self.receipts[0] if self.receipts else self.id
        if unnamed is not None and not self.order:
            parts, unnamed = [unnamed, *parts], None
        if not parts:
            return DeliveryReport(id, DeliveryState.ACCEPTED)
        report = DeliveryReport.of_parts(id, parts)
        if unnamed is None:
            return report
        goes_on = not (unnamed.state.is_final or report.state.is_final)
        if goes_on or unnamed.state.has_arrived:
            report = DeliveryReport.of_parts(id, [*parts, unnamed])
        return evolve(report, parts=(*parts, unnamed))

    def _whole(self) -> PartReport | None:
        """What was said of all channels, as far as these are known now."""
        said = [
            statement.part
            for statement in self.statements
            if not statement.channels or statement.channels >= len(self.order)
        ]
        return reduce(_joined, said) if said else None


def reference_key(provider: str, reference: str) -> str:
    """The key that a message's track has by its reference, as its id is no reference's."""
    return f"{provider} reference {reference}"


def _statements(report: DeliveryReport, parts: list[PartReport]) -> tuple[Statement, ...]:
    """What a report of all channels says that its parts, kept by channel, do not say.

    Its parts may be the first channels only, as the vendor had no word of those to come; then a
    failure is not the message's. But a message that was taken back is taken back with all of them.
    """
    if not parts or report.state is DeliveryState.CANCELLED:
        return (Statement(channels=0, part=_overall(report)),)
    if report.state is not overall_state([part.state for part in parts]):
        return (Statement(channels=0, part=_overall(report)),)
    if _order(part.channel for part in parts):
        return ()
    return (Statement(channels=len(parts), part=_overall(report)),)


def _overall(report: DeliveryReport) -> PartReport:
    """The overall state of a report, as if it were a channel's."""
    channel = report.channel or _UNKNOWN
    return _cleaned(
        PartReport(channel, report.state, at=report.at, error=report.error, price=report.price)
    )


def _decided_by(part: PartReport, report: DeliveryReport) -> DeliveryReport:
    return evolve(
        report,
        state=part.state,
        channel=None if part.channel == _UNKNOWN else part.channel,
        at=part.at,
        error=part.error,
        price=part.price,
    )


# How two sayings become one. Each is a maximum over a total order, or made of such.


def _joined(one: PartReport, other: PartReport) -> PartReport:
    """What two reports of one channel say together: the state that is further along decides.

    Of two with the same state the earlier time counts, which is when the channel got there. Ids and
    prices are kept whatever the state, since a vendor gives them at any time.
    """
    first, last = sorted((one, other), key=lambda part: part.state.rank)
    if first.state is last.state:
        timed = max(first, last, key=_earliness)
        last = PartReport(
            channel=max(first.channel, last.channel),
            state=last.state,
            raw_state=_greater(first.raw_state, last.raw_state),
            at=timed.at,
            raw_at=timed.raw_at,
            error=_greater(first.error, last.error, key=_fault_order),
        )
    return evolve(
        last,
        id=_greater(one.id, other.id),
        price=_greater(one.price, other.price, key=_price_order),
    )


def _agreed(one: Statement, other: Statement) -> Statement:
    return evolve(one, part=_joined(one.part, other.part))


def _united(
    items: Iterable[T], key: Callable[[T], Any], join: Callable[[T, T], T]
) -> tuple[T, ...]:
    """One item for each key, in the order of the keys."""
    found: dict[Any, T] = {}
    for item in items:
        name = key(item)
        found[name] = join(found[name], item) if name in found else item
    return tuple(found[name] for name in sorted(found))


def _greater(one: T | None, other: T | None, key: Any = None) -> T | None:
    return max((each for each in (one, other) if each is not None), key=key, default=None)


def _name(part: PartReport) -> str:
    return str(part.channel)


def _key(part: PartReport) -> tuple[str, str]:
    """A channel is known by its name; what was said of none, by the id of its part."""
    return _name(part), (part.id or "") if part.channel == _UNKNOWN else ""


def _names_by_id(parts: Iterable[PartReport]) -> dict[str | None, str]:
    """The name of the channel that has an id of a part, where only one has it."""
    found: dict[str | None, set[str]] = {}
    for part in parts:
        if part.id:
            found.setdefault(part.id, set()).add(_name(part))
    return {id: min(names) for id, names in found.items() if len(names) == 1}


def _length(order: tuple[Channel | str, ...]) -> tuple[int, tuple[str, ...]]:
    """Who names more channels knows more; else any order that is always the same."""
    return len(order), tuple(map(str, order))


def _earliness(part: PartReport) -> tuple[bool, timedelta, bool, str]:
    since = timedelta() if part.at is None else _EPOCH - part.at
    return part.at is not None, since, part.raw_at is not None, part.raw_at or ""


def _fault_order(fault: DeliveryFault) -> tuple[bool, str, bool, str]:
    return fault.code is not None, fault.code or "", fault.text is not None, fault.text or ""


def _price_order(price: Price) -> tuple[Any, ...]:
    """Any order of prices; the texts tell amounts apart that are equal and look otherwise."""
    return (
        price.total,
        *(
            (value is not None, str(value))
            for value in (price.total, price.per_segment, price.segments, price.currency)
        ),
    )


# What comes in is made fit for that.


def _cleaned(part: PartReport) -> PartReport:
    """*part* without a time that cannot be compared, nor a price that is no amount."""
    is_aware = part.at is not None and part.at.utcoffset() is not None
    return evolve(
        part,
        channel=_channel(part.channel),
        at=part.at if is_aware else None,
        price=None if part.price is None else _amount(part.price),
    )


def _amount(price: Price) -> Price | None:
    """*price* as far as it is an amount: what is none is not even equal to itself."""
    if not price.total.is_finite():
        return None
    each = price.per_segment
    return evolve(price, per_segment=each if each is not None and each.is_finite() else None)


def _channel(name: Channel | str | None) -> Channel | str:
    return Channel.known(name) if name else _UNKNOWN


def _order(channels: Iterable[Channel | str]) -> tuple[Channel | str, ...]:
    """*channels* as an order of them; none if they are not all named, each once."""
    order = tuple(channels)
    is_clear = len(set(order)) == len(order) and _UNKNOWN not in order
    return order if is_clear else ()
