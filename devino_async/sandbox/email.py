"""Devino's e-mail calls: letters, their files, and the reports about them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from devino_async.sandbox import answers
from devino_async.sandbox.account import Account
from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.email_answers import (
    TakenLetter,
    callback_event,
    detail_answer,
    refused_letter,
    sent_answer,
    uploaded_answer,
)
from devino_async.sandbox.email_behaviour import StatisticsForm, UnsubscribedAddress
from devino_async.sandbox.email_detail import detail_page, read_detail_question
from devino_async.sandbox.email_files import CATEGORY, FileStore, read_upload
from devino_async.sandbox.email_letters import letters_until, unsubscribed_until
from devino_async.sandbox.email_rules import Letter, LetterRules, Recipient, read_letter
from devino_async.sandbox.email_states import CHANNEL, EmailEvent, plan, plan_unsent
from devino_async.sandbox.email_statistics import read_statistics_question, statistics_table
from devino_async.sandbox.report_pages import read_query
from devino_async.sandbox.requests import json_body, recipients_in
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.sandbox import (
    Callback,
    LedgerEntry,
    Operation,
    ReceivedRequest,
    Reply,
    StateChange,
    scenario_of,
)

__all__ = ["EmailArea"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class EmailArea:
    """Sends letters, keeps files for them, and says what became of them."""

    def __init__(self, account: Account) -> None:
        """Work for *account*."""
        self._account = account
        self.files = FileStore()
        """Every file that was uploaded."""
        self._unsubscribed: set[str] = set()

    def operations(self) -> Sequence[Operation]:
        """Return the calls for e-mail."""
        path = "/statistics/sliced-by-event-time"
        return (
            Operation(
                "email_send",
                "POST",
                "/email/messages",
                self._send,
                recipients_in("Recipients", "Address"),
            ),
            Operation("file_upload", "POST", "/files/files", self._upload),
            Operation("email_detail", "GET", "/email-statistics/statistics/detail", self._detail),
            Operation(
                "email_statistics",
                "GET",
                "/omni-statistics-exporter/export" + path,
                self._statistics_of_text,
            ),
            Operation("email_statistics", "GET", "/email-stat" + path, self._statistics_of_example),
        )

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the callback of *change*: an array of one event, unsigned (T68)."""
        if entry.callback_url is None:
            return None
        event = callback_event(entry, change, self._behaviour)
        return Callback(
            entry.callback_url,
            json.dumps([event]).encode(),
            {"Content-Type": "application/json"},
            received=range(200, 201),
            copies=self._behaviour.callback_copies,
            attempts=self._behaviour.callback_attempts,
        )

    def unsubscribe(self, address: str) -> None:
        """Let *address* want no more letters: one that checks for that does not go there."""
        self._unsubscribed.add(address.lower())

    @property
    def _behaviour(self) -> DevinoBehaviour:
        return self._account.behaviour

    def _send(self, request: ReceivedRequest) -> Reply:
        rules = LetterRules(
            senders=self._account.senders, file_ids=self.files.ids, behaviour=self._behaviour
        )
        try:
            letter = read_letter(json_body(request), rules)
        except RequestRefusedError as refusal:
            letter = (refusal.reason,)
        if not isinstance(letter, Letter):
            return refused_letter(letter, self._behaviour)
        entries = self._planned(letter, request)
        if not self._account.pay(sum(_is_sent(entry) for entry in entries.values())):
            return refused_letter((Reason("billing.error"),), self._behaviour)
        for entry in entries.values():
            self._account.accept(entry)
        taken = [TakenLetter(index, entry.to, entry.id) for index, entry in entries.items()]
        return sent_answer(taken, self._behaviour)

    def _planned(self, letter: Letter, request: ReceivedRequest) -> dict[int, LedgerEntry]:
        """What *letter* becomes for each recipient, by the recipient's place in the request."""
        unwanted = self._unwanted(request) if letter.checks_unsubscription else frozenset()
        leaves_out = self._behaviour.email.unsubscribed_address is UnsubscribedAddress.INDEX_MISSING
        entries: dict[int, LedgerEntry] = {}
        for recipient in letter.recipients:
            unsubscribed = recipient.address.lower() in unwanted
            if unsubscribed and leaves_out:
                continue
            is_sent = letter.has_macro and not unsubscribed
            entries[recipient.index] = self._entry(letter, recipient, request, is_sent=is_sent)
        return entries

    def _entry(
        self, letter: Letter, recipient: Recipient, request: ReceivedRequest, *, is_sent: bool
    ) -> LedgerEntry:
        pace, at = self._account.pace, request.at
        scenario = scenario_of(recipient.address)
        changes = (
            plan(at, scenario=scenario, pace=pace, behaviour=self._behaviour.email)
            if is_sent
            else plan_unsent(at, pace)
        )
        [number] = self._account.give_ids(1)
        return LedgerEntry(
            id=_short(int(number)),
            to=recipient.address,
            channels=(CHANNEL,),
            text=letter.text,
            accepted_at=at,
            plan=changes,
            content=letter.for_one(recipient),
            callback_url=self._account.email_callback_url,
            origin="email_send",
        )

    def _unwanted(self, request: ReceivedRequest) -> frozenset[str]:
        """The addresses, in small letters, that want no letters now."""
        return frozenset(self._unsubscribed | unsubscribed_until(self._account.ledger, request.at))

    def _upload(self, request: ReceivedRequest) -> Reply:
        accepts_unknown = self._behaviour.accepts_unknown_fields
        try:
            query = read_query(request.query, known={"category"}, accepts_unknown=accepts_unknown)
            query.needed_choice("category", {CATEGORY})
            upload = read_upload(
                request.headers.get("Content-Type", ""),
                request.body,
                accepts_unknown=accepts_unknown,
            )
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self._behaviour)
        with_extension = self._behaviour.email.file_id_has_extension
        stored = self.files.put(upload, at=request.at, with_extension=with_extension)
        return uploaded_answer(stored.id, stored.public_url, self._behaviour)

    def _detail(self, request: ReceivedRequest) -> Reply:
        try:
            question = read_detail_question(request.query, self._behaviour)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self._behaviour)
        letters = letters_until(self._account.ledger, request.at)
        return detail_answer(detail_page(letters, question, self._behaviour.email), self._behaviour)

    def _statistics_of_text(self, request: ReceivedRequest) -> Reply:
        if self._behaviour.email.statistics_form is StatisticsForm.EXAMPLE:
            return answers.not_found(self._behaviour)
        return self._statistics(request, ("dateTimeFrom", "dateTimeTo"))

    def _statistics_of_example(self, request: ReceivedRequest) -> Reply:
        if self._behaviour.email.statistics_form is StatisticsForm.TEXT:
            return answers.not_found(self._behaviour)
        return self._statistics(request, ("startDate", "endDate"))

    def _statistics(self, request: ReceivedRequest, dates: tuple[str, str]) -> Reply:
        try:
            question = read_statistics_question(request.query, self._behaviour, dates=dates)
        except RequestRefusedError as refusal:
            return answers.refused(refusal.reason, self._behaviour)
        letters = letters_until(self._account.ledger, request.at)
        table = statistics_table(letters, question, self._behaviour.email)
        return Reply(200, table, self._behaviour.email.statistics_type)


def _is_sent(entry: LedgerEntry) -> bool:
    return any(change.state == EmailEvent.SENT for change in entry.plan)


def _short(number: int) -> str:
    """*number* in 62 digits: ids of letters are short texts such as ``dwY4BSnjQ2X`` (T19)."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
