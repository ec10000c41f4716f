"""A vendor that quotes what it was sent: in every field, head and error that an answer may have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Self, TypeAlias

from tests.support.canaries import ADDRESS, NUMBER, SENTENCE, planted_emulator
from tests.support.fault_steps import Step, answer, whole_answer
from tests.support.faulty_vendor import FaultyVendor
from tests.support.vendor_faults import FAULTS, VendorFault

__all__ = ["EVERY_FAULT", "REFUSALS", "PlantedVendor", "quotations", "quoting"]

Change: TypeAlias = Callable[[str, str], str]
"""Makes another text of a field's name and its text."""
_QUOTED = {"sentence": SENTENCE, "number": NUMBER}


class PlantedVendor(FaultyVendor):
    """One whose account has a canary for a password, or for a key."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.emulator.close()
        self.emulator = planted_emulator(self.vendor, port=self.port)
        return self


REFUSALS: Mapping[str, Any] = {
    "messente errors": {"errors": [{"title": "", "detail": "", "code": "105", "source": ""}]},
    "messente items": {"messages": [{"errors": [{"title": "", "detail": "", "code": ""}]}]},
    "devino reasons": {
        "code": "REJECTED",
        "description": "",
        "reasons": [{"key": "", "ref": "", "defaultMessage": ""}],
    },
    "devino items": {
        "result": [{"code": "REJECTED", "reasons": [{"key": "", "ref": "", "defaultMessage": ""}]}]
    },
    "devino item": {"result": {"code": "REJECTED", "reasons": [{"key": "", "reference": ""}]}},
    "devino e-mail": {"Code": "", "Description": "", "Reasons": {"Key": "", "DefaultMessage": ""}},
}
"""The shapes of refusals; whatever is empty there quotes."""
_IS_SHOWN = re.compile(
    r"(ids?|name|sender|count|price|mergeKey)$"
    r"|^(from|sourceAddress|values|macros|template|list|segment|result)$",
    re.IGNORECASE,
)
_MOST_TEXTS = 24
"""No answer that is quoted in one text at a time has more of them."""


def _changed(document: Any, change: Change, name: str = "") -> Any:
    """*document*, whose every text is what *change* makes of it and its name.

    Ids, names, counts and prices stay, since they are shown: what the vendor is asked for by, and
    what the account itself called its senders, lists and tasks.
    """
    if isinstance(document, dict):
        return {key: _changed(each, change, key) for key, each in document.items()}
    if isinstance(document, list):
        return [_changed(each, change, name) for each in document]
    is_shown = _IS_SHOWN.search(name) is not None
    return change(name, document) if isinstance(document, str) and not is_shown else document


def _in_every_text(quoted: str) -> Change:
    return lambda _, __: quoted


def _in_what_is_no_code(quoted: str) -> Change:
    return lambda name, text: text if name.casefold() in {"code", "to", "event"} else quoted


def _in_what_is_empty(quoted: str, _: str, text: str) -> str:
    return text or quoted


def _in_text(quoted: str, place: int) -> Change:
    passed = 0

    def change(_: str, text: str) -> str:
        nonlocal passed
        passed += 1
        return quoted if passed == place + 1 else text

    return change


def _quoting(make: Callable[[], Change]) -> Callable[[bytes], bytes]:
    """The right answer, if it is JSON, with quotations in it."""

    def says(right: bytes) -> bytes:
        head, _, body = right.partition(b"\r\n\r\n")
        try:
            document = json.loads(body)
        except ValueError:
            return right
        other = json.dumps(_changed(document, make())).encode()
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
        return b"\r\n".join([*lines, f"Content-Length: {len(other)}".encode(), b"", other])

    return says


def _in_answers() -> Iterator[VendorFault]:
    for what, quoted in _QUOTED.items():
        makers = {
            "every text": partial(_in_every_text, quoted),
            "what is no code": partial(_in_what_is_no_code, quoted),
            **{f"text {place}": partial(_in_text, quoted, place) for place in range(_MOST_TEXTS)},
        }
        for where, make in makers.items():
            yield VendorFault(f"quotes a {what} in {where}", says=_quoting(make))


def quotations(document: Any) -> Iterator[Any]:
    """*document* with a quotation in one of its texts or several, in every way there is."""
    for quoted in _QUOTED.values():
        for change in (_in_every_text(quoted), _in_what_is_no_code(quoted)):
            yield _changed(document, change)
        for place in range(_MOST_TEXTS):
            yield _changed(document, _in_text(quoted, place))


def _in_refusals() -> Iterator[VendorFault]:
    for name, document in REFUSALS.items():
        for what, quoted in _QUOTED.items():
            body = json.dumps(_changed(document, partial(_in_what_is_empty, quoted))).encode()
            for status in (200, 400, 401, 404, 500):
                yield _saying(f"{name} with a {what}, {status}", whole_answer(status, body))


def _in_heads() -> Iterator[VendorFault]:
    for status in (200, 302, 400, 401, 407, 429, 500, 503):
        names = ("Location", "Retry-After", "WWW-Authenticate", "Proxy-Authenticate", "Set-Cookie")
        right = whole_answer(status, SENTENCE.encode(), dict.fromkeys(names, SENTENCE))
        yield _saying(f"heads of {status} quote", right.replace(b"Anything", SENTENCE.encode()))
    quoted = SENTENCE.encode()
    for name, wrong in {
        "no HTTP": quoted,
        "status line": b"HTTP/1.1 " + quoted + b"\r\n\r\n",
        "header without a colon": b"HTTP/1.1 200 OK\r\n" + quoted + b"\r\n\r\n",
        "header with a null": b"HTTP/1.1 200 OK\r\nX: " + quoted + b"\0\r\n\r\n",
        "length": b"HTTP/1.1 200 OK\r\nContent-Length: " + quoted + b"\r\n\r\n",
        "encoding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + quoted + b"\r\n\r\n",
        "compression": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: 99\r\n\r\n" + quoted,
        "character set": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=" + quoted
        + b"\r\nContent-Length: 2\r\n\r\n{}",
        "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + quoted + b"\r\n",
        "long line": b"HTTP/1.1 200 OK\r\nX: " + quoted * 1000 + b"\r\n\r\n",
        "text after the answer": whole_answer(200, b"{}") + quoted,
    }.items():  # fmt: skip
        yield _saying(f"quotes in {name}", wrong)


def _saying(name: str, data: bytes) -> VendorFault:
    return VendorFault(name, takes=False, says=lambda _: data)


EVERY_FAULT: Mapping[str, VendorFault] = {
    **FAULTS,
    **{fault.name: fault for fault in (*_in_answers(), *_in_refusals(), *_in_heads())},
}
"""All that may happen to an exchange, what is quoted included."""


_WORDS = f"{NUMBER} is out of reach, and so is {ADDRESS}"
"""What a vendor says of a message that did not arrive."""
_ANSWERS: Mapping[str, Any] = {
    "messente": {
        "omnimessage_id": "632c6f3d-49d0-4a8f-5b2e-74023d31e51d",
        "to": NUMBER,
        "messages": [{"message_id": "1", "channel": SENTENCE, "sender": "Shop"}],
        "statuses": [
            {"channel": SENTENCE, "status": SENTENCE, "timestamp": SENTENCE, "error": _WORDS},
            {"channel": "sms", "status": NUMBER, "timestamp": NUMBER, "error": _WORDS, "err": 1},
        ],
    },
    "devino": {
        "result": [
            {
                "code": "OK",
                "messageId": "3701172084729885952",
                "smsId": "3701172084729885952",
                "status": SENTENCE,
                "statusDateTime": SENTENCE,
            }
        ]
    },
}
_KINDS = {"messente": "messente errors", "devino": "devino reasons"}


def quoting(vendor: str, how: str) -> Step:
    """A *vendor* that ``refuses``, ``fails`` or ``answers``, and quotes."""
    refusal = _changed(REFUSALS[_KINDS[vendor]], partial(_in_what_is_empty, SENTENCE))
    status, document = {
        "refuses": (400, refusal),
        "fails": (500, refusal),
        "answers": (200, _ANSWERS[vendor]),
    }[how]
    return answer(status, json.dumps(document).encode(), {"Retry-After": SENTENCE})
