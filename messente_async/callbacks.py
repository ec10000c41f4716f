"""What Messente posts to a URL of the caller's: bytes in, typed events out; and who signed them.

::

    signature = request.headers.get(SIGNATURE_HEADER)
    if verify_signature(body, signature, password):      # the raw bytes, before anything reads them
        for event in read_delivery_report(body): ...

Answer 200 at once (T75): whatever is neither a success nor a redirect counts as not received, and
how often Messente tries again is not documented. The same event may come twice, and events come in
any order (T60).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

from attrs import field, frozen

from messente_async import _values as values
from messente_async.omnimessage import Channel
from messente_async.report import DeliveryResult, read_channel, read_result
from omni_common.callbacks import callback_objects
from omni_common.errors import ConfigurationError
from omni_common.redaction import mask_number, mask_sender, mask_text, shown_key
from omni_common.secret import Secret

__all__ = [
    "SIGNATURE_HEADER",
    "DeliveryReportEvent",
    "InboundMessage",
    "read_delivery_report",
    "read_inbound",
    "sign",
    "verify_signature",
]

SIGNATURE_HEADER = "X-Messente-Signature"
"""The header of a callback that holds its signature (B7)."""


@frozen(kw_only=True)
class DeliveryReportEvent(DeliveryResult):
    """News of one channel's message of an omnimessage (B5). Whatever was left out is None.

    It is final for that channel at most: after a failure the next channel has its turn (T59). So
    keep what was said of each ``message_id``, merged with :func:`omni_common.report.merge`, which
    minds neither order nor repetition (T60), and derive the whole from these with
    :func:`messente_async.cascade_state`.

    Attributes:
        omnimessage_id: The omnimessage, as it was named when it was sent.
        to: The recipient.
    """

    omnimessage_id: str | None = None
    to: str | None = field(default=None, repr=mask_number)


@frozen(kw_only=True)
class InboundMessage:
    """What a person sent to a number of the account's (B6).

    Only an SMS has a documented example. What comes over other channels may look otherwise: fields
    that are missing or of another kind are None, and all of it is in ``raw``.

    Attributes:
        msg_id: The message's id.
        sub_msg_id: A second id; what it is for is not documented.
        channel: Over which channel it came; a word that is not known yet as it came.
        recipient: The account's number that it was sent to.
        time: When; a time without a zone is UTC (T36).
        text: What it says.
        sender: The person's number.
        raw: All of it as it came.
    """

    msg_id: str | None = None
    sub_msg_id: str | None = None
    channel: Channel | str | None = field(default=None, repr=shown_key)
    recipient: str | None = field(default=None, repr=mask_sender)
    time: datetime | None = None
    text: str | None = field(default=None, repr=mask_text)
    sender: str | None = field(default=None, repr=mask_number)
    raw: Any = field(default=None, repr=False, eq=False)


def read_delivery_report(body: bytes) -> tuple[DeliveryReportEvent, ...]:
    """The delivery reports in *body*: the one that Messente documents, or an array of them (T7).

    Raises:
        CallbackError: It is no JSON object, nor an array of objects: nothing is left out.
    """
    return tuple(
        read_result(
            DeliveryReportEvent,
            item,
            omnimessage_id=values.identifier(item.get("omnimessage_id")),
            to=values.identifier(item.get("to")),
        )
        for item in callback_objects(body, provider="messente")
    )


def read_inbound(body: bytes) -> tuple[InboundMessage, ...]:
    """The messages from people in *body*: the one that Messente documents, or an array of them.

    Raises:
        CallbackError: It is no JSON object, nor an array of objects: nothing is left out.
    """
    return tuple(
        InboundMessage(
            msg_id=values.identifier(item.get("msg_id")),
            sub_msg_id=values.identifier(item.get("sub_msg_id")),
            channel=read_channel(item.get("channel")),
            recipient=values.identifier(item.get("recipient")),
            time=values.time(item.get("time")),
            text=values.text(item.get("text")),
            sender=values.identifier(item.get("sender")),
            raw=item,
        )
        for item in callback_objects(body, provider="messente")
    )


def sign(body: bytes, secret: Secret | str) -> str:
    """The signature that Messente gives *body*, in lower-case hexadecimal digits; for your tests.

    Args:
        body: The raw bytes that are posted.
        secret: See :func:`verify_signature`.

    Raises:
        ConfigurationError: *secret* is empty, with which anybody could sign.
    """
    return hmac.digest(_key(secret), body, hashlib.sha256).hex()


def verify_signature(body: bytes, signature: str | None, secret: Secret | str) -> bool:
    """Whether *signature* is Messente's for *body*; compared in constant time.

    There are two secrets for the same header (T69): give each kind of callback a URL of its own. A
    signature holds no time, so that whoever saw a callback can post the same bytes again.

    Args:
        body: The raw bytes that were posted.
        signature: The header :data:`SIGNATURE_HEADER`: HMAC-SHA256 in hexadecimal digits, in any
            case; None where there was none.
        secret: For a delivery report, the password of the API key that sent the message; for an
            inbound message, the *Shared Secret* of the account's inbound numbers.

    Raises:
        ConfigurationError: *secret* is empty, with which anybody could sign.
    """
    expected = sign(body, secret)
    # Only ASCII can be compared in constant time, and no other character is a digit.
    given = (signature or "").lower().encode("ascii", "replace")
    return hmac.compare_digest(expected.encode("ascii"), given)


def _key(secret: Secret | str) -> bytes:
    text = secret.reveal() if isinstance(secret, Secret) else secret
    if not isinstance(text, str) or not text:
        msg = "a signature can be neither made nor checked without its secret"
        raise ConfigurationError(msg, provider="messente", field="secret")
    return text.encode("utf-8", "surrogatepass")
