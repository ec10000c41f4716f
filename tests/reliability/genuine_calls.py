"""Every call that is made of models and other things that users pass, with right ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from typing import Any

from attrs import field, frozen

from devino_async import account, omni, push, push_wallet, viber, vk, whatsapp
from devino_async.address_book import (
    ContactField,
    ContactUpload,
    FieldType,
    ListType,
    NewContact,
    PushInfo,
    contacts as book_contacts,
    deletion,
    lists,
)
from devino_async.email import (
    DOCUMENTED_ENDPOINT,
    Charset,
    detail as email_detail,
    files,
    sending as email_sending,
    statistics as email_statistics,
)
from devino_async.selection import GroupBy, SortOrder, select
from devino_async.sms import (
    detail as sms_detail,
    sending as sms_sending,
    statistics as sms_statistics,
    statuses,
)
from messente_async import omnimessage as messente
from omni_common.exchange import Request
from tests.reliability.genuine_models import (
    AWARE,
    DIRECT,
    FIELDS,
    LETTER,
    NAIVE,
    OBJECT,
    PHONE,
    PUSH,
    RECIPIENT,
    SMS,
    SMS_TEMPLATE,
    TASK,
    VIBER,
    VK,
    WALLET,
    WHATSAPP,
)
from tests.reliability.genuine_omnimessages import OMNIMESSAGES

__all__ = ["CALLS", "Call"]


@frozen
class Call:
    """A request that is made of what users pass.

    Attributes:
        name: The vendor and what is asked of it.
        request: Makes it.
        arguments: Right ones, by name.
        given: What the library itself passes beside them.
    """

    name: str
    request: Callable[..., Request]
    arguments: Mapping[str, Any] = field(repr=False)
    given: Mapping[str, Any] = field(factory=dict, repr=False, kw_only=True)


_MESSAGES = (
    Call("devino sms", sms_sending.send_request, {"messages": [SMS], "shorten_url": True}),
    Call("devino viber", viber.viber_request, {"messages": [VIBER], "shorten_url": True}),
    Call("devino push", push.push_request, {"messages": [PUSH]}),
    Call("devino wallet", push_wallet.push_wallet_request, {"messages": (WALLET, WALLET)}),
    Call("devino whatsapp", whatsapp.whatsapp_request, {"message": WHATSAPP}),
    Call("devino whatsapp direct", whatsapp.whatsapp_direct_request, {"message": DIRECT}),
    Call("devino vk", vk.vk_request, {"messages": [VK]}),
    Call("devino letter", email_sending.send_request, {"letter": LETTER}),
)

_SCENARIOS = (
    Call("devino task", omni.create_task_request, {"task": TASK}, given={"zone": UTC}),
    Call(
        "devino task message",
        omni.send_request,
        {
            "task_id": "7004",
            "contacts": [RECIPIENT],
            "contact_ids": ["3379c731a0734800-337a7406f274fe80"],
            "templates": {"63322": SMS_TEMPLATE, "63323": {"viberTemplate": {"text": "Hi"}}},
        },
    ),
    Call("devino task by id", omni.task_request, {"task_id": "7003"}),
    Call(
        "devino tasks",
        omni.tasks_request,
        {
            "count": 10,
            "offset": 0,
            "order_by": "ID",
            "ascending": True,
            "channel": "SMS",
            "name": "NEW",
            "types": ["SIMPLE", "API"],
            "included_states": ["NEW"],
            "created_date_from": NAIVE,
            "end_date_to": NAIVE,
        },
    ),
    Call(
        "devino macros",
        omni.macros_request,
        {"task_ids": ["7004", 7005], "task_states": ["FINISHED"]},
    ),
)


def _upload(list_id: Any, duplicate_check_field: Any, zone_offset: Any, **contact: Any) -> Request:
    upload = ContactUpload(
        list_id=list_id, duplicate_check_field=duplicate_check_field, zone_offset=zone_offset
    )
    return upload.request([NewContact(**contact)])


_BOOK = (
    Call(
        "devino new list",
        lists.create_list_request,
        {
            "name": "Customers",
            "type": ListType.STANDARD,
            "fields": [ContactField("gender", "Gender", FieldType.TEXT, ["m", "f"])],
            "auto_delete_enabled": True,
        },
    ),
    Call(
        "devino upload",
        _upload,
        {
            "list_id": "3576",
            "duplicate_check_field": "phone",
            "zone_offset": timedelta(hours=3),
            "phone": PHONE,
            "email": "a@example.com",
            "fields": FIELDS,
            "push_info": [PushInfo("232", 0, "23fs")],
        },
    ),
    Call(
        "devino lists",
        lists.lists_request,
        {"limit": 10, "offset": 0, "name": "a", "created_from": NAIVE, "type": ["PUSH"]},
    ),
    Call(
        "devino contacts",
        book_contacts.contacts_request,
        {"list_id": "3576", "limit": 10, "desc_order": True, "zone_offset": timedelta(hours=-1)},
    ),
    Call("devino deletion", deletion.delete_lists_request, {"list_ids": ["5435", "4354"]}),
)

_REPORTS = (
    Call(
        "devino details of a range",
        lambda **selection: sms_detail.detail_request(select(**selection), limit=1),
        {"task_id": "8742", "trigger_id": 2312, "sent_from": NAIVE, "sent_to": NAIVE},
    ),
    Call(
        "devino details by ids",
        lambda **selection: email_detail.detail_request(select(**selection), limit=1),
        {"message_ids": ["1", "dwY4BSnjQ2X"]},
    ),
    Call(
        "devino sms detail",
        sms_detail.detail_request,
        {
            "limit": 20,
            "offset": 0,
            "by_segments": True,
            "country_id": "12",
            "order": SortOrder.DESC,
            "out_fields": ["MESSAGE_ID", "TRAFFIC"],
            "recipient": PHONE,
            "search_text": "shop",
            "time_offset": timedelta(hours=3),
        },
        given={"selected": (("taskId", "8742"),)},
    ),
    Call(
        "devino sms statistics",
        sms_statistics.statistics_request,
        {
            "group_by": GroupBy.MONTH,
            "start_date": NAIVE,
            "end_date": AWARE,
            "task_id": "8742",
            "time_offset": timedelta(hours=3),
        },
        given={"zone": UTC},
    ),
    Call("devino statuses", statuses.statuses_request, {"message_ids": ["3482512350952730368"]}),
    Call(
        "devino email detail",
        email_detail.detail_request,
        {"limit": 20, "order_by": "STATUS", "recipient": "a@b.c", "user_id": 88},
        given={"selected": ()},
    ),
    Call(
        "devino email statistics",
        email_statistics.statistics_request,
        {
            "group_by": GroupBy.DAY,
            "date_time_from": NAIVE,
            "date_time_to": NAIVE,
            "charset": Charset.CP1251,
            "user_id": "88",
            "zone_offset": timedelta(hours=3),
            "endpoint": DOCUMENTED_ENDPOINT,
        },
    ),
    Call(
        "devino file",
        files.upload_request,
        {"content": b"picture", "filename": "Bild 1.png", "content_type": "image/png"},
    ),
    Call(
        "devino local file",
        lambda source, **about: files.upload_request(files.find_file(source), **about),
        {"source": __file__, "filename": "Bild 1.png", "content_type": "image/png"},
    ),
    Call("devino plan", account.plan_record_request, {"channel": "SMS"}),
)

_ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
_MESSENTE = (
    *(
        Call(f"messente {name}", messente.send_request, {"omnimessage": each, "extra": OBJECT})
        for name, each in OMNIMESSAGES.items()
    ),
    Call(
        "messente bulk",
        messente.bulk_request,
        {"omnimessages": list(OMNIMESSAGES.values())[:2], "extras": [None, OBJECT]},
    ),
    Call("messente status", messente.status_request, {"omnimessage_id": _ID}),
    Call("messente cancellation", messente.cancel_request, {"omnimessage_id": _ID}),
)


CALLS: tuple[Call, ...] = (*_MESSAGES, *_SCENARIOS, *_BOOK, *_REPORTS, *_MESSENTE)
"""All of them; ``test_no_model_is_left_out`` holds that."""
