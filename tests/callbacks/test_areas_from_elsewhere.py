"""Kinds of posts that another distribution brings, well made and badly made ones."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from omni_common import CallbackRefusedError, ConfigurationError
from omni_common.callbacks import (
    CallbackReceiver,
    Event,
    IncomingMessage,
    TokenMask,
    callback_area,
    callback_area_names,
    read_callback,
    sign,
)

TOKEN = "a-token-of-a-path"
MODULE = """
import hashlib
from omni_common.callbacks import CallbackArea, IncomingMessage
from omni_common.report import DeliveryReport

def read(body):
    return [IncomingMessage(provider="acme", id=body.decode())]

def quarrel(body):
    raise KeyError("canary " + body.decode())

def dig(body):
    return dig(body)

def seal(body, secret):
    return hashlib.sha256(secret.encode() + body).hexdigest().upper()

def lose(body, secret):
    raise KeyError("canary " + secret)

OPEN = CallbackArea(name="acme.open", read=read)
SEALED = CallbackArea(name="acme.sealed", read=read, signature_header="X-Acme", sign=seal)
QUARREL = CallbackArea(name="acme.quarrel", read=quarrel)
DEEP = CallbackArea(name="acme.deep", read=dig)
NOTHING = CallbackArea(name="acme.nothing", read=lambda body: ["no event"])
LOST = CallbackArea(name="acme.lost", read=read, signature_header="X-Acme", sign=lose)
BLANK = CallbackArea(
    name="acme.blank", read=read, signature_header="X-Acme", sign=lambda body, secret: ""
)
BYTES = CallbackArea(
    name="acme.bytes", read=read, signature_header="X-Acme", sign=lambda body, secret: b"aa"
)
HALF = CallbackArea(
    name="acme.half", read=lambda body: [DeliveryReport("1", None, parts=["no part"])]
)
MISNAMED = CallbackArea(name="acme.other", read=read)
BROKEN = 1 / 0 if __name__ == "acme_broken" else None
"""
NAMES = (
    *("OPEN", "SEALED", "QUARREL", "DEEP", "NOTHING", "MISNAMED"),
    *("LOST", "BLANK", "BYTES", "HALF"),
)


@pytest.fixture(autouse=True)
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The distribution of a vendor called acme, installed for a test."""
    metadata = tmp_path / "acme-1.0.dist-info"
    metadata.mkdir()
    lines = [f"acme.{name.lower()} = acme_posts:{name}" for name in NAMES]
    lines.append("acme.broken = acme_broken:BROKEN")
    (metadata / "entry_points.txt").write_text("[omni.callbacks]\n" + "\n".join(lines), "utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n", "utf-8")
    for module in ("acme_posts", "acme_broken"):
        (tmp_path / f"{module}.py").write_text(MODULE, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def post(receiver: CallbackReceiver, area: str, body: bytes, secret: str = TOKEN) -> int:
    made = sign(area, body, secret)
    return receiver.receive_blocking("POST", made.path, made.headers, body).status


@pytest.mark.parametrize("area", ["acme.open", "acme.sealed"])
def test_it_is_received_like_any_other(area: str) -> None:
    assert area in callback_area_names()
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets={area: [TOKEN]}, base_url="https://a.b")
    assert [post(receiver, area, body) for body in (b"1", b"2", b"1")] == [200, 200, 200]
    assert events == [IncomingMessage(provider="acme", id=each, area=area) for each in ("1", "2")]
    assert post(receiver, area, b"3", "another-token-of-a-path") in {403, 404}
    assert receiver.url(area) == "https://a.b/acme/" + area.partition(".")[2] + (
        f"/{TOKEN}" if area == "acme.open" else ""
    )
    paths = ["/acme/open"] if area == "acme.open" else []
    assert receiver.token_mask == TokenMask(paths)


def test_a_reader_that_fails_is_answered_500_and_logged_without_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver = CallbackReceiver(print, secrets={"acme.quarrel": TOKEN})
    with caplog.at_level(logging.DEBUG):
        assert post(receiver, "acme.quarrel", b"secret") == 500
    assert "the reader of acme.quarrel raised KeyError at" in caplog.text
    assert "canary" not in caplog.text


def test_a_reader_that_makes_what_is_no_report_is_answered_500(
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver = CallbackReceiver(print, secrets={"acme.half": TOKEN})
    assert post(receiver, "acme.half", b"") == 500
    assert "the reader of acme.half raised AttributeError at" in caplog.text


@pytest.mark.parametrize(
    ("area", "problem"),
    [
        ("acme.lost", "sign raised KeyError"),
        ("acme.blank", "sign makes no text"),
        ("acme.bytes", "sign makes no text"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"X-Acme": ""}, {"X-Acme": "aa"}])
async def test_a_signature_that_cannot_be_made_proves_nothing(
    area: str, problem: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets={area: TOKEN})
    path = "/" + area.replace(".", "/")
    assert receiver.receive_blocking("POST", path, headers, b"1").status == 403
    assert (await receiver.receive("POST", path, headers, b"1")).status == 403
    assert events == []
    assert caplog.text.count(f"refused a post: {area}: ") == caplog.text.count(problem) == 2
    with pytest.raises(CallbackRefusedError) as refused:
        read_callback(area, headers, b"1", secrets=TOKEN)
    assert TOKEN not in f"{refused.value} {caplog.text}"


def test_a_reader_that_goes_too_deep_refuses_the_post(caplog: pytest.LogCaptureFixture) -> None:
    receiver = CallbackReceiver(print, secrets={"acme.deep": TOKEN})
    assert post(receiver, "acme.deep", b"[") == 400
    assert "acme.deep: the callback is nested too deeply" in caplog.text


def test_what_is_no_event_is_handed_on_and_never_held_back() -> None:
    events: list[Event] = []
    receiver = CallbackReceiver(events.append, secrets={"acme.nothing": TOKEN})
    assert [post(receiver, "acme.nothing", b"") for _ in range(2)] == [200, 200]
    assert len(events) == 2


@pytest.mark.parametrize("area", ["acme.misnamed", "acme.broken"])
def test_one_that_cannot_be_loaded_is_refused_when_the_receiver_is_made(area: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        CallbackReceiver(print, secrets={area: TOKEN})
    assert refused.value.field == area


def test_an_area_is_looked_for_once() -> None:
    assert callback_area("acme.open") is callback_area("acme.open")
