"""Messente's own omnichannel API, typed: for what the shared interface does not say."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack
from urllib.parse import urlsplit

from attrs import evolve

from messente_async.answers import BulkItem, MessenteErrors, OmnimessageCreated
from messente_async.omnimessage import (
    Extra,
    Omnimessage,
    bulk_request,
    cancel_request,
    send_request,
    status_request,
)
from messente_async.report import DeliveryReportResponse
from messente_async.verdicts import (
    NOT_FOUND,
    bulk_reader,
    cancelled_reader,
    report_reader,
    sent_reader,
)
from omni_common.client import VendorClient
from omni_common.clock import Clock
from omni_common.errors import (
    CancelFailedError,
    ConfigurationError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    ReadError,
    UnknownMessageError,
    hides_arguments,
)
from omni_common.exchange import OnUnknown
from omni_common.history import History
from omni_common.redaction import shown_id
from omni_common.report import DeliveryState
from omni_common.rules import is_sendable
from omni_common.secret import Secret
from omni_common.settings import TransportOptions, TransportSettings
from omni_common.transport import Transport

if TYPE_CHECKING:
    import aiohttp

__all__ = ["BASE_URL", "REQUESTS_PER_SECOND", "MessenteClient"]

BASE_URL = "https://api.messente.com/v1"
REQUESTS_PER_SECOND = 150.0
"""What Messente allows one address before it answers 429 (B0)."""


class MessenteClient(VendorClient):
    """Messente's omnichannel API: send one or many, ask for states, cancel.

    Use it as an async context manager, or call :meth:`close`.
    """

    @hides_arguments
    def __init__(
        self,
        user: str,
        password: str | Secret,
        *,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a client; nothing is opened before the first call.

        Args:
            user: The API user name (not the dashboard's login).
            password: The API password.
            session: An ``aiohttp.ClientSession`` to use; it is never closed here.
            clock: Where the time comes from; the system's unless given.
            **options: See ``TransportOptions``. ``rate`` is 150 a second on Messente's own host.

        Raises:
            ConfigurationError: Credentials are missing, or an option is wrong.
        """
        transport = Transport(
            _settings(options),
            provider="messente",
            authorization=_authorization(user, password),
            session=session,
            clock=clock,
        )
        super().__init__(transport)

    async def send(
        self,
        omnimessage: Omnimessage,
        *,
        on_unknown: OnUnknown = "raise",
        reference: str | None = None,
        extra: Extra = None,
    ) -> OmnimessageCreated:
        """Send one omnimessage (``POST /omnimessage``).

        Args:
            omnimessage: What to send.
            on_unknown: ``"resend"`` sends again when it is not known whether it arrived, which may
                charge for it and deliver it twice.
            reference: Your own name for it, for errors and for the record of an interrupted send.
            extra: Fields that are merged last into its JSON object, for what Messente has come to
                take since.

        Raises:
            NotSentError: Nothing was sent; its subclasses say why.
            OutcomeUnknownError: It may have been sent.
        """
        return await self.transport.exchange(
            send_request(omnimessage, extra),
            sent_reader(omnimessage),
            reference=reference,
            on_unknown=on_unknown,
        )

    async def send_bulk(
        self,
        omnimessages: Sequence[Omnimessage],
        *,
        extras: Sequence[Extra] | None = None,
    ) -> list[BulkItem]:
        """Send many omnimessages in one call (``POST /omnimessages``), by advice up to 1,000.

        Args:
            omnimessages: What to send, at least one.
            extras: For each omnimessage, as in :meth:`send`.

        Returns:
            One item per omnimessage, in order: ``OmnimessageCreated``, ``MessenteErrors`` or, where
            the answer cannot be tied to it, ``Contradiction``.

        Raises:
            NotSentError: The whole call was refused or never left.
            OutcomeUnknownError: Nothing certain is known of any of them.
        """
        items = await self.transport.exchange(
            bulk_request(omnimessages, extras),
            bulk_reader(omnimessages),
            timeout=self.transport.settings.bulk_timeout,
        )
        return list(items)

    async def status(self, omnimessage_id: str) -> DeliveryReportResponse:
        """Ask where an omnimessage is, channel by channel (``GET /omnimessage/{id}/status``).

        Raises:
            UnknownMessageError: Messente does not know the id, or it belongs to another account.
            ReadError: No usable answer came.
        """
        history = History()
        report: DeliveryReportResponse | MessenteErrors = await self.transport.exchange(
            status_request(omnimessage_id), report_reader(omnimessage_id), history=history
        )
        if isinstance(report, DeliveryReportResponse):
            return report
        raise UnknownMessageError(
            f"messente does not know the message {shown_id(omnimessage_id)}",
            provider="messente",
            attempts=history.attempts,
            vendor_code=NOT_FOUND,
            raw=report.raw,
        )

    async def cancel(self, omnimessage_id: str) -> None:
        """Cancel a scheduled omnimessage (``DELETE /omnimessage/{id}``).

        Returning means that Messente confirmed it.

        Raises:
            CancelFailedError: It was already sent, Messente does not know it, or the request was
                refused or never left, as where the client is closed.
            OutcomeUnknownError: The answer was lost: it may or may not have been cancelled.
            UnknownMessageError: The text cannot be an id.
        """
        history = History()
        try:
            await self.transport.exchange(
                cancel_request(omnimessage_id),
                cancelled_reader(omnimessage_id),
                history=history,
            )
        except NotSentError as error:
            if history.outcome is Outcome.UNKNOWN:
                await self._look_for_cancellation(omnimessage_id, error)
            else:
                raise _not_cancelled(error) from error

    async def _look_for_cancellation(self, omnimessage_id: str, error: NotSentError) -> None:
        """Return if an earlier attempt, whose answer was lost, is seen to have succeeded.

        The last attempt failed with *error*. Where Messente did not find the message, that may be
        because of the earlier attempt, or because the message was sent; its status tells which.
        """
        if error.vendor_code == NOT_FOUND and await self._is_cancelled(omnimessage_id):
            return
        msg = (
            f"{error.text}; but an earlier attempt to cancel got no answer: the message may have"
            " been cancelled, or sent"
        )
        raise OutcomeUnknownError(
            msg,
            provider="messente",
            attempts=error.attempts,
            vendor_code=error.vendor_code,
            raw=error.raw,
        ) from error

    async def _is_cancelled(self, omnimessage_id: str) -> bool:
        try:
            report = await self.status(omnimessage_id)
        except ReadError:
            return False
        return {result.state for result in report.statuses} == {DeliveryState.CANCELLED}


def _not_cancelled(error: NotSentError) -> CancelFailedError:
    reason = error.text
    if error.vendor_code == NOT_FOUND:
        reason = "messente has already sent this message, or does not know it"
    return CancelFailedError(
        f"not cancelled: {reason}",
        provider="messente",
        attempts=error.attempts,
        retry_after=error.retry_after,
        vendor_code=error.vendor_code,
        raw=error.raw,
    )


def _settings(options: TransportOptions) -> TransportSettings:
    settings = TransportSettings.from_options(options, base_url=BASE_URL)
    is_messente = urlsplit(settings.base_url).hostname == urlsplit(BASE_URL).hostname
    if is_messente and "rate" not in options:
        return evolve(settings, rate=REQUESTS_PER_SECOND)
    return settings


def _authorization(user: str, password: str | Secret) -> Secret:
    text = password.reveal() if isinstance(password, Secret) else password
    for name, value in (("user", user), ("password", text)):
        if not isinstance(value, str) or not value:
            msg = f"messente needs a {name}: the API's, from the dashboard's API settings"
            raise ConfigurationError(msg, provider="messente", field=name)
        if not is_sendable(value):
            msg = f"{name} holds bytes that are no text; it has to be UTF-8"
            raise ConfigurationError(msg, provider="messente", field=name)
    if ":" in user:
        msg = "user may not hold a colon"
        raise ConfigurationError(msg, provider="messente", field="user")
    return Secret(f"Basic {base64.b64encode(f'{user}:{text}'.encode()).decode('ascii')}")
