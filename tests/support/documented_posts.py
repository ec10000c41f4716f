"""What the vendors' documents show of their posts, one example of each kind, by its area."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = [
    "DOCUMENTED_POSTS",
    "EMAIL_EVENT",
    "INBOUND_MESSAGE",
    "INCOMING_SMS",
    "MESSENTE_REPORT",
    "OMNI_EVENT",
    "SMS_STATUS",
    "posted",
]

MESSENTE_REPORT: Mapping[str, Any] = {
    "status": "DELIVRD",
    "sender": "MySender",
    "err": 0,
    "message_id": "3e28ec48-d620-4191-a96e-d91ba8ecc949",
    "to": "+3725555555",
    "channel": "sms",
    "error": None,
    "omnimessage_id": "d7248cda-6c1a-4436-acf5-aaf249bb67d3",
    "timestamp": "2020-02-04T08:09:42.389630",
    "price_info": {"part_price": "0.1", "parts_count": 2, "total_price": "0.2"},
}
INBOUND_MESSAGE: Mapping[str, Any] = {
    "msg_id": "1f5197ec-b4d7-4d5f-8bba-e005d1cadba1",
    "sub_msg_id": "d276e75e-e9f5-4b44-88aa-d5c7b38a1e4a",
    "channel": "sms",
    "recipient": "1234",
    "time": "2021-02-23T14:51:13.000000Z",
    "text": "This is a test message content",
    "sender": "+44000000000",
}
SMS_STATUS: Mapping[str, Any] = {
    "messageId": "3597944866766620289",
    "ts": 1613404835977,
    "status": "REJECTED",
    "errorCode": 2005,
}
INCOMING_SMS: Mapping[str, Any] = {
    "incomingMessageId": "3777714415805253122",
    "to": "MyCompany",
    "from": "79101111111",
    "text": "Incoming Message",
    "transactionId": "a7d76677f699",
    "prefix": "2135",
    "operator": "MTS",
    "countryName": "ru",
    "ts": "1587721283000",
}
EMAIL_EVENT: Mapping[str, Any] = {
    "dateTime": "2023-04-04T05:56:56.313Z",
    "userData": None,
    "contactId": None,
    "messageId": "dRJ7nkr99WF",
    "taskId": 0,
    "event": "ACCEPTED",
    "email": "example@devinotele.com",
}
OMNI_EVENT: Mapping[str, Any] = {
    "messageId": "3606044956953218300",
    "ts": 1613404835977,
    "status": "delivered",
    "errorCode": 0,
    "callbackData": {"order": "1"},
    "contactId": "3111e47182ca9c11-3111e4711103c800",
    "taskId": 7004,
    "triggerId": 63322,
}
DOCUMENTED_POSTS: Mapping[str, Mapping[str, Any]] = {
    "devino.email": EMAIL_EVENT,
    "devino.omni": OMNI_EVENT,
    "devino.sms": SMS_STATUS,
    "devino.sms_incoming": INCOMING_SMS,
    "messente.delivery": MESSENTE_REPORT,
    "messente.inbound": INBOUND_MESSAGE,
}
"""The names of the areas in alphabetical order."""


def posted(document: Any) -> bytes:
    """*document* as the body of a post."""
    return json.dumps(document).encode()
