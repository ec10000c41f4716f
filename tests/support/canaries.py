"""Canaries: made-up credentials and people's data, and the search for them in all that comes out.

Each begins with one bird and ends with another, so that a part of one gives itself away too.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator
from omni_common import (
    Content,
    Email,
    Message,
    Sms,
    Viber,
    ViberVideo,
    Vk,
    WhatsApp,
    WhatsAppTemplate,
)
from omni_common.sandbox import SandboxClock, Scenario

__all__ = [
    "ADDRESS",
    "BODY",
    "CALLBACK",
    "CREDENTIAL",
    "NUMBER",
    "PREFIX",
    "PROXY_PASSWORD",
    "QUOTED",
    "SENTENCE",
    "TOKEN",
    "Search",
    "cascade",
    "found_in",
    "letter",
    "message",
    "number",
    "planted",
    "planted_emulator",
    "profile",
    "template",
    "video",
]

_BIRDS = ("kestrel", "goldfinch")


def planted(what: str) -> str:
    """A canary that stands for *what*."""
    return f"{_BIRDS[0]} {what} {_BIRDS[1]}"


CREDENTIAL = f"{_BIRDS[0]}+credential/0a1b2c3d4e5f6071{_BIRDS[1]}=="
QUOTED = quote(CREDENTIAL, safe="")
PROXY_PASSWORD = f"{_BIRDS[0]}-proxy-{_BIRDS[1]}"
TOKEN = f"{_BIRDS[0]}-token-of-a-path-{_BIRDS[1]}"
BODY = planted("body: your code is 271828")
PREFIX = "+37298765"
NUMBER = f"{PREFIX}0000"
ADDRESS = f"{_BIRDS[0]}.{_BIRDS[1]}@example.com"
CALLBACK = f"http://127.0.0.1:9/{_BIRDS[0]}-path?token={_BIRDS[1]}"
SENTENCE = planted(f"says that {NUMBER} and {ADDRESS} are wrong, and {CREDENTIAL} too; code 271828")
"""What a vendor may say, who quotes all that it was given."""


def _shifted(text: str) -> Iterable[str]:
    """What *text* looks like inside of something that is written in base64, wherever it begins."""
    for before in range(3):
        raw = b64encode(b"\0" * before + text.encode()).decode("ascii")
        # The characters at either end hold bits of what stands beside it.
        yield raw[4:].rstrip("=")[:-4] if before else raw.rstrip("=")[:-4]


_SECRETS = (CREDENTIAL, PROXY_PASSWORD, TOKEN)
_HIDDEN = (
    *_BIRDS,
    *(bird.encode().hex() for bird in _BIRDS),
    *(shifted for secret in _SECRETS for shifted in _shifted(secret)),
)
_CODE = r"(?<![0-9a-f])271828(?![0-9a-f])"
"""Alone: among the digits of millions of durations and ids it comes up by chance."""
_PATTERN = re.compile(
    "|".join([*map(re.escape, _HIDDEN), _CODE, r"98[ .-]?765[ .-]?00[01][0-9]"]), re.IGNORECASE
)


def found_in(text: str) -> list[str]:
    """The canaries, or parts of them, that *text* holds."""
    return _PATTERN.findall(text)


class Search:
    """Looks at everything that comes out, and keeps count."""

    def __init__(self) -> None:
        self.outputs = 0
        self.bytes = 0
        self.planted = 0
        """How many calls surely carried a canary."""
        self.leaks: dict[str, str] = {}
        """What was found with what is around it, by where; the first only of each place."""

    def look(self, where: str, text: str | bytes) -> None:
        """Look at one piece of output."""
        text = text if isinstance(text, str) else text.decode("latin-1")
        self.outputs += 1
        self.bytes += len(text)
        if found := _PATTERN.search(text):
            self.leaks.setdefault(where, text[max(found.start() - 60, 0) : found.end() + 20])

    def look_at_all(self, shown: Iterable[tuple[str, str]], *, of: str = "") -> None:
        """Look at pieces of output, each with where it is found."""
        for where, text in shown:
            self.look(f"{of}: {where}" if of else where, text)

    @property
    def figures(self) -> dict[str, int]:
        """What was done, for the summary of the run."""
        return {"outputs searched": self.outputs, "bytes": self.bytes, "leaks": len(self.leaks)}


def number(scenario: Scenario = Scenario.DELIVERED) -> str:
    """A canary of a number, which does at the emulators what *scenario* says."""
    return scenario.number(PREFIX)


def message(scenario: Scenario = Scenario.DELIVERED, **options: Any) -> Message:
    """An SMS whose every part is a canary."""
    return Message(number(scenario), Sms(BODY), **{"callback_url": CALLBACK, **options})


def cascade(scenario: Scenario = Scenario.DELIVERED, **options: Any) -> Message:
    """Viber, then SMS."""
    first = Viber(
        BODY,
        image_url=CALLBACK,
        button_text=planted("button"),
        button_url=CALLBACK,
        ttl=timedelta(minutes=5),
    )
    content: list[Content] = [first, Sms(BODY)]
    return Message(number(scenario), content, **{"callback_url": CALLBACK, **options})


def letter(**options: Any) -> Message:
    """An e-mail."""
    return Message(ADDRESS, Email(BODY, subject=planted("subject")), **options)


def template(**options: Any) -> Message:
    """A template of WhatsApp's."""
    approved = WhatsAppTemplate("order", "en", (planted("parameter"),))
    return Message(NUMBER, WhatsApp(template=approved), **options)


def profile(**options: Any) -> Message:
    """A message over VK by a template, with metadata and fields of the vendor's own."""
    content: list[Content] = [Vk(template_id="16", template_data={"code": planted("variable")})]
    return Message(NUMBER, content, **options)


def video(**options: Any) -> Message:
    """A video over Viber."""
    shown = ViberVideo(CALLBACK, CALLBACK, file_size=1000, duration=timedelta(seconds=5))
    return Message(NUMBER, Viber(BODY, video=shown), **options)


def planted_emulator(vendor: str, *, port: int = 0) -> MessenteEmulator | DevinoEmulator:
    """The emulator of *vendor*, whose account has a canary for a password, or for a key."""
    clock = SandboxClock(frozen=True)
    if vendor == "messente":
        return MessenteEmulator(port=port, password=CREDENTIAL, clock=clock)
    return DevinoEmulator(port=port, key=CREDENTIAL, clock=clock)
