"""Every reader of a vendor's answer, with answers as the vendor documents them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import field, frozen

from devino_async import account, channel_sending
from devino_async.address_book import contacts, deletion, lists, upload
from devino_async.email import (
    detail as email_detail,
    files,
    sending as email_sending,
    statistics as email_statistics,
)
from devino_async.omni import OmniRecipient, creation, outcomes, tasks
from devino_async.routes import email as email_route, omni as omni_route, sms as sms_route
from devino_async.sms import detail as sms_detail, sending, statistics, statuses
from messente_async import SMS, Omnimessage, answers, verdicts
from omni_common.exchange import Answer
from tests.reliability.genuine_documents import (
    ACCOUNT,
    ADDRESSES,
    BULK,
    CONTACT_IDS,
    CONTACTS,
    CREATED,
    DELETIONS,
    EMAIL_PAGE,
    ID,
    ITEM,
    ITEMS,
    LETTER,
    LETTER_REFUSED,
    LIST_IDS,
    LISTS,
    NO_PAGE,
    NO_ROWS,
    OMNI,
    OMNI_ONE,
    REASONS,
    REFUSED,
    REPORT,
    SCENARIO,
    SMS_PAGE,
    STATISTICS,
    STATUSES,
    TABLE,
    TASK,
    UPLOADED,
    UPLOADS,
)
from tests.reliability.hostile_json import Document

__all__ = ["READINGS", "Reading"]

SENT = (
    Omnimessage("+37251000000", [SMS("Hi")]),
    Omnimessage("+37251000001", [SMS("Hi")]),
)
PEOPLE = (
    OmniRecipient(phone="79103398080"),
    OmniRecipient(phone="79100000000", email="test@example.com"),
)
NEW_CONTACTS = (upload.NewContact(phone="79100000000"), upload.NewContact(phone="79100000001"))


@frozen
class Reading:
    """A reader, called as the library calls it.

    Attributes:
        name: The module and the function, as ``package.module.function``; more may follow it.
        read: The reader, given everything but the answer.
        documents: Answers that it is made for, and refusals.
        bodies: The same where they are no JSON.
    """

    name: str
    read: Callable[[Answer], Any]
    documents: tuple[Document, ...]
    bodies: tuple[bytes, ...] = field(default=(), kw_only=True)


def _devino(name: str, read: Callable[[Answer], Any], *documents: Any, **more: Any) -> Reading:
    return Reading(f"devino_async.{name}", read, (*documents, REASONS), **more)


def _messente(name: str, read: Callable[[Answer], Any], *documents: Any, **more: Any) -> Reading:
    return Reading(f"messente_async.{name}", read, (*documents, REFUSED), **more)


_MESSENTE = (
    _messente("answers.read_sent", partial(answers.read_sent, sent=SENT[0]), CREATED),
    _messente("answers.read_errors", answers.read_errors),
    _messente("answers.read_bulk", partial(answers.read_bulk, sent=SENT), BULK),
    _messente("answers.read_status", answers.read_status, REPORT),
    _messente("verdicts.sent_reader", verdicts.sent_reader(SENT[0]), CREATED),
    _messente("verdicts.bulk_reader", verdicts.bulk_reader(SENT), BULK),
    _messente("verdicts.report_reader", verdicts.report_reader(ID), REPORT),
    _messente(
        "verdicts.cancelled_reader", verdicts.cancelled_reader(ID), {}, {"omnimessage_id": ID}
    ),
)
_SENDING = (
    _devino("sms.sending.read_results", partial(sending.read_results, count=2), ITEMS),
    _devino("routes.sms._read_single", sms_route._read_single, ITEM),
    _devino("channel_sending.read_results", partial(channel_sending.read_results, count=2), ITEMS),
    _devino(
        "email.sending.read_results",
        partial(email_sending.read_results, addresses=ADDRESSES),
        *(LETTER, LETTER_REFUSED),
    ),
    _devino(
        "routes.email._read_single",
        partial(email_route._read_single, address=ADDRESSES[0]),
        *({**LETTER, "result": LETTER["result"][:1]}, LETTER_REFUSED),
    ),
    _devino("email.files.read_upload", files.read_upload, UPLOADED),
    _devino(
        "omni.outcomes.read_answers",
        partial(outcomes.read_answers, contacts=PEOPLE, contact_ids=CONTACT_IDS),
        OMNI,
    ),
    _devino(
        "routes.omni._read_single",
        partial(omni_route._read_single, recipient=PEOPLE[0]),
        *(OMNI_ONE, {"result": {**OMNI["result"], "sendAnswers": []}}),
    ),
    _devino(
        "omni.creation.read_created_task",
        creation.read_created_task,
        {"result": {"code": "OK", "result": "7003"}},
    ),
)
_ASKING = (
    _devino("sms.statuses.read_statuses", statuses.read_statuses, STATUSES),
    _devino("sms.statuses.read_status_items", statuses.read_status_items, STATUSES),
    _devino("sms.detail.read_detail", partial(sms_detail.read_detail, limit=1), SMS_PAGE, NO_PAGE),
    _devino("sms.statistics.read_statistics", statistics.read_statistics, STATISTICS),
    _devino("email.detail.read_detail", partial(email_detail.read_detail, limit=1), EMAIL_PAGE),
    *(
        _devino(
            f"email.statistics.read_statistics of {charset}",
            email_statistics.read_statistics(
                charset, days=(dt.date(2022, 4, 14), dt.date(2022, 4, 15))
            ),
            bodies=(TABLE.encode(), TABLE.encode("utf-8-sig")),
        )
        for charset in email_statistics.Charset
    ),
    _devino("email.statistics.read_csv", email_statistics.read_csv, bodies=(TABLE.encode(),)),
    _devino("omni.tasks.read_task", tasks.read_task, {"result": TASK}),
    _devino("omni.tasks.read_task of a scenario", tasks.read_task, {"result": SCENARIO}),
    _devino(
        "omni.tasks.read_tasks", partial(tasks.read_tasks, limit=1), {"result": [TASK]}, NO_ROWS
    ),
    _devino(
        "omni.tasks.read_macros",
        tasks.read_macros,
        {"result": [{"task": TASK, "macros": ["Unsubscribe", "WebVersion"]}]},
    ),
    _devino("account.read_account", account.read_account, ACCOUNT),
    _devino("account.read_plan_record", account.read_plan_record, {"result": {"whatever": [1]}}),
)
_ADDRESS_BOOK = (
    _devino(
        "address_book.lists.read_list_id", lists.read_list_id, {"result": "3576515602081985000"}
    ),
    _devino("address_book.lists.read_lists", partial(lists.read_lists, limit=1), LISTS),
    _devino(
        "address_book.contacts.read_contacts",
        partial(contacts.read_contacts, limit=1),
        *(CONTACTS, NO_ROWS),
    ),
    _devino(
        "address_book.upload.read_contact_results",
        partial(upload.read_contact_results, contacts=NEW_CONTACTS),
        UPLOADS,
    ),
    _devino(
        "address_book.deletion.read_deletions",
        partial(deletion.read_deletions, list_ids=LIST_IDS),
        DELETIONS,
    ),
)

READINGS: tuple[Reading, ...] = (*_MESSENTE, *_SENDING, *_ASKING, *_ADDRESS_BOOK)
"""All of them; ``test_no_reader_is_left_out`` holds that."""
