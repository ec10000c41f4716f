"""A notification to a wallet card as Devino takes it, and what is refused before HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from devino_async import DevinoClient
from devino_async.channel_sending import BodyForm
from devino_async.push_wallet import (
    PushWalletDeeplink,
    PushWalletMessage,
    PushWalletPayload,
    PushWalletTarget,
    push_wallet_request,
)
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.channel_behaviour import ChannelBehaviour, WalletTime
from omni_common.errors import InvalidMessageError, Outcome
from omni_common.exchange import Operation
from tests.devino.channels import body_of, wallet
from tests.support.clock import FakeClock

SECOND = timedelta(seconds=1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
async def client(emulator: DevinoEmulator, clock: FakeClock) -> AsyncIterator[DevinoClient]:
    async with DevinoClient(emulator.key, base_url=emulator.base_url, clock=clock) as opened:
        yield opened


def written(**fields: Any) -> Any:
    """The notification as it stands in the request's body."""
    [message] = body_of(push_wallet_request([wallet(**fields)]))
    return message


# --- The request ----------------------------------------------------------------------------------


def test_the_request_is_the_documented_one_byte_for_byte() -> None:
    deeplink = PushWalletDeeplink(target=PushWalletTarget.CAMPAIGN, campaign_id="q123456")
    payload = PushWalletPayload(title="Sales", message="Buy", deeplink=deeplink)
    request = push_wallet_request(
        [PushWalletMessage(sender="Company", to="74886035511", payload=payload)]
    )
    assert (request.method, request.target) == ("POST", "/wallet/messages")
    assert request.operation is Operation.SEND
    assert request.body == (
        b'[{"from":"Company","to":"74886035511","payload":{"title":"Sales","message":"Buy",'
        b'"deeplink":{"target":"campaign","campaignId":"q123456"}}}]'
    )


def test_every_field_has_the_vendors_name() -> None:
    assert written(
        to="+74886035511",
        payload=PushWalletPayload(
            image="https://shop.example/a.png",
            deeplink=PushWalletDeeplink(target=PushWalletTarget.CARD),
        ),
        callback_url="https://shop.example/callback",
        callback_data={"order": 17},
        scheduled_time=NOON,
        merge_key="sale",
        validity=timedelta(minutes=1),
        extra={"newField": 1},
    ) == {
        "from": "Shop",
        "to": "74886035511",
        "payload": {"image": "https://shop.example/a.png", "deeplink": {"target": "card"}},
        "callbackUrl": "https://shop.example/callback",
        "callbackData": {"order": 17},
        "scheduledTime": "2027-01-01T12:00:00",
        "mergeKey": "sale",
        "validity": 60,
        "newField": 1,
    }


def test_t29_a_time_is_written_in_utc_without_a_zone() -> None:
    east = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    assert written(scheduled_time=east)["scheduledTime"] == "2026-12-31T20:00:00"


def test_t25_callback_data_is_an_object_here() -> None:
    assert written(callback_data={"a": {"b": [1]}})["callbackData"] == {"a": {"b": [1]}}
    with pytest.raises(InvalidMessageError):
        wallet(callback_data="text")


def test_t7_the_older_form_is_one_object() -> None:
    request = push_wallet_request([wallet()], body_form=BodyForm.SINGLE)
    assert body_of(request) == written()
    with pytest.raises(InvalidMessageError):
        push_wallet_request([wallet(), wallet()], body_form=BodyForm.SINGLE)


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("sender", ["", None, 5]),
        ("to", ["", None, "790312", 79031234567]),
        ("payload", [None, {"message": "Hello"}, "Hello"]),
        ("callback_url", ["", "shop.example"]),
        ("callback_data", ["text", [1], {1: 2}]),
        ("scheduled_time", [NOON.replace(tzinfo=None), NOON.replace(microsecond=1), "soon"]),
        ("merge_key", ["", 5]),
        ("validity", [0 * SECOND, 60, SECOND / 2]),
        ("extra", ["text"]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            wallet(**{field: value})
        assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("title", ["", "l" * 51, 5]),
        ("message", ["", "l" * 2049]),
        ("image", ["", "l" * 513]),
        ("deeplink", ["card", {"target": "card"}]),
    ],
)
def test_a_payload_has_limits(field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            PushWalletPayload(**{"title": "Sale", "message": "Hello", field: value})
        assert refused.value.field == field


def test_a_payload_holds_something_be_it_a_deeplink_alone() -> None:
    with pytest.raises(InvalidMessageError):
        PushWalletPayload()
    payload = PushWalletPayload(deeplink=PushWalletDeeplink(target=PushWalletTarget.CARD))
    [message] = body_of(push_wallet_request([wallet(payload=payload)]))
    assert message["payload"] == {"deeplink": {"target": "card"}}


def test_a_campaign_needs_its_id() -> None:
    for fields in ({}, {"campaign_id": ""}, {"campaign_id": "l" * 513}):
        with pytest.raises(InvalidMessageError) as refused:
            PushWalletDeeplink(target=PushWalletTarget.CAMPAIGN, **fields)
        assert refused.value.field == "campaign_id"
    with pytest.raises(InvalidMessageError) as refused:
        PushWalletDeeplink(target="campaign")
    assert refused.value.field == "campaign_id"


def test_t54_a_target_that_is_not_known_goes_out_as_it_is() -> None:
    payload = PushWalletPayload(deeplink=PushWalletDeeplink(target="shop"))
    [message] = body_of(push_wallet_request([wallet(payload=payload)]))
    assert message["payload"]["deeplink"] == {"target": "shop"}
    with pytest.raises(InvalidMessageError) as refused:
        PushWalletDeeplink(target="")
    assert refused.value.field == "target"


def test_only_a_list_of_notifications_is_sent() -> None:
    for messages in ([], wallet(), ["text"]):
        with pytest.raises(InvalidMessageError, match="messages"):
            push_wallet_request(messages)  # type: ignore[arg-type]


def test_a_notification_shows_neither_number_nor_content() -> None:
    message = wallet(
        payload=PushWalletPayload(title="canary", message="canary", image="canary"),
        callback_data={"canary": 1},
        merge_key="canary",
    )
    assert "canary" not in repr(message)
    assert "79031234567" not in repr(message)


# --- A time whose form is not documented ----------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "other"),
    [(WalletTime.SPACED, "2027-01-01 12:00:00"), (WalletTime.INSTANT, "2027-01-01T12:00:00.000Z")],
)
async def test_another_form_of_the_time_is_refused_aloud_and_can_be_given_instead(
    client: DevinoClient, emulator: DevinoEmulator, taken: WalletTime, other: str
) -> None:
    [result] = await client.push_wallet.send([wallet(scheduled_time=NOON)])
    assert result.outcome is Outcome.ACCEPTED
    emulator.behaviour = DevinoBehaviour(channels=ChannelBehaviour(wallet_time=taken))
    [result] = await client.push_wallet.send([wallet(scheduled_time=NOON)])
    assert result.outcome is Outcome.NOT_SENT
    assert [each.field for each in result.reasons] == ["send_at"]
    [result] = await client.push_wallet.send([wallet(extra={"scheduledTime": other})])
    assert result.outcome is Outcome.ACCEPTED
    assert [entry.send_at for entry in emulator.ledger] == [NOON, NOON]
