"""Devino's reports about SMS: details and statistics."""

from __future__ import annotations

from collections.abc import Sequence

from devino_async.sandbox import answers
from devino_async.sandbox.account import Account
from devino_async.sandbox.report_answers import page_answer, statistics_answer
from devino_async.sandbox.report_detail import detail_page, read_detail_question
from devino_async.sandbox.report_messages import messages_until
from devino_async.sandbox.report_statistics import read_statistics_question, statistics
from devino_async.sandbox.sms_rules import RequestRefusedError
from omni_common.sandbox import (
    Callback,
    LedgerEntry,
    Operation,
    ReceivedRequest,
    Reply,
    StateChange,
)

__all__ = ["ReportArea"]


class ReportArea:
    """Tells what became of every SMS that the account sent, whichever call it came by."""

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account

    def operations(self) -> Sequence[Operation]:
        """Return the calls for reports about SMS."""
        statistics_path = "/sms-stat/statistics/of-group"
        return (
            Operation("sms_detail", "GET", "/sms-stat/detail", self._detail),
            Operation("sms_statistics", "GET", statistics_path, self._statistics),
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return None: no message is sent here."""
        del entry, change
        return None

    def _detail(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            question = read_detail_question(request.query, behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        messages = messages_until(self._account.ledger, request.at)
        return page_answer(detail_page(messages, question, behaviour), behaviour)

    def _statistics(self, request: ReceivedRequest) -> Reply:
        behaviour = self._account.behaviour
        try:
            question = read_statistics_question(request.query, behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, behaviour)
        messages = messages_until(self._account.ledger, request.at)
        return statistics_answer(statistics(messages, question, behaviour), behaviour)
