"""Ids of messages, lists, contacts, files and tasks, which mean something to Devino alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, TypeGuard

from devino_async.problems import is_text

__all__ = ["is_id", "match_ids", "read_id", "read_rounded_id", "separate_questions", "unmatched"]

_ROUNDABLE = re.compile(r"[1-9][0-9]{15,307}")
"""Whole numbers that a float holds, but not each of them exactly: those have 16 digits or more."""


def is_id(value: object) -> TypeGuard[str]:
    """Whether *value* can be an id of Devino's at all: text that is not blank.

    That is all that is known of them (T19).
    """
    return is_text(value) and not value.isspace()


def read_id(value: Any) -> str | None:
    """An id as text; a whole JSON number other than 0 is taken exactly (T18), all else is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value else None
    return value if is_id(value) else None


def read_rounded_id(value: Any) -> str | None:
    """The same where the id is matched with those asked for, so that it may be a float (T18)."""
    is_whole = isinstance(value, float) and value.is_integer()
    return read_id(int(value) if is_whole else value)


def match_ids(asked: Iterable[str], given: Sequence[str]) -> dict[str, str]:
    """Which of the ids *asked* for each id *given* in an answer stands for.

    Devino writes some ids as JSON numbers, and its own example shows one that went through a float
    (T18). So an id stands for itself if it was asked for, and otherwise for the only id asked for
    that has its value as a float, unless another id given may stand for that one, too. An id that
    stands for none for sure is left out.
    """
    wanted, found = set(asked), set(given)
    unsure = {message_id for ids in _not_told_apart(wanted, given) for message_id in ids}
    exact = (wanted & found) - unsure
    candidates = _by_value(wanted)
    meant = {message_id: message_id for message_id in exact}
    for value, claimants in _by_value(found - wanted).items():
        alike = candidates.get(value, [])
        if len(alike) == len(claimants) == 1 and alike[0] not in exact:
            meant[claimants[0]] = alike[0]
    return meant


def separate_questions(asked: Iterable[str], given: Sequence[str]) -> list[list[str]]:
    """The ids to ask for again, because the ids *given* in an answer do not tell them apart.

    No list holds two ids that have the same value as a float.
    """
    rounds = zip_longest(*_not_told_apart(asked, given))
    return [[message_id for message_id in ids if message_id is not None] for ids in rounds]


def unmatched(asked: Sequence[str], given: Sequence[str]) -> list[str]:
    """The ids *given* that stand for none of those *asked*, not even for one to be asked again."""
    meant = match_ids(asked, given)
    again = _by_value(id for ids in _not_told_apart(asked, given) for id in ids)
    return [id for id in given if id not in meant and not _by_value([id]).keys() & again.keys()]


def _not_told_apart(asked: Iterable[str], given: Sequence[str]) -> list[list[str]]:
    """Ids that are the same as a float, where floats may have been at work.

    They were if an id was not asked for, or is there twice. They may have been if some of those ids
    came back and others did not, since a rounded id may happen to be another one that was asked
    for; but not in an answer that holds an id which no float is written as.
    """
    wanted, times = dict.fromkeys(asked), Counter(given)
    rounded = _by_value(each for each in times if each not in wanted or times[each] > 1)
    came = _by_value(times)
    may_be_rounded = all(_is_written_float(each) for ids in came.values() for each in ids)
    return [
        alike
        for value, alike in _by_value(wanted).items()
        if len(alike) > 1
        and (
            value in rounded
            or (may_be_rounded and value in came and not times.keys() >= set(alike))
        )
    ]


def _is_written_float(id: str) -> bool:
    """Whether *id* may be how a float is written: all its digits, or the first 17 and zeros."""
    return int(float(id)) == int(id) or id.endswith("0" * max(len(id) - 17, 0))


def _by_value(message_ids: Iterable[str]) -> dict[float, list[str]]:
    """The ids that a float might not hold exactly, by the value that it makes of them."""
    values: dict[float, list[str]] = {}
    for message_id in message_ids:
        if _ROUNDABLE.fullmatch(message_id) is not None:
            values.setdefault(float(message_id), []).append(message_id)
    return values
