"""What can be said and set of Viber, VK and cascades over Devino."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devino_async import DevinoProvider
from devino_async.sandbox import DevinoEmulator
from omni_common import (
    Channel,
    ChannelCapabilities,
    ConfigurationError,
    Email,
    InvalidMessageError,
    Message,
    Priority,
    Recipient,
    Sms,
    UnsupportedMessageError,
    Viber,
    Vk,
    WhatsApp,
    connect as connect_to,
)
from tests.devino.conftest import NOW, Connect
from tests.devino.scenario_account import (
    FIVE_MINUTES,
    NAME,
    offer,
    put_task,
)

ANN = Recipient(phone="+79031231000", email="ann@example.com")
LETTER = Email("Hello! [Unsubscribe]", subject="News", ttl=FIVE_MINUTES)


@pytest.fixture
def devino(connect: Connect) -> DevinoProvider:
    return connect(email_sender="post@shop.example", scenario_vk_template="900")


# --- What cannot be said --------------------------------------------------------------------------


UNSAYABLE: list[tuple[Message, str]] = [
    (offer(send_at=NOW + FIVE_MINUTES), "send_at"),
    (offer(priority=Priority.HIGH), "priority"),
    (Message(ANN, Viber("Hi"), send_at=NOW + FIVE_MINUTES), "send_at"),
    (Message(ANN, Viber("Hi", ttl=timedelta(seconds=14))), "ttl"),
    (Message(ANN, Viber("x" * 2001)), "text"),
    (Message(ANN, Vk("Hi")), "text"),
    (Message(ANN, Vk(template_id="1", sender="Shop")), "sender"),
    (Message(ANN, [Viber("Hi"), Sms("Hi")]), "ttl"),
    (Message(ANN, [Vk(template_id="1", ttl=FIVE_MINUTES), Sms("Hi")]), "content"),
    (Message(ANN, [WhatsApp("Hi"), Sms("Hi")]), "content"),
    (Message(ANN, [Sms("Hi", ttl=FIVE_MINUTES), LETTER]), "ttl"),
    (Message("ann@example.com", Viber("Hi")), "to"),
    (
        Message("+79031231000", [Sms("Hi", ttl=FIVE_MINUTES), Email("[Unsubscribe]", subject="S")]),
        "to",
    ),
    (Message(ANN, [Email("No way out", subject="S", ttl=FIVE_MINUTES), Sms("Hi")]), "text"),
    (offer(metadata={"omni_reference": "x"}), "metadata"),
    (offer(extra={"devino": {"Contact": {}}}), "extra"),
]


@pytest.mark.parametrize(
    ("message", "field"),
    [pytest.param(*row, id=f"{index} {row[1]}") for index, row in enumerate(UNSAYABLE)],
)
async def test_what_devino_cannot_say_raises_before_anything_is_asked(
    devino: DevinoProvider, emulator: DevinoEmulator, message: Message, field: str
) -> None:
    fields = [problem.field for problem in devino.check(message)]
    assert set(fields) == {field}
    with pytest.raises((InvalidMessageError, UnsupportedMessageError)) as caught:
        await devino.send(message)
    assert caught.value.field == field
    assert caught.value.reference == message.reference
    assert emulator.requests == []


@pytest.mark.parametrize(
    ("message", "setting"),
    [
        (Message(ANN, [Sms("Hi", sender="Own", ttl=FIVE_MINUTES), Vk(template_id="1")]), "sender"),
        (Message(ANN, [LETTER, Sms("Hi", sender="Own")]), "email_sender"),
        (Message(ANN, Vk(template_id="1")), "scenario_vk_template"),
    ],
)
async def test_a_setting_that_a_scenario_needs_is_named(message: Message, setting: str) -> None:
    provider = DevinoProvider("key")
    assert any(f"setting {setting}" in problem.text for problem in provider.check(message))


# --- Settings and capabilities --------------------------------------------------------------------


SETTINGS: dict[str, Any] = {
    "cascade_ttl": 600,
    "scenario_text": "Hello",
    "scenario_url": "https://shop.example/",
    "scenario_vk_template": "16",
    "scenario_start": "2026-01-01 00:00:00",
    "scenario_end": "2030-01-01 00:00:00",
}


async def test_settings_may_come_from_a_url_or_a_profile(emulator: DevinoEmulator) -> None:
    message = Message("+79031231000", [Viber("Hi"), Sms("Hi")])
    query = "&".join(f"{name}={value}" for name, value in SETTINGS.items()).replace(" ", "%20")
    profile = {"url": emulator.url, "sender": "Shop", **SETTINGS}
    for target in (f"{emulator.url}?sender=Shop&{query}", profile):
        async with connect_to(target) as omni:
            await omni.send(message)
    [made] = [each.json() for each in emulator.requests if each.operation == "task_create"]
    assert made["taskName"] == "omni-async.viber-ftv-600.sms-ft"
    viber, sms = made["triggers"]
    assert viber["template"]["viberTemplate"]["text"] == "Hello"
    assert (sms["startTime"], sms["endTime"]) == ("2026-01-01 00:00:00", "2030-01-01 00:00:00")
    assert sms["noEventSourceSettings"] == {"stateWaitMaxTimeSec": 600}


async def test_a_task_may_be_named_in_a_url_or_a_profile(
    connect: Connect, emulator: DevinoEmulator
) -> None:
    task_id = await put_task(connect(), "Mine")
    scenarios = f"{NAME}={task_id}"
    profile = {"url": emulator.url, "sender": "Shop", "scenarios": scenarios}
    query = f"sender=Shop&scenarios={scenarios.replace('=', '%3D')}"
    for target in (f"{emulator.url}?{query}", profile):
        async with connect_to(target) as omni:
            await omni.send(offer())
    assert [entry.content["taskId"] for entry in emulator.ledger] == [task_id] * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cascade_ttl", 0),
        ("cascade_ttl", 0.5),
        ("scenario_text", ""),
        ("scenario_url", "shop.example"),
        ("scenario_vk_template", ""),
        ("scenario_start", "tomorrow"),
        ("scenario_end", NOW),
        ("scenarios", "mine=7"),
        ("scenarios", {NAME: "seven"}),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        DevinoProvider("key", **{name: value})
    assert (refused.value.field, refused.value.provider) == (name, "devino")


def test_the_name_of_a_scenario_can_be_asked_for_before_anything_is_set() -> None:
    provider = DevinoProvider("key")
    assert provider.scenario_name(offer()) == NAME
    assert provider.scenario_name(Message(ANN, Vk(template_id="1"))) == "omni-async.vk-ir"
    for content in (Sms("Hi"), Email("[Unsubscribe]", subject="S")):
        with pytest.raises(InvalidMessageError) as refused:
            provider.scenario_name(Message(ANN, content))
        assert refused.value.field == "content"
    with pytest.raises(UnsupportedMessageError):
        provider.scenario_name(Message(ANN, [WhatsApp("Hi"), Sms("Hi")]))


def test_capabilities_say_what_devino_documents_of_scenarios() -> None:
    capabilities = DevinoProvider("key").capabilities
    limits: dict[Channel, tuple[timedelta, timedelta | None, int | None]] = {
        Channel.SMS: (timedelta(seconds=1), timedelta(days=3), 34_170),
        Channel.VIBER: (timedelta(seconds=15), timedelta(days=14), 2000),
        Channel.EMAIL: (timedelta(seconds=1), None, None),
        Channel.VK: (timedelta(seconds=15), timedelta(days=1), None),
    }
    assert capabilities.cascade == {
        channel: ChannelCapabilities(
            status=False,
            callback=True,
            callback_area="devino.omni",
            metadata=True,
            shortest_ttl=shortest,
            longest_ttl=longest,
            longest_text=longest_text,
            bulk=False,
            leads=channel is not Channel.VK,
            notes=capabilities.cascade[channel].notes,
        )
        for channel, (shortest, longest, longest_text) in limits.items()
    }
    for channel in (Channel.VIBER, Channel.VK):
        assert capabilities.channels[channel] == capabilities.cascade[channel]
    assert capabilities.callback_area([Channel.SMS]) == "devino.sms"
    assert capabilities.callback_area([Channel.EMAIL]) == "devino.email"
    assert capabilities.callback_area([Channel.VIBER, Channel.SMS]) == "devino.omni"
