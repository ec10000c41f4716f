"""Answers as the vendors document them, and one refusal of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.devino_statistics import DELIVERED, HEADER

__all__ = [
    "ACCOUNT",
    "ADDRESSES",
    "BULK",
    "CONTACTS",
    "CONTACT_IDS",
    "CREATED",
    "DELETIONS",
    "EMAIL_PAGE",
    "ID",
    "ITEM",
    "ITEMS",
    "LETTER",
    "LETTER_REFUSED",
    "LISTS",
    "LIST_IDS",
    "NO_PAGE",
    "NO_ROWS",
    "OMNI",
    "OMNI_ONE",
    "REASONS",
    "REFUSED",
    "REPORT",
    "SCENARIO",
    "SMS_PAGE",
    "STATISTICS",
    "STATUSES",
    "TABLE",
    "TASK",
    "UPLOADED",
    "UPLOADS",
]

ID = "d7248cda-6c1a-4436-acf5-aaf249bb67d3"
ADDRESSES = ("recipient.1@example.com", "recipient.2@example.com")
CONTACT_IDS = ("3379c731a0734800-337a7406f274fe80",)
LIST_IDS = ("5435476543542", "435467586654")

# --- Messente -------------------------------------------------------------------------------------

_ERROR = {
    "title": "Invalid data",
    "detail": "Invalid or disallowed sender Messente",
    "code": "105",
    "source": "payload[sms][sender]",
}
_PART = {"channel": "sms", "message_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949", "sender": "Shop"}
REFUSED = {"errors": [_ERROR]}
CREATED = {"messages": [_PART], "omnimessage_id": ID, "to": "+37251000000"}
BULK = {"messages": [CREATED, {"errors": [{**_ERROR, "source": "payload[to]"}]}]}
REPORT = {
    "omnimessage_id": ID,
    "to": "+37251000000",
    "statuses": [
        {
            "status": "DELIVRD",
            "sender": "MySender",
            "err": 0,
            "message_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949",
            "channel": "sms",
            "error": None,
            "timestamp": "2020-02-04T08:09:42.389630",
            "price_info": {"part_price": "0.1", "parts_count": 2, "total_price": "0.2"},
        }
    ],
}

# --- Devino ---------------------------------------------------------------------------------------

REASONS = {
    "code": "REJECTED",
    "result": None,
    "reasons": [{"key": "to.format.invalid", "ref": "messages[1].to", "defaultMessage": "Error"}],
    "description": "Key error: (parameter: to)",
}
ITEMS = {
    "result": [
        {
            "code": "OK",
            "messageId": "3701172084729885952",
            "segmentsId": ["3701172084729885952", "3701172084729885953"],
        },
        {"code": "REJECTED", "messageId": None, "segmentsId": None, "reasons": REASONS["reasons"]},
    ]
}
ITEM = {"result": ITEMS["result"][:1]}
STATUSES = {
    "result": [
        {
            "smsId": 3482512350952730368,
            "status": "DELIVERED",
            "statusDateTime": "2022-09-09 19:29:3",
        },
        {"smsId": "3701172084729885700", "status": "SENT", "statusDateTime": "2022-09-09 19:29:34"},
    ]
}
SMS_PAGE = {
    "result": {
        "offset": 1000,
        "number": 21,
        "size": 50,
        "pageExists": True,
        "more": True,
        "pages": 100,
        "total": 1000,
        "data": [
            {
                "messageId": "234567865432456787634",
                "sentDateTime": "2022-12-14 05:55:32",
                "segmentId": "234567865432456787634",
                "recipient": "79001112233",
                "status": "DELIVERED",
                "companyId": 234,
                "taskId": 88888888,
                "text": "Hello",
                "errorCode": 0,
                "isContactGroupDeleted": "No",
                "price": "1.0000",
                "segmentCount": 1,
            }
        ],
    }
}
EMAIL_PAGE = {
    "result": {
        "offset": 0,
        "more": False,
        "data": [
            {
                "messageId": "dwY4BSnjQ2X",
                "recipient": "recipient@example.com",
                "sourceAddress": "sender@example.com",
                "sentDateTime": "2022-12-14 05:54:32",
                "status": "UNSUBSCRIBED",
                "userLogin": "79991112233",
                "triggerId": 22569,
                "price": "1.0000",
                "isListDeleted": False,
            }
        ],
    }
}
NO_PAGE = {"result": {"offset": 0, "more": False, "data": []}}
NO_ROWS: Mapping[str, Any] = {"result": []}
STATISTICS = {
    "result": {
        "messages": {
            "accepted": [{"date": "2023-01-01 00:00:00", "amount": 100}],
            "delivered": [{"date": "2023-02", "amount": 3}, {"date": "2023-01", "amount": 67}],
        },
        "segments": {"accepted": [{"date": "2023-01-01 00:00:00", "amount": 2}], "sent": []},
    }
}
LETTER = {
    "result": [
        {"index": index, "address": address, "messageId": f"dwY4BSnjQ2{index}"}
        for index, address in enumerate(ADDRESSES)
    ],
    "description": "ok",
}
LETTER_REFUSED = {
    "Description": "Validation failed",
    "Reasons": [
        {"Key": "validation.recipients.must.be.greather.then.0", "Reference": "recipients"}
    ],
}
UPLOADED = {"result": {"fileId": ID, "publicUrl": f"http://files.local/emailAttachments/{ID}"}}
TABLE = "\r\n".join(
    [
        HEADER,
        f"14.04.2022{DELIVERED}",
        f"15.04.2022{DELIVERED}",
        f"14.04.2022 - 15.04.2022{DELIVERED}",
    ]
)
TASK = {
    "id": "7003",
    "taskName": "NEW_SMS",
    "userId": 22,
    "creationDate": "2020-06-02 07:59:08",
    "type": "SIMPLE",
    "state": "NEW",
    "triggersInfo": [
        {
            "triggerId": "511",
            "taskId": "7003",
            "startTime": "2020-06-02 11:00:00",
            "counters": {"totalCount": 1, "successCount": 0, "errorCount": 0},
            "externalId": "CAEF899C-C583-4DA4-B06D-8D364E6E14DE",
        }
    ],
}
SCENARIO = {
    **TASK,
    "type": "API",
    "triggersInfo": [
        {"triggerId": "63322", "channel": "VIBER", "endTime": "2028-06-02 11:00:00"},
        {"triggerId": "63323", "channel": "SMS", "endTime": "2028-06-02 11:00:00"},
    ],
}
_OMNI_REFUSED = {
    "code": "REJECTED",
    "result": None,
    "description": json.dumps({"email": "test@example.com", "phone": "79100000000"})
    + " #invalid.phone.size; Invalid phone size",
}
OMNI = {
    "result": {
        "contactIds": list(CONTACT_IDS),
        "sendAnswers": [
            {"code": "OK", "mergeKey": CONTACT_IDS[0][:-3], "result": "3606044956953218300"}
        ],
        "errorAnswers": [_OMNI_REFUSED],
    }
}
OMNI_ONE = {"result": {**OMNI["result"], "errorAnswers": []}}
_FIELD = {"name": "gender", "displayName": "Gender", "type": 3, "isDefault": True, "values": ["m"]}
LISTS = {
    "result": [
        {
            "contactGroupId": "23556345674567625",
            "companyId": 452345234,
            "name": "ContactsList",
            "creationDate": "2022-10-22T18:14:21",
            "fields": [_FIELD],
            "contactsCount": "34234",
            "type": "STANDARD",
            "autoDeleteEnabled": False,
        }
    ]
}
CONTACTS = {
    "result": [
        {
            "contactId": CONTACT_IDS[0],
            "companyId": 112233,
            "last update": "2020-10-20 09:01:05",
            "phone": "79100000000",
            "email": "valya@example.com",
            "fields": [{**_FIELD, "value": "m"}],
            "unsubscribedData": [
                {
                    "data": "valya@example.com",
                    "channelList": [
                        {"channel": "EMAIL", "unsubscribedAt": "2020-10-21T08:13:55"},
                    ],
                    "updatedAt": "2020-10-21 08:13:55",
                }
            ],
            "pushInfo": [{"appId": "23244532534", "os": 0, "pushToken": "23fsdivfwrq34f"}],
        }
    ]
}
UPLOADS = {
    "result": [
        {"code": "OK", "result": {"contactId": CONTACT_IDS[0]}},
        {
            "code": "REJECTED",
            "result": {"localizationKey": "DUPLICATE_VALUE", "fieldName": "phone"},
            "description": "Duplicate",
        },
    ]
}
DELETIONS = {"result": [{"code": "OK", "result": id} for id in LIST_IDS]}
ACCOUNT = {
    "result": {
        "account": {
            "companyId": 1234,
            "accountType": "PREPAID",
            "balance": 1000.5,
            "reserve": "12.5000",
            "isBlocked": False,
            "recalcBillRate": True,
        },
        "validPacketChannels": ["EMAIL"],
    }
}
