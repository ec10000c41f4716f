"""Tracks as the journal keeps them: JSON that says all that the track says, and its version.

Nothing is left out and nothing made fit, not even half characters: what is merged with a track that
was read again must end as it would with the one that was written.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from types import NoneType
from typing import Any

from omni_common.clock import read_time
from omni_common.message import Channel
from omni_common.outbox.plain import (
    MISSHAPEN,
    Document,
    DocumentError,
    list_of,
    of_kind,
    optional_text,
    read_object,
    seconds,
    text_of,
)
from omni_common.report import DeliveryFault, DeliveryState, PartReport, Price
from omni_common.track import Statement, Track

__all__ = ["read_track", "track_document", "track_text"]

_VERSION = 1


def track_document(track: Track) -> Document:
    """*track* as plain values."""
    return {
        "version": _VERSION,
        "id": track.id,
        "reference": track.reference,
        "receipts": list(track.receipts),
        "heard": track.heard,
        "order": [str(channel) for channel in track.order],
        "parts": [_part_document(part) for part in track.parts],
        "statements": [[each.channels, _part_document(each.part)] for each in track.statements],
    }


def track_text(track: Track) -> str:
    """*track* as it is written down, in ASCII: only so there is a way to write half a character."""
    return json.dumps(track_document(track), allow_nan=False, separators=(",", ":"))


def read_track(text: str) -> Track:
    """The track that was written as *text*.

    Raises:
        DocumentError: It is none, or one of a newer version.
    """
    document = read_object(text)
    try:
        version = of_kind(document["version"], int)
        if version == _VERSION:
            return _read(document)
    except MISSHAPEN:
        version = None
    if version is not None and version > _VERSION:
        raise DocumentError(
            "what stands there was written by a newer version of this library; upgrade omni-async"
        )
    raise DocumentError("what stands there is no track")


def _read(document: Document) -> Track:
    return Track(
        id=text_of(document["id"]),
        reference=optional_text(document["reference"]),
        receipts=tuple(text_of(each) for each in list_of(document["receipts"])),
        heard=of_kind(document["heard"], bool),
        order=tuple(Channel.known(text_of(each)) for each in list_of(document["order"])),
        parts=tuple(_read_part(each) for each in list_of(document["parts"])),
        statements=tuple(_read_statement(each) for each in list_of(document["statements"])),
    )


def _read_statement(statement: object) -> Statement:
    channels, part = list_of(statement)
    return Statement(channels=of_kind(channels, int), part=_read_part(part))


def _part_document(part: PartReport) -> Document:
    return {
        "channel": str(part.channel),
        "state": part.state.value,
        "id": part.id,
        "raw_state": part.raw_state,
        "at": None if part.at is None else _time_document(part.at),
        "raw_at": part.raw_at,
        "error": None if part.error is None else [part.error.code, part.error.text],
        "price": None if part.price is None else _price_document(part.price),
    }


def _read_part(part: Any) -> PartReport:
    at, error, price = part["at"], part["error"], part["price"]
    return PartReport(
        Channel.known(text_of(part["channel"])),
        DeliveryState(text_of(part["state"])),
        id=optional_text(part["id"]),
        raw_state=optional_text(part["raw_state"]),
        at=None if at is None else _read_time(at),
        raw_at=optional_text(part["raw_at"]),
        error=None if error is None else _read_fault(error),
        price=None if price is None else _read_price(price),
    )


def _time_document(at: datetime) -> list[Any]:
    """A time and its offset in seconds; written as one, Python reads some offsets as none."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("the times of a track have an offset")
    return [at.replace(tzinfo=None).isoformat(), offset.total_seconds()]


def _read_time(time: object) -> datetime:
    text, offset = list_of(time)
    local = read_time(text_of(text))
    if local.tzinfo is not None:
        raise ValueError("an offset beside the offset")
    return local.replace(tzinfo=timezone(seconds(offset)))


def _read_fault(fault: object) -> DeliveryFault:
    code, text = list_of(fault)
    return DeliveryFault(optional_text(code), optional_text(text))


def _price_document(price: Price) -> list[Any]:
    each = price.per_segment
    return [str(price.total), None if each is None else str(each), price.segments, price.currency]


def _read_price(price: object) -> Price:
    total, each, segments, currency = list_of(price)
    return Price(
        _amount(total),
        None if each is None else _amount(each),
        of_kind(segments, int, NoneType),
        optional_text(currency),
    )


def _amount(value: object) -> Decimal:
    amount = Decimal(text_of(value))
    if not amount.is_finite():
        raise ValueError("an amount that is none")
    return amount
