"""The audit: what the client said of each message, against what the vendor truly took."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import define, field

from omni_common import Accepted, Message, Outcome, SendOutcome
from tests.reliability.vendor_process import Taken

__all__ = ["Audit"]

_MARK: Final = re.compile(r"#\w+#")


@define
class _Group:
    """Messages that nothing tells apart but their references; mostly a single one."""

    outcomes: list[SendOutcome] = field(factory=list)
    taken: list[Taken] = field(factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(each.outcome is outcome for each in self.outcomes)

    def most(self, *, resends: bool) -> int:
        """How many of them the vendor may have taken at most."""
        possible = [each for each in self.outcomes if each.outcome is not Outcome.NOT_SENT]
        return sum(map(_departures, possible)) if resends else len(possible)


class Audit:
    """Compares *outcomes*, one for each of *messages* in their order, with what was *taken*.

    With *resends*, a message may have been taken as often as it left; otherwise at most once.

    Attributes:
        figures: How many messages ended in which way.
        violations: Every contradiction, in words.
    """

    def __init__(
        self,
        messages: Sequence[Message],
        outcomes: Sequence[SendOutcome],
        taken: Sequence[Taken],
        *,
        resends: bool = False,
    ) -> None:
        self._messages = messages
        self._outcomes = outcomes
        self._taken = taken
        self._resends = resends
        self._groups: dict[tuple[str, str], _Group] = defaultdict(_Group)
        for outcome in outcomes:
            self._groups[_key_of(outcome.message)].outcomes.append(outcome)
        for entry in taken:
            self._groups[_mark(entry.text), _plain(entry.to)].taken.append(entry)
        self.violations = [*self._out_of_order(), *self._receipts(), *self._counts()]
        self.figures = self._figures()

    def _out_of_order(self) -> Iterator[str]:
        """Whether each message has its one outcome, in its place."""
        if len(self._outcomes) != len(self._messages):
            yield f"{len(self._outcomes)} outcomes of {len(self._messages)} messages"
        pairs = zip(self._messages, self._outcomes, strict=False)
        for place, (message, outcome) in enumerate(pairs):
            if outcome.message is not message:
                yield f"the outcome at {place} is another message's"
                return

    def _receipts(self) -> Iterator[str]:
        """Whether each receipt names something that was taken, and nobody else's."""
        by_id = {entry.id: entry for entry in self._taken}
        if len(by_id) != len(self._taken):
            yield "the vendor gave one id twice"
        for outcome in self._outcomes:
            if not isinstance(outcome, Accepted):
                continue
            receipt, message = outcome.receipt, outcome.message
            entry = by_id.pop(receipt.id.rpartition(":")[2], None)
            if entry is None:
                yield f"{message.reference}: accepted, and its id is unknown or another's, too"
            elif (_mark(entry.text), _plain(entry.to)) != _key_of(message):
                yield f"{message.reference}: accepted with the id of another message"
            elif (
                receipt.reference != message.reference or _plain(receipt.to) != _key_of(message)[1]
            ):
                yield f"{message.reference}: its receipt is about something else"

    def _counts(self) -> Iterator[str]:
        """Whether each message was taken as often as its outcome says."""
        for (mark, _), group in self._groups.items():
            accepted, taken = group.count(Outcome.ACCEPTED), len(group.taken)
            if not accepted <= taken <= group.most(resends=self._resends):
                words = [each.outcome.value for each in group.outcomes]
                yield f"{mark}: taken {taken} times, and said to be {words or 'nothing'}"
        if not self._resends:
            for outcome in self._outcomes:
                if _departures(outcome) > 1:
                    yield f"{outcome.message.reference}: left again although it might be there"

    def _figures(self) -> Counter[str]:
        groups = self._groups.values()
        sums = {outcome: sum(group.count(outcome) for group in groups) for outcome in Outcome}
        extra = [(len(group.taken) - group.count(Outcome.ACCEPTED), group) for group in groups]
        figures = Counter(
            {
                "messages": len(self._messages),
                "accepted": sums[Outcome.ACCEPTED],
                "not sent": sums[Outcome.NOT_SENT],
                "unknown": sums[Outcome.UNKNOWN],
                "of these taken": sum(
                    max(0, min(more, group.count(Outcome.UNKNOWN))) for more, group in extra
                ),
            }
        )
        if self._resends:
            figures["taken again"] = sum(
                max(0, more - group.count(Outcome.UNKNOWN)) for more, group in extra
            )
        figures["violations"] = len(self.violations)
        return figures


def _departures(outcome: SendOutcome) -> int:
    """How many attempts there were after which the message may be on its way."""
    attempts = outcome.receipt.attempts if isinstance(outcome, Accepted) else outcome.error.attempts
    return sum(not attempt.proves_not_sent for attempt in attempts)


def _key_of(message: Message) -> tuple[str, str]:
    return _mark(message.content[0].text or ""), _plain(message.phone or message.email or "")


def _mark(text: str) -> str:
    found = _MARK.search(text)
    return found[0] if found else "without a mark"


def _plain(recipient: str) -> str:
    return recipient.lstrip("+")
