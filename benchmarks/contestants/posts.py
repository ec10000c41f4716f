"""What vendors post: its proof is checked and it is read, without a server in front."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from attrs import frozen

from benchmarks.case import AsyncWork, Work

if TYPE_CHECKING:
    from omni_common.callbacks import Event

__all__ = ["by_hand", "read", "received"]

_SECRETS = {
    "messente.delivery": "password",
    "devino.sms": "k7Zb0-nobody-else-knows",
    "devino.omni": "Tq31_nobody-else-knows",
}
_BODIES = {
    "messente.delivery": (
        '{"status":"DELIVRD","sender":"Shop","err":0,'
        '"message_id":"3e28ec48-d620-4191-a96e-<place>","to":"+37255555555","channel":"sms",'
        '"error":null,"omnimessage_id":"d7248cda-6c1a-4436-acf5-<place>",'
        '"timestamp":"2027-02-04T08:09:42.389630",'
        '"price_info":{"part_price":"0.1","parts_count":2,"total_price":"0.2"}}'
    ),
    "devino.sms": (
        '[{"messageId":"3597944<place>","ts":1613404835977,"status":"DELIVERED","errorCode":0}]'
    ),
    "devino.omni": (
        '[{"messageId":"3606044<place>","ts":1613404835977,"status":"delivered","errorCode":0,'
        '"callbackData":{"omni_reference":"<place>","omni_channels":"63322:viber 63323:sms"},'
        '"contactId":"3111e47182ca9c11-3111e4711103c800","taskId":7004,"triggerId":63322}]'
    ),
}


@frozen
class _Post:
    path: str
    token: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def by_hand(address: str, *, pool: int) -> Iterator[Work]:
    """What nobody can do without who takes Messente's reports: HMAC, and JSON to a dictionary."""
    posts = _posts("messente.delivery", pool)
    secret = _SECRETS["messente.delivery"].encode()

    def work(count: int) -> int:
        done = 0
        for post in posts[:count]:
            signature = hmac.new(secret, post.body, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(signature, post.headers["X-Messente-Signature"]):
                raise ValueError("the signature is wrong")
            done += json.loads(post.body)["status"] == "DELIVRD"
        return done

    yield work


@contextmanager
def read(address: str, *, area: str, pool: int) -> Iterator[Work]:
    """``read_callback``."""
    from omni_common import DeliveryReport
    from omni_common.callbacks import read_callback

    posts, secret = _posts(area, pool), _SECRETS[area]

    def work(count: int) -> int:
        done = 0
        for post in posts[:count]:
            events = read_callback(area, post.headers, post.body, secrets=secret, token=post.token)
            done += sum(isinstance(event, DeliveryReport) for event in events)
        return done

    yield work


@asynccontextmanager
async def received(address: str, *, area: str, pool: int) -> AsyncIterator[AsyncWork]:
    """``CallbackReceiver.receive``, to the handler and back. Each event is news to the receiver."""
    from omni_common.callbacks import CallbackReceiver

    posts = _posts(area, pool)

    async def work(count: int) -> int:
        taken: list[Event] = []
        receiver = CallbackReceiver(taken.append, secrets={area: _SECRETS[area]})
        for post in posts[:count]:
            await receiver.receive("POST", post.path, post.headers, post.body)
        return len(taken)

    yield work


def _posts(area: str, count: int) -> list[_Post]:
    from omni_common.callbacks import sign

    posts = []
    for place in range(count):
        body = _BODIES[area].replace("<place>", f"{place:012}").encode()
        signed = sign(area, body, _SECRETS[area])
        headers = {"Content-Type": "application/json", **signed.headers}
        posts.append(_Post(signed.path, signed.path.rpartition("/")[2], headers, body))
    return posts
