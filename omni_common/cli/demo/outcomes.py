"""Scene one: the same function sends through both vendors, and every send has one of three ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

from omni_common import (
    Accepted,
    Message,
    NotSent,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    SendOutcome,
    Sms,
    Unknown,
    connect,
)
from omni_common.cli.demo.scene import Claim, Scene
from omni_common.cli.demo.stage import Stage, requests_for
from omni_common.sandbox import Scenario

__all__ = ["three_outcomes"]

_CASES = {
    "an ordinary number": Scenario.DELIVERED,
    "a refused number": Scenario.REFUSED,
    "told to wait (429)": Scenario.RATE_LIMITED,
    "the answer is lost": Scenario.ANSWER_DROPPED,
}


async def send(url: str, messages: Iterable[Message]) -> list[SendOutcome]:
    """Send each message; nothing but the URL says through which vendor."""
    outcomes: list[SendOutcome] = []
    async with connect(url) as omni:
        for message in messages:
            try:
                receipt = await omni.send(message)
                outcomes.append(Accepted(message, receipt))
            except NotSentError as error:  # safe to send again
                outcomes.append(NotSent(message, error))
            except OutcomeUnknownError as error:  # look for it first
                outcomes.append(Unknown(message, error))
    return outcomes


async def three_outcomes(stage: Stage) -> Scene:
    """Send the same four messages through each vendor, and look into the ledgers."""
    messages = [Message(case.number(), Sms("Your code is 1234")) for case in _CASES.values()]
    both = await asyncio.gather(*(send(url, messages) for url in stage.urls))
    stage.pass_time(timedelta(seconds=5))
    rows = [
        (title, _said(ours), _said(theirs), _ledgers(stage, case))
        for (title, case), ours, theirs in zip(_CASES.items(), *both, strict=True)
    ]
    return Scene(
        name="outcomes",
        title="One program, two vendors, three outcomes",
        opening="This function sends. It runs twice, and all that changes is the URL it is given.",
        code=send,
        columns=("message", "Messente", "Devino", "ledgers"),
        rows=tuple(rows),
        claims=_claims(stage, both),
    )


def _said(outcome: SendOutcome) -> str:
    word = outcome.outcome.value.replace("_", " ")
    if isinstance(outcome, Accepted) and len(outcome.receipt.attempts) > 1:
        return f"{word}, {len(outcome.receipt.attempts)} requests"
    return word


def _ledgers(stage: Stage, case: Scenario) -> str:
    counts = [vendor.ledger.count(to=case.number()) for vendor in stage.vendors]
    return " and ".join(map(str, counts))


def _claims(stage: Stage, both: Sequence[Sequence[SendOutcome]]) -> tuple[Claim, ...]:
    def ended(case: Scenario, outcome: Outcome, *, requests: int, held: int) -> bool:
        """Whether *case* ended so through both vendors, and both emulators agree."""
        index = list(_CASES.values()).index(case)
        return all(outcomes[index].outcome is outcome for outcomes in both) and all(
            requests_for(vendor, case.number()) == requests
            and vendor.ledger.count(to=case.number()) == held
            for vendor in stage.vendors
        )

    lost = Scenario.ANSWER_DROPPED
    arrived = all(stage.was_delivered(vendor, lost.number()) for vendor in stage.vendors)
    return (
        Claim(
            "Accepted: the vendor has it. Each ledger holds it once.",
            ended(Scenario.DELIVERED, Outcome.ACCEPTED, requests=1, held=1),
        ),
        Claim(
            "Not sent: just that. No ledger holds it.",
            ended(Scenario.REFUSED, Outcome.NOT_SENT, requests=1, held=0),
        ),
        Claim(
            "A vendor that says 'wait' took nothing, so the library waited and sent again:"
            " two requests, one message.",
            ended(Scenario.RATE_LIMITED, Outcome.ACCEPTED, requests=2, held=1),
        ),
        Claim(
            "Unknown: it was not sent again. Rightly so, for the ledgers show what no client could"
            " know: it had arrived, and was delivered.",
            ended(lost, Outcome.UNKNOWN, requests=1, held=1) and arrived,
        ),
    )
