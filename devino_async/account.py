"""The account at Devino: its money, its limits and its prices (contract sheet, A9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from attrs import evolve, field, frozen

from devino_async.answers import is_success, read_document, read_result, refusal
from devino_async.converter import read_object
from devino_async.problems import invalid_query
from devino_async.query import parameters
from omni_common.exchange import Answer, Failure, Operation, Request
from omni_common.redaction import mask_text, shown_key, shown_keys
from omni_common.transport import Transport

__all__ = [
    "AccountInfo",
    "AccountResource",
    "account_request",
    "plan_record_request",
    "read_account",
    "read_plan_record",
]


@frozen(kw_only=True)
class AccountInfo:
    """The account's money and limits; what Devino leaves out or writes oddly is None.

    Devino gives these fields no meaning or unit beyond their names; amounts are taken to be in the
    currency that ``currency_id`` stands for.

    Attributes:
        company_id: The company's id.
        account_type: ``PREPAID`` or ``POSTPAID``, or a word that the documents do not have.
        add_percent: A percentage.
        balance: An amount.
        credit: An amount.
        reserve: An amount.
        reserve_sms: An amount.
        reserve_viber: An amount.
        currency_id: The currency's id.
        is_blocked: Whether the account is blocked.
        recalc_bill_rate: As it came: not even its type is documented.
        disable_threshold: An amount.
        notify_threshold: An amount.
        valid_packet_channels: Words for channels, such as ``EMAIL``.
        raw: The whole result as it came.
    """

    company_id: str | None = None
    account_type: str | None = field(default=None, repr=shown_key)
    add_percent: Decimal | None = None
    balance: Decimal | None = None
    credit: Decimal | None = None
    reserve: Decimal | None = None
    reserve_sms: Decimal | None = None
    reserve_viber: Decimal | None = None
    currency_id: str | None = None
    is_blocked: bool | None = None
    recalc_bill_rate: Any = field(default=None, repr=mask_text, hash=False)
    disable_threshold: Decimal | None = None
    notify_threshold: Decimal | None = None
    valid_packet_channels: tuple[str, ...] = field(default=(), repr=shown_keys)
    raw: Any = field(default=None, repr=False, hash=False)


def account_request() -> Request:
    """``GET /billing-api/companies/current/account``."""
    return Request("GET", "/billing-api/companies/current/account", Operation.READ)


def read_account(answer: Answer) -> AccountInfo | Failure | None:
    """Read what there is to know of the account."""
    result = read_result(answer, dict)
    if not isinstance(result, dict):
        return result
    account = result.get("account")
    if not isinstance(account, dict):
        return refusal(result, answer.status)
    info = read_object(
        AccountInfo, {**account, "validPacketChannels": result.get("validPacketChannels")}
    )
    return info and evolve(info, raw=result)


def plan_record_request(channel: str) -> Request:
    """``GET /billing-api/companies/current/plan-records/current``.

    Raises:
        InvalidQueryError: *channel* is no text.
    """
    if not isinstance(channel, str) or not channel:
        raise invalid_query("channel", "must be the name of a channel, such as SMS")
    return Request(
        "GET",
        "/billing-api/companies/current/plan-records/current",
        Operation.READ,
        query=parameters(("channel", channel)),
    )


def read_plan_record(answer: Answer) -> Mapping[str, Any] | Failure | None:
    """The JSON object that was answered, unless it is a refusal or the status is no success."""
    document = read_document(answer)
    if (refused := refusal(document, answer.status)) is not None:
        return refused
    return document if is_success(answer) and isinstance(document, dict) else None


class AccountResource:
    """``DevinoClient.account``: the account's money, limits and prices."""

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def current(self) -> AccountInfo:
        """Ask for the balance and the limits of the account that the credentials belong to.

        Raises:
            ReadError: The answer did not come, was a refusal or could not be read.
        """
        return await self._transport.exchange(account_request(), read_account)

    async def plan_record(self, channel: str) -> Mapping[str, Any]:
        """Ask for what the account's plan says of a *channel*, such as ``SMS``, at present.

        Neither the words for channels nor the answer are documented: the answer is returned whole,
        as it came.

        Raises:
            ReadError: The answer did not come, was a refusal or could not be read.
            InvalidQueryError: *channel* is no text.
        """
        return await self._transport.exchange(plan_record_request(channel), read_plan_record)
