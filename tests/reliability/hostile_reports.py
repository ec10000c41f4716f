"""Reports, receipts and messages with parts that nobody means well with, of the right types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from omni_common.message import Channel
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryFault, DeliveryReport, DeliveryState, PartReport, Price
from tests.reliability.hostile_json import texts, values

__all__ = ["moments", "parts", "receipts", "reports", "words"]

_ZONES: Final = (UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=23, minutes=59)))
_MOMENTS: Final = (
    datetime.min.replace(tzinfo=_ZONES[1]),
    datetime.max.replace(tzinfo=_ZONES[2]),
    datetime.max,  # noqa: DTZ901 - without a zone, as some vendors have it
    datetime(2026, 10, 25, 2, 30, fold=1),  # noqa: DTZ001
)
_AMOUNTS: Final = ("NaN", "sNaN", "Infinity", "-0", "1", "1.0", "1E+2", "100", "1e999999", "-5")


def words() -> st.SearchStrategy[str | None]:
    """A vendor's words, ids and references."""
    return st.none() | texts() | st.sampled_from(["unknown", "a", "b"])


def moments() -> st.SearchStrategy[datetime | None]:
    """Times, at the ends of the calendar too, and some without a zone."""
    zoned = st.datetimes(timezones=st.sampled_from(_ZONES))
    return st.none() | st.sampled_from(_MOMENTS) | zoned


_channels = st.sampled_from([*Channel, "sms", "unknown", "", "rcs"]) | texts()
_amounts = st.sampled_from(_AMOUNTS).map(Decimal) | st.decimals()
_prices = st.builds(
    Price,
    _amounts,
    st.none() | _amounts,
    st.none() | st.integers() | st.sampled_from([10**4_000]),
    words(),
)
_faults = st.none() | st.builds(DeliveryFault, words(), words())


def parts() -> st.SearchStrategy[PartReport]:
    """What is said of one channel."""
    return st.builds(
        PartReport,
        _channels,
        st.sampled_from(DeliveryState),
        id=words(),
        raw_state=words(),
        at=moments(),
        raw_at=words(),
        error=_faults,
        price=st.none() | _prices,
    )


def receipts() -> st.SearchStrategy[Receipt]:
    """Receipts of accepted messages."""
    return st.builds(
        Receipt,
        texts(),
        texts(),
        texts(),
        texts(),
        st.lists(st.builds(Part, _channels, words(), words()), max_size=3).map(tuple),
        raw=values(),
    )


def reports() -> st.SearchStrategy[DeliveryReport]:
    """Reports, whose overall state may contradict their parts."""
    several = st.lists(parts(), max_size=3).map(tuple)
    data: dict[str, Any] = {
        "channel": st.none() | _channels,
        "at": moments(),
        "error": _faults,
        "price": st.none() | _prices,
        "parts": several,
        "raw": values(),
        "reference": words(),
        "partial": st.booleans(),
        "channels": st.lists(_channels, max_size=3).map(tuple),
        "provider": words(),
        "area": words(),
    }
    derived = st.builds(
        DeliveryReport.of_parts, texts(), st.lists(parts(), min_size=1, max_size=3), raw=values()
    )
    return derived | st.builds(DeliveryReport, texts(), st.sampled_from(DeliveryState), **data)
