"""SMS that people send to the account, and the callback that tells of each (A3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from omni_common.redaction import mask_number, mask_sender, mask_text

__all__ = ["ReceivedSms", "incoming_body"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(kw_only=True)
class ReceivedSms:
    """A message that somebody sent to the account."""

    id: str
    sender: str = field(repr=mask_number)
    to: str = field(repr=mask_sender)
    text: str = field(repr=mask_text)
    at: datetime
    prefix: str | None = field(default=None, repr=mask_text)
    operator: str = "MTS"
    country: str = "ru"


def incoming_body(sms: ReceivedSms, behaviour: DevinoBehaviour) -> bytes:
    """The body of the callback that tells of *sms*: one object, as in the vendor's example (A3)."""
    ts = (sms.at - _EPOCH) // timedelta(milliseconds=1)
    as_text = behaviour.reports.incoming_numbers_as_text
    event: dict[str, Any] = {
        "incomingMessageId": sms.id if as_text else int(sms.id),
        "to": sms.to,
        "from": sms.sender,
        "text": sms.text,
        "transactionId": f"{int(sms.id) % 2**48:012x}",
        "prefix": sms.prefix,
        "operator": sms.operator,
        "countryName": sms.country,
        "ts": str(ts) if as_text else ts,
    }
    if behaviour.extra_keys:
        event["addedLater"] = {"value": 1}
    return json.dumps([event] if behaviour.reports.incoming_as_array else event).encode()
