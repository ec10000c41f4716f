"""The ``omni`` command with canaries in its input, its account and its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

from omni_common.sandbox import Scenario
from tests.support.canaries import (
    ADDRESS,
    BODY,
    CALLBACK,
    CREDENTIAL,
    NUMBER,
    QUOTED,
    SENTENCE,
    TOKEN,
    number,
    planted,
)

__all__ = [
    "DEVINO_ID",
    "FILES",
    "MESSENTE_ID",
    "WRONG_URLS",
    "Command",
    "commands",
    "write_files",
]

MESSENTE_ID = "messente:632c6f3d-49d0-4a8f-5b2e-74023d31e51d"
DEVINO_ID = "devino:sms:3701172084729885952"
WRONG_URLS = (
    CREDENTIAL,
    f"messente://user:{CREDENTIAL}@default",
    f"messente://user:{QUOTED}@default:port",
    f"messente://user:{QUOTED}@default?sendr=1",
    f"mesente://user:{QUOTED}@default",
    f"devino://{QUOTED}@default?timeout={QUOTED}",
    f"devino://{QUOTED}@default?proxy={QUOTED}",
    f"devino://{QUOTED}@[::1",
    f"devino://{QUOTED}@default?{QUOTED}",
)
"""Connection URLs that cannot be used."""


@frozen
class Command:
    """What is typed, and what of it ends up where."""

    tokens: tuple[str, ...]
    codes: frozenset[int]
    """The exit codes that say that it came as far as it was meant to."""
    over: str = ""
    """The vendor that ``OMNI_URL`` leads to: one of those that the test has, or none."""
    environment: Mapping[str, str] = field(factory=dict)
    input: str = ""


def commands(files: Path) -> Iterator[Command]:
    """Each of them, over what *files* holds."""
    yield from _sending()
    yield from _asking()
    yield from _quoted()
    yield from _wrong_usage(files)
    yield from _wrong_accounts(files)
    yield Command(("segments", BODY), frozenset({0}))
    yield Command(("segments", "-"), frozenset({0}), input=f"{BODY} €Ж")
    yield Command(("providers",), frozenset({0}), "messente")
    yield Command(("demo",), frozenset({0}), "messente")


def _sending() -> Iterator[Command]:
    viber = ("--image-url", CALLBACK, "--button-text", planted("button"), "--button-url", CALLBACK)
    written = ("--text", "-", "--callback-url", CALLBACK)
    codes = {
        Scenario.DELIVERED: 0,
        Scenario.REFUSED: 2,
        Scenario.ANSWER_DROPPED: 3,
        Scenario.SERVER_ERROR: 3,
        Scenario.GARBAGE: 3,
    }
    for vendor in ("messente", "devino"):
        for scenario, code in codes.items():
            tokens = ("send", number(scenario), *written)
            yield Command(tokens, frozenset({code}), vendor, input=BODY)
        cascade = ("--channel", "viber", "--then", "sms", "--ttl", "5m", *viber)
        yield Command(("send", NUMBER, *written, *cascade), frozenset({0, 2}), vendor, input=BODY)
    letter = ("--channel", "email", "--subject", planted("subject"), "--sender", "a@shop.example")
    text = f"{BODY} [Unsubscribe]"
    yield Command(("send", ADDRESS, "--text", text, *letter), frozenset({0}), "devino")
    yield Command(("send", ADDRESS, "--text", text, *letter), frozenset({2}), "messente")
    for what in (
        ("send", NUMBER, "--text", BODY),
        ("status", MESSENTE_ID),
        ("cancel", MESSENTE_ID),
    ):
        yield Command(what, frozenset({75}), "nobody")


def _asking() -> Iterator[Command]:
    for vendor, id in {"messente": MESSENTE_ID, "devino": DEVINO_ID}.items():
        for each in (id, NUMBER, ADDRESS, BODY):
            yield Command(("status", each), frozenset({2}), vendor)
            yield Command(("cancel", each), frozenset({2}), vendor)
        yield Command(
            ("status", id, NUMBER, "--watch", "--timeout", "1s"), frozenset({2, 75}), vendor
        )
        yield Command(("status", f"{vendor}://u:{QUOTED}@default"), frozenset({64}), vendor)
        yield Command(("cancel", f"{vendor}://u:{QUOTED}@default"), frozenset({64}), vendor)


def _quoted() -> Iterator[Command]:
    """At the hands of vendors that quote all they were sent."""
    for vendor in ("messente", "devino"):
        for how in ("refuses", "fails", "answers"):
            over = f"{vendor} {how}"
            id = MESSENTE_ID if vendor == "messente" else DEVINO_ID
            yield Command(("send", NUMBER, "--text", BODY), frozenset({2, 3, 0}), over)
            yield Command(("status", id), frozenset({0, 2, 75}), over)
            yield Command(("cancel", id), frozenset({0, 2, 3, 75}), over)


def _wrong_usage(files: Path) -> Iterator[Command]:
    send = ("send", NUMBER, "--text", BODY)
    wrong = frozenset({64})
    for option in ("ttl", "send-at", "priority", "channel", "then", "on-unknown", "profile"):
        yield Command((*send, f"--{option}", SENTENCE), wrong, "messente")
    for tokens in (
        ("send", NUMBER, BODY),
        ("send", NUMBER, "--txet", BODY),
        ("send", NUMBER, f"--txet={BODY}"),
        ("send", NUMBER, "-t", BODY),
        ("send", "--text", BODY),
        ("send", NUMBER),
        (*send, "--text", BODY),
        (*send, "--text-file", str(files / "body")),
        (*send, "--subject", planted("subject")),
        (*send, "--config", str(files / "torn.toml"), "--url", f"devino://{QUOTED}@default"),
        (*send, "--url", f"messente://user:{QUOTED}@default"),
        (*send, "--url", f"messente://user:{QUOTED}@127.0.0.1:port"),
        (*send, "--url", CREDENTIAL),
        ("status",),
        ("status", MESSENTE_ID, "--timeout", BODY),
        ("status", MESSENTE_ID, "--watch", "--timeout", BODY),
        ("sned", NUMBER, BODY),
        (BODY,),
        ("sandbox", "--speed", BODY),
        ("sandbox", "--devino-port", NUMBER),
        ("sandbox", "--devino-callback-url", f"http://shop.example/{TOKEN}"),
        ("demo", BODY),
        ("providers", BODY),
        ("segments",),
        ("segments", BODY, BODY),
    ):
        yield Command(tokens, wrong, "messente")
    invalid = frozenset({2, 64})
    for to in (BODY, SENTENCE, f"{NUMBER}x", f"{ADDRESS},{ADDRESS}", CREDENTIAL):
        yield Command(("send", to, "--text", "Hi"), invalid, "messente")
    for option in ("callback-url", "image-url", "button-url", "send-at"):
        yield Command(
            ("send", NUMBER, f"--{option}", BODY, "--channel", "viber"), invalid, "messente"
        )
    yield Command((*send, "--reference", "two\nlines"), invalid, "messente")


def _wrong_accounts(files: Path) -> Iterator[Command]:
    wrong = frozenset({64})
    for url in WRONG_URLS:
        for tokens in (("send", NUMBER, "--text", BODY), ("status", DEVINO_ID)):
            yield Command(tokens, wrong, environment={"OMNI_URL": url})
    for name in FILES:
        config = ("--config", str(files / name), "--profile", "shop")
        yield Command(("send", NUMBER, "--text", BODY, *config), frozenset({64, 2, 75}))


FILES: Mapping[str, str] = {
    "torn.toml": f'[profiles.shop]\ntype = "messente"\npassword = "{CREDENTIAL}\n',
    "twice.toml": f'[profiles.shop]\npassword = "{CREDENTIAL}"\npassword = "{CREDENTIAL}"\n',
    "unknown.toml": f'[profiles.shop]\ntype = "messente"\npasword = "{CREDENTIAL}"\n',
    "number.toml": f'[profiles.shop]\ntype = "devino"\nkey = ["{CREDENTIAL}"]\n',
    "url.toml": f'[profiles.shop]\nurl = "messente://{CREDENTIAL}"\n',
    "both.toml": '[profiles.shop]\ntype = "devino"\nkey = "'
    + CREDENTIAL
    + '"\nkey_file = "secret"\n',
    "elsewhere.toml": f'[profiles.shop]\ntype = "devino"\nkey = "{CREDENTIAL}"\n'
    'base_url = "http://shop.example"\n',
    "file.toml": '[profiles.shop]\ntype = "messente"\nuser = "user"\npassword_file = "secret"\n'
    'base_url = "http://127.0.0.1:9"\n',
}


def write_files(folder: Path) -> None:
    """Write what the commands name: configurations, a credential and a text."""
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "secret").write_text(f"{CREDENTIAL}\n", "utf-8")
    (folder / "body").write_text(f"{BODY}\n", "utf-8")
