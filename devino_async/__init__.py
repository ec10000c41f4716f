"""Devino for omni-async: the native client, and the provider behind the shared interface.

The main things that are sent and that come back are here. All others, the pure builders and readers
of each call, filters, and parsers of callbacks are in the area's own module: ``devino_async.sms``,
``.email``, ``.omni``, ``.address_book``, ``.viber``, ``.push``, ``.push_wallet``, ``.whatsapp``,
``.vk`` and ``.account``. The blocking twin of the client is ``devino_async.sync.DevinoClient``.
"""

from typing import TYPE_CHECKING

from omni_common.exports import on_demand

if TYPE_CHECKING:
    from devino_async.account import AccountInfo
    from devino_async.address_book import (
        Contact,
        ContactField,
        ContactList,
        ContactResult,
        ListDeletion,
        NewContact,
    )
    from devino_async.answers import Reason
    from devino_async.channel_sending import BodyForm, ChannelPriority, ChannelResult
    from devino_async.client import DevinoClient
    from devino_async.email import (
        EmailDetail,
        EmailEvent,
        EmailLetter,
        EmailRecipient,
        EmailResult,
        EmailSender,
        EmailStatistics,
        UploadedFile,
    )
    from devino_async.omni import NewTask, OmniEvent, OmniRecipient, OmniResult, Task, Trigger
    from devino_async.paging import Page
    from devino_async.provider import DevinoProvider
    from devino_async.push import PushMessage
    from devino_async.push_wallet import PushWalletMessage, PushWalletPayload
    from devino_async.selection import GroupBy, SortOrder
    from devino_async.sms import (
        IncomingSms,
        SmsDetail,
        SmsMessage,
        SmsPriority,
        SmsResource,
        SmsResult,
        SmsStatistics,
        SmsStatus,
        SmsStatusEvent,
    )
    from devino_async.viber import ViberMessage
    from devino_async.vk import VkMessage
    from devino_async.whatsapp import WhatsAppDirectMessage, WhatsAppMessage
else:
    __getattr__, __dir__ = on_demand(
        __name__,
        {
            "account": ("AccountInfo",),
            "address_book": (
                "Contact",
                "ContactField",
                "ContactList",
                "ContactResult",
                "ListDeletion",
                "NewContact",
            ),
            "answers": ("Reason",),
            "channel_sending": ("BodyForm", "ChannelPriority", "ChannelResult"),
            "client": ("DevinoClient",),
            "email": (
                "EmailDetail",
                "EmailEvent",
                "EmailLetter",
                "EmailRecipient",
                "EmailResult",
                "EmailSender",
                "EmailStatistics",
                "UploadedFile",
            ),
            "omni": ("NewTask", "OmniEvent", "OmniRecipient", "OmniResult", "Task", "Trigger"),
            "paging": ("Page",),
            "provider": ("DevinoProvider",),
            "push": ("PushMessage",),
            "push_wallet": ("PushWalletMessage", "PushWalletPayload"),
            "selection": ("GroupBy", "SortOrder"),
            "sms": (
                "IncomingSms",
                "SmsDetail",
                "SmsMessage",
                "SmsPriority",
                "SmsResource",
                "SmsResult",
                "SmsStatistics",
                "SmsStatus",
                "SmsStatusEvent",
            ),
            "viber": ("ViberMessage",),
            "vk": ("VkMessage",),
            "whatsapp": ("WhatsAppDirectMessage", "WhatsAppMessage"),
        },
    )

__all__ = [
    "AccountInfo",
    "BodyForm",
    "ChannelPriority",
    "ChannelResult",
    "Contact",
    "ContactField",
    "ContactList",
    "ContactResult",
    "DevinoClient",
    "DevinoProvider",
    "EmailDetail",
    "EmailEvent",
    "EmailLetter",
    "EmailRecipient",
    "EmailResult",
    "EmailSender",
    "EmailStatistics",
    "GroupBy",
    "IncomingSms",
    "ListDeletion",
    "NewContact",
    "NewTask",
    "OmniEvent",
    "OmniRecipient",
    "OmniResult",
    "Page",
    "PushMessage",
    "PushWalletMessage",
    "PushWalletPayload",
    "Reason",
    "SmsDetail",
    "SmsMessage",
    "SmsPriority",
    "SmsResource",
    "SmsResult",
    "SmsStatistics",
    "SmsStatus",
    "SmsStatusEvent",
    "SortOrder",
    "Task",
    "Trigger",
    "UploadedFile",
    "ViberMessage",
    "VkMessage",
    "WhatsAppDirectMessage",
    "WhatsAppMessage",
]
