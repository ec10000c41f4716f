"""Messages by a scenario of OMNI's behind the shared interface: Viber, VK, and several channels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from devino_async.answers import (
    Reason,
    failure_of_reasons,
    folded,
    read_document,
    read_reasons,
)
from devino_async.client import DevinoClient
from devino_async.omni import (
    OmniAnswers,
    OmniRecipient,
    OmniResult,
    read_answers,
    send_request,
)
from devino_async.omni.reference import callback_data
from devino_async.routes.route import PROVIDER, Route
from devino_async.routes.scenario import (
    TTL_LIMITS,
    ScenarioSettings,
    Shape,
    recipient_of,
    scenario_problems,
    senders_of,
    shape_of,
    templates_of,
)
from devino_async.routes.scenario_task import Scenario
from devino_async.routes.scenarios import Scenarios
from devino_async.sms.message import LONGEST_TEXT, LONGEST_WIDE_TEXT
from devino_async.viber import LONGEST_TEXT as LONGEST_VIBER_TEXT
from omni_common.capabilities import ChannelCapabilities
from omni_common.clock import Clock
from omni_common.errors import (
    AuthenticationError,
    InsufficientFundsError,
    NotSentError,
    NotSupportedError,
    Outcome,
    RateLimitedError,
    RefusedError,
)
from omni_common.exchange import Answer, Failure, FailureKind, OnUnknown, check_on_unknown
from omni_common.history import History
from omni_common.message import Channel, Message
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryReport

__all__ = ["OmniRoute"]

_ABOUT_THE_ACCOUNT = (AuthenticationError, InsufficientFundsError, RateLimitedError)
"""Refusals that say nothing against the scenario."""
_KEY = re.compile(
    r"(?:billing|callbackUrl|contact|email|from|invalid|length|must|name|not|options|phone|priority"
    r"|scheduledTime|text|to|too|validity)(?:\.[a-z][A-Za-z]*)+",
    re.ASCII,
)
"""What a key of the vendor's looks like, such as ``invalid.phone.size``: its documented keys begin
with these words (section F), and anything else could be somebody's address or name."""
_SINGLE_KEYS = frozenset({"forbidden", "invalid", "unknown"})
"""Its documented keys of one word."""


class OmniRoute(Route):
    """``POST /omni-scheduler/api/messages``, one contact a call; states are posted, never told.

    A message goes by a scenario of its shape, which is found or made before the first one.
    """

    prefix = "devino:omni:"
    ids_at_once = 1000

    def __init__(self, client: DevinoClient, settings: ScenarioSettings, clock: Clock) -> None:
        """Send over *client*, by scenarios as *settings* have them."""
        super().__init__(client)
        self._settings = settings
        self._scenarios = Scenarios(client, settings, clock)

    @property
    def channels(self) -> Mapping[Channel, ChannelCapabilities]:
        """What Viber and VK can do alone."""
        return {channel: _CASCADE[channel] for channel in (Channel.VIBER, Channel.VK)}

    @property
    def cascade(self) -> Mapping[Channel, ChannelCapabilities]:
        """What each channel can do with others."""
        return _CASCADE

    def check(self, message: Message) -> Iterator[NotSentError]:
        """What Devino's own rules say against *message*."""
        return scenario_problems(message, self._settings)

    def scenario_name(self, message: Message) -> str:
        """The name of the scenario of a checked message."""
        return shape_of(message, self._settings).name

    async def send(
        self,
        message: Message,
        history: History,
        *,
        on_unknown: OnUnknown = "raise",
        reference: str | None = None,
    ) -> Receipt:
        """Send one message, after its scenario was found or made."""
        check_on_unknown(on_unknown, message.reference)
        shape = shape_of(message, self._settings)
        scenario = await self._scenario(message, shape)
        recipient = self._recipient(message, scenario)
        templates = templates_of(message, self._settings)
        try:
            result = await self._client.transport.exchange(
                send_request(
                    scenario.task_id,
                    contacts=[recipient],
                    templates={scenario.triggers[name]: each for name, each in templates.items()},
                ),
                partial(_read_single, recipient=recipient),
                reference=reference,
                on_unknown=on_unknown,
                history=history,
            )
        except RefusedError as error:
            if not isinstance(error, _ABOUT_THE_ACCOUNT):
                self._scenarios.doubt(shape, scenario)
            raise
        return self._receipt(message, result, history)

    async def reports(self, vendor_ids: Sequence[str]) -> Sequence[DeliveryReport | None]:
        """There are none to ask for.

        Raises:
            NotSupportedError: Always, before any request.
        """
        msg = (
            "devino tells the state of messages over viber, vk or several channels by callback"
            " only: send them with a callback_url, and follow them with omni_common.Tracker"
        )
        raise NotSupportedError(msg, provider=PROVIDER)

    async def _scenario(self, message: Message, shape: Shape) -> Scenario:
        try:
            return await self._scenarios.of(shape)
        except NotSentError as error:  # which all who wait for the scenario share
            raise error.about(message.reference) from error.__cause__

    def _recipient(self, message: Message, scenario: Scenario) -> OmniRecipient:
        channels = {id: channel for channel, id in scenario.triggers.items()}
        data = callback_data(message.reference, channels, message.metadata)
        return recipient_of(message, data)

    def _receipt(self, message: Message, result: OmniResult, history: History) -> Receipt:
        senders = senders_of(message, self._settings)
        address = message.email if message.channels[0] is Channel.EMAIL else message.phone
        return Receipt(
            id=f"{self.prefix}{result.message_id}",
            provider=PROVIDER,
            reference=message.reference,
            to=address or "",
            parts=tuple(Part(channel, None, senders[channel]) for channel in message.channels),
            attempts=history.attempts,
            raw=result.raw,
        )


def _omni(channel: Channel, *notes: str, **more: Any) -> ChannelCapabilities:
    shortest, longest = TTL_LIMITS[channel]
    return ChannelCapabilities(
        status=False,
        callback=True,
        callback_area="devino.omni",
        metadata=True,
        shortest_ttl=shortest,
        longest_ttl=None if longest == timedelta.max else longest,
        bulk=False,
        notes=notes,
        **more,
    )


_CASCADE: Mapping[Channel, ChannelCapabilities] = {
    Channel.SMS: _omni(
        Channel.SMS,
        f"Text outside the GSM alphabet may have {LONGEST_WIDE_TEXT:,} characters.",
        longest_text=LONGEST_TEXT,
    ),
    Channel.VIBER: _omni(
        Channel.VIBER,
        "An image needs a button beside it: Devino documents no other combination; no video.",
        "Devino splits a text of more than 1,000 characters.",
        longest_text=LONGEST_VIBER_TEXT,
    ),
    Channel.EMAIL: _omni(
        Channel.EMAIL,
        "The body must hold the macro [Unsubscribe], however Devino spells it; without it Devino"
        " sends nothing.",
        "A ttl is possible only where another channel follows.",
    ),
    Channel.VK: _omni(
        Channel.VK,
        "A template registered with Devino is required; it decides the sender.",
        leads=False,
    ),
}


def _read_single(answer: Answer, recipient: OmniRecipient) -> OmniResult | Failure | None:
    """Taken if there is one message and nothing else, refused if there are refusals alone.

    Whomever a refusal quotes (T28): the call wrote to one person, and nothing else came of it.
    """
    answers = read_answers(answer, [recipient], [])
    if not isinstance(answers, OmniAnswers):
        return answers
    [result] = answers.results
    if result.outcome is Outcome.ACCEPTED and not _says_no(answer):
        return result
    if answers.rejected and not answers.accepted and not answers.unclear:
        return failure_of_reasons(_reasons(answers), answers.raw)
    return Failure(FailureKind.UNREADABLE, "neither one message nor refusals", raw=answers.raw)


def _says_no(answer: Answer) -> bool:
    """Whether the answer, or its ``result``, is worded as a refusal beside its entries."""
    document = read_document(answer)
    parts = [document, document.get("result")] if isinstance(document, dict) else []
    return any(
        folded(part).get("code") == "REJECTED" or bool(read_reasons(part))
        for part in parts
        if isinstance(part, dict)
    )


def _reasons(answers: OmniAnswers) -> tuple[Reason, ...]:
    """Why, in what can only be keys of the vendor's.

    A description quotes whom it refuses, and what stands in the place of a key may be anybody's
    name. So all else stays in ``raw``.
    """
    return tuple(
        Reason(reason.key, reason.ref if _is_vendors(reason.ref) else None)
        for refusal in answers.rejected
        for reason in refusal.reasons
        if _is_vendors(reason.key)
    )


def _is_vendors(key: str | None) -> bool:
    return key is not None and (key in _SINGLE_KEYS or _KEY.fullmatch(key) is not None)
