"""E-mail over Devino behind the shared interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from devino_async.answers import failure_of_reasons
from devino_async.client import DevinoClient
from devino_async.email import EmailDetail, EmailResult, read_results, send_request
from devino_async.paging import PAGE_SIZE
from devino_async.routes.email_letter import check_email, letter_of, sender_of
from devino_async.routes.route import PROVIDER, Route
from devino_async.zone import moment
from omni_common.capabilities import ChannelCapabilities
from omni_common.errors import NotSentError, Outcome, ReadError
from omni_common.exchange import Answer, Failure, FailureKind, OnUnknown
from omni_common.history import History
from omni_common.message import Channel, Message
from omni_common.receipt import Part, Receipt
from omni_common.report import DeliveryReport, DeliveryState, PartReport, Price, merge

__all__ = ["EmailRoute"]


class EmailRoute(Route):
    """``POST /email/messages``, one recipient a call, and states from the detail report."""

    prefix = "devino:email:"
    ids_at_once = PAGE_SIZE

    def __init__(self, client: DevinoClient, sender: str | None) -> None:
        """Send over *client*, from the address *sender* where a message names none."""
        super().__init__(client)
        self._sender = sender

    @property
    def channels(self) -> Mapping[Channel, ChannelCapabilities]:
        """What e-mail can do alone."""
        return {Channel.EMAIL: _CAPABILITIES}

    def check(self, message: Message) -> Iterator[NotSentError]:
        """What Devino's own rules say against *message*."""
        return check_email(message, self._sender)

    async def send(
        self,
        message: Message,
        history: History,
        *,
        on_unknown: OnUnknown = "raise",
        reference: str | None = None,
    ) -> Receipt:
        """Send one letter."""
        address = message.email or ""
        result = await self._client.transport.exchange(
            send_request(letter_of(message, self._sender)),
            lambda answer: _read_single(answer, address),
            reference=reference,
            on_unknown=on_unknown,
            history=history,
        )
        return Receipt(
            id=f"{self.prefix}{result.message_id}",
            provider=PROVIDER,
            reference=message.reference,
            to=address,
            parts=(Part(Channel.EMAIL, result.message_id, sender_of(message, self._sender)),),
            attempts=history.attempts,
            raw=result.raw,
        )

    async def reports(self, vendor_ids: Sequence[str]) -> Sequence[DeliveryReport | None]:
        """The report of each letter, from the details about them."""
        found: dict[str, list[EmailDetail]] = {id: [] for id in vendor_ids}
        page = self._client.email.detail(message_ids=vendor_ids, page_size=self.ids_at_once)
        async for row in page:
            if row.message_id not in found:
                # Read on, it would be the whole account: the filter was not understood.
                msg = "devino answered about letters that it was not asked for"
                raise ReadError(msg, provider=PROVIDER, raw=row.raw)
            found[row.message_id].append(row)
        return [self._report(id, found[id]) if found[id] else None for id in vendor_ids]

    def _report(self, vendor_id: str, rows: Sequence[EmailDetail]) -> DeliveryReport:
        """The report from everything that was said of a letter: the furthest state counts (T60)."""
        states = [row.state or DeliveryState.UNKNOWN for row in rows]
        state = merge(states)
        row = rows[states.index(state)]
        raw_at = row.raw.get("eventDateTime") if isinstance(row.raw, dict) else None
        part = PartReport(
            channel=Channel.EMAIL,
            state=state,
            id=vendor_id,
            raw_state=row.status,
            at=moment(row.event_date_time, self._client.zone),
            raw_at=raw_at if isinstance(raw_at, str) else None,
            price=None if row.price is None else Price(row.price),
        )
        return DeliveryReport.of_parts(f"{self.prefix}{vendor_id}", [part], raw=row.raw)


_CAPABILITIES = ChannelCapabilities(
    callback_area="devino.email",
    metadata=True,
    ttl=False,
    bulk=False,
    notes=(
        "A sender address is required, of a domain approved by Devino.",
        "The body must hold the macro [Unsubscribe]; without it Devino sends nothing.",
        "Metadata is sent; that reports echo it is not documented.",
        "Devino posts what becomes of letters to one URL, which it sets for the account.",
    ),
)


def _read_single(answer: Answer, address: str) -> EmailResult | Failure | None:
    results = read_results(answer, [address])
    if not isinstance(results, tuple):
        return results
    (result,) = results
    if result.outcome is Outcome.ACCEPTED:
        return result
    if result.outcome is Outcome.NOT_SENT:
        return failure_of_reasons(result.reasons, result.raw)
    return Failure(FailureKind.UNREADABLE, "no id for this recipient", raw=result.raw)
