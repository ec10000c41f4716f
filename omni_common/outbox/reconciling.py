"""Which unknown message is which of those that the vendor lists: only what leaves no doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from attrs import frozen

from omni_common.sent import SentAs, SentMessage

__all__ = ["REACH", "Doubt", "found_again", "periods"]

REACH = timedelta(days=1)
"""How far apart a message and its row may be in time, either way."""
_FIRST, _LAST = (time.replace(tzinfo=UTC) for time in (datetime.min, datetime.max))  # noqa: DTZ901


@frozen
class Doubt:
    """A message of the journal that may have been sent, as far as it is compared.

    ``moments`` are the times at which it may have been. One that is being sent at this moment is
    not ``lost``: nothing is decided about it, but a row may be its.
    """

    id: int
    reference: str
    sent_as: SentAs
    moments: tuple[datetime, ...]
    lost: bool = True

    def reaches(self, row: _Row) -> bool:
        """Whether *row* may be this message, by its time; one without a time may be."""
        return row.at is None or any(abs(row.at - moment) <= REACH for moment in self.moments)


def found_again(
    doubts: Iterable[Doubt], rows: Iterable[SentMessage], claimed: Collection[str]
) -> dict[int, SentMessage]:
    """The row of each lost message that has one for sure, by the message's id.

    That is so where exactly one row that nobody has claimed is equal to it in recipient, channel,
    sender and text and lies within its reach, and within that of no other message equal to it. That
    there is no row proves nothing, and so does a row without a time, or with an id that another row
    has too; but where such a row might be the message's, no other one is for sure.

    Args:
        doubts: All messages that may have been sent, and of which nothing is known.
        rows: What the vendor lists. The same row may come twice.
        claimed: The ids that receipts have already.
    """
    free = _by_likeness(row for row in _told_apart(rows) if row.message.id not in claimed)
    found: dict[int, SentMessage] = {}
    for alike in _alike(doubts):
        candidates = free.get(alike[0].sent_as, ())
        for row in candidates:
            reaching = [doubt for doubt in alike if doubt.reaches(row)]
            if len(reaching) != 1 or row.at is None or not reaching[0].lost:
                continue
            if sum(map(reaching[0].reaches, candidates)) == 1:
                found[reaching[0].id] = row.message
    return found


def periods(moments: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """The times, from and to, in which rows can lie within reach of *moments*; none overlap."""
    found: list[tuple[datetime, datetime]] = []
    for moment in sorted(moments):
        after = moment - REACH if moment - _FIRST > REACH else _FIRST
        before = moment + REACH if _LAST - moment > REACH else _LAST
        if found and after <= found[-1][1]:
            after, _ = found.pop()
        found.append((after, before))
    return found


@frozen
class _Row:
    """A row, and when it was sent if that is certain."""

    message: SentMessage
    at: datetime | None


def _told_apart(rows: Iterable[SentMessage]) -> list[_Row]:
    """*rows* without repetitions; those that contradict another one have no time to go by."""
    distinct = set(rows)
    of_id: dict[str, int] = defaultdict(int)
    for row in distinct:
        of_id[row.id] += 1
    return [_Row(row, row.at if of_id[row.id] == 1 else None) for row in distinct]


def _by_likeness(rows: Iterable[_Row]) -> Mapping[SentAs, list[_Row]]:
    found: dict[SentAs, list[_Row]] = defaultdict(list)
    for row in rows:
        if (likeness := row.message.sent_as) is not None:
            found[likeness].append(row)
    return found


def _alike(doubts: Iterable[Doubt]) -> Iterable[list[Doubt]]:
    """The messages that only their times tell apart, together; each once."""
    groups: dict[SentAs, dict[int, Doubt]] = defaultdict(dict)
    for doubt in doubts:
        groups[doubt.sent_as][doubt.id] = doubt
    return [list(group.values()) for group in groups.values()]
