"""What was said of each message in the end, held against what the vendor truly took.

Every message has exactly one word: its caller was told, or the log was. A word is an outcome, and
the ledger knows whether it is true.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum, auto

from omni_common.errors import Outcome
from omni_common.history import OUTCOME_LOGGER
from tests.support.faulty_vendor import contradicts

__all__ = ["Law", "Words", "heard"]


class Law(Enum):
    """What a message is owed, beside that no word is untrue and that it is never sent twice."""

    ONE_WORD = auto()
    """Each message has exactly one word."""
    ONE_WORD_ONCE_BEGUN = auto()
    """A signal handler may have raised before a send had taken its first step."""
    STRUCK_TWICE = auto()
    """The second time it may have raised in the middle of a word: that may be missing, or repeated.
    """
    KILLED = auto()
    """The process ended at once."""

    def forgives(self, unsaid: Sequence[int]) -> bool:
        """Whether messages may be without a word that were taken so often."""
        match self:
            case Law.ONE_WORD:
                return not unsaid
            case Law.ONE_WORD_ONCE_BEGUN:
                return list(unsaid) in ([], [0])
            case Law.STRUCK_TWICE:
                return len(unsaid) <= 1
            case Law.KILLED:
                return True


class Words:
    """The words of many messages, by their references, which are their texts too."""

    def __init__(self) -> None:
        self.told: defaultdict[str, list[Outcome]] = defaultdict(list)
        self.recorded: defaultdict[str, list[Outcome]] = defaultdict(list)
        self.happened: Counter[str] = Counter()
        """How many messages ended in which way."""
        self._asked: dict[str, bool] = {}

    def ask(self, reference: str, *, resent: bool = False) -> None:
        """A message is handed over; if it is *resent* in doubt, it may arrive more than once."""
        assert reference not in self._asked
        self._asked[reference] = resent

    def tell(self, reference: str, outcome: Outcome) -> None:
        """The caller of a message is told its outcome."""
        self.told[reference].append(outcome)

    def record(self, reference: str, outcome: Outcome) -> None:
        """The log is told of a message."""
        self.recorded[reference].append(outcome)

    def judge(self, taken: Mapping[str, int], law: Law = Law.ONE_WORD) -> list[str]:
        """What is wrong with the words since the last judgement, where *taken* is the truth."""
        wrongs = list(self._unasked(taken))
        unsaid = {}
        for reference, resent in self._asked.items():
            told, recorded = self.told[reference], self.recorded[reference]
            times = taken.get(reference, 0)
            said = f"told {_names(told)}, recorded {_names(recorded)}, taken {times} times"
            words = [*told, *recorded]
            if not words:
                unsaid[reference] = times
            elif len(set(words) if law is Law.STRUCK_TWICE else words) > 1:
                wrongs.append(f"{reference} has {len(words)} words: {said}")
            elif _is_untrue(words[0], times, resent=resent):
                wrongs.append(f"{reference} has an untrue word: {said}")
            self.happened.update(f"told {each}" for each in _names(told))
            self.happened.update(f"recorded {each}" for each in _names(recorded))
        if not law.forgives([*unsaid.values()]):
            wrongs += [f"nobody was told of {each}, taken {unsaid[each]} times" for each in unsaid]
        for each in (self._asked, self.told, self.recorded):
            each.clear()
        return wrongs

    def _unasked(self, taken: Mapping[str, int]) -> Iterator[str]:
        for reference in sorted({*taken, *self.told, *self.recorded} - self._asked.keys()):
            yield f"nobody asked for {reference}"


def _is_untrue(word: Outcome, taken: int, *, resent: bool) -> bool:
    if resent:
        return (word is Outcome.NOT_SENT) == (taken > 0) and word is not Outcome.UNKNOWN
    return contradicts(word, taken)


def _names(outcomes: Iterable[Outcome]) -> list[str]:
    return [outcome.value for outcome in outcomes]


class _Records(logging.Handler):
    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def emit(self, record: logging.LogRecord) -> None:
        fields = vars(record)
        self._words.record(fields["reference"], Outcome(fields["outcome"]))


@contextmanager
def heard() -> Iterator[Words]:
    """Hear what the log is told of messages."""
    words, logger = Words(), logging.getLogger(OUTCOME_LOGGER)
    handler, propagated = _Records(words), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield words
    finally:
        logger.propagate = propagated
        logger.removeHandler(handler)
