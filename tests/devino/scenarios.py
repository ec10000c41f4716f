"""Messages that go by a scenario, and settings for it, as the tests of scenarios make them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from devino_async.routes.scenario import ScenarioSettings
from omni_common.message import Content, Email, Message, Recipient, Sms, Viber, Vk

TO = Recipient(phone="+79001234567", email="ann@mail.example")
MINUTES = timedelta(minutes=5)
MARK = "canary"
"""What every text of a message made by :func:`messages` holds, and nothing of ours does."""


def settings(**fields: Any) -> ScenarioSettings:
    """Settings that every message can go by."""
    given = {
        "sender": "Shop",
        "email_sender": "post@shop.example",
        "vk_template": "900",
        "cascade_ttl": timedelta(minutes=10),
    }
    return ScenarioSettings(**{**given, **fields})


def message(*contents: Content, to: str | Recipient = TO, **fields: Any) -> Message:
    return Message(to, list(contents), **fields)


SETTINGS = settings()
VIBER = Viber("Sale!", ttl=MINUTES)
SMS = Sms("Sale!")
EMAIL = Email("Sale! [Unsubscribe]", subject="News")
VK = Vk(template_id="16")


def _text() -> st.SearchStrategy[str]:
    return st.sampled_from([MARK, f"{MARK} ж", f"<b>{MARK}</b>"])


def _url() -> st.SearchStrategy[str]:
    return st.just(f"https://{MARK}.example/")


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _ttls(shortest: int = 15, longest: int = 86_400) -> st.SearchStrategy[timedelta | None]:
    return _optional(st.integers(shortest, longest).map(lambda each: timedelta(seconds=each)))


def _senders() -> st.SearchStrategy[str | None]:
    return _optional(st.just(f"{MARK}Sender"[:11]))


def _sms() -> st.SearchStrategy[Content]:
    return st.builds(Sms, _text(), sender=_senders(), ttl=_ttls())


@st.composite
def _viber(draw: st.DrawFn) -> Content:
    text, image = draw(_optional(_text())), draw(_optional(_url()))
    has_button = image is not None or draw(st.booleans())
    return Viber(
        draw(_text()) if text is None and image is None else text,
        image_url=image,
        button_text=draw(_text()) if has_button else None,
        button_url=draw(_url()) if has_button else None,
        sender=draw(_senders()),
        ttl=draw(_ttls()),
    )


@st.composite
def _email(draw: st.DrawFn, *, is_last: bool) -> Content:
    macro = draw(st.sampled_from(["[Unsubscribe]", "${Unsubscribe}", "{{Unsubscribe}}"]))
    name = draw(st.sampled_from(["text", "html"]))
    return Email(
        **{name: draw(_text()) + macro},
        subject=draw(_text()),
        sender=draw(_optional(st.just(f"post@{MARK}.example"))),
        sender_name=draw(_optional(_text())),
        ttl=None if is_last else draw(_ttls()),
    )


def _vk() -> st.SearchStrategy[Content]:
    data = st.dictionaries(st.sampled_from(["name", "code"]), _text(), max_size=2)
    template_ids = st.just(f"{MARK}16")
    return st.builds(Vk, template_id=template_ids, template_data=_optional(data), ttl=_ttls())


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Messages over one to four channels that nothing is said against; VK comes last."""
    leading = draw(st.permutations(["sms", "viber", "email"]))[: draw(st.integers(0, 3))]
    names = [*leading, *(["vk"] if draw(st.booleans()) or not leading else [])]
    contents: list[Content] = []
    for name in names:
        kinds = {
            "sms": _sms(),
            "viber": _viber(),
            "email": _email(is_last=name == names[-1]),
            "vk": _vk(),
        }
        contents.append(draw(kinds[name]))
    return message(*contents)
