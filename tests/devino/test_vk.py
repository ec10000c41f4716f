"""A message over VK or OK as Devino takes it, and what is refused before HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from devino_async.vk import (
    LARGEST_VK_BATCH,
    VkDeliveryPolicy,
    VkMessage,
    VkRoute,
    vk_request,
)
from omni_common.errors import InvalidMessageError
from omni_common.exchange import Operation
from tests.devino.channels import body_of, vk


def written(**fields: Any) -> Any:
    """The message as it stands in the request's body."""
    [message] = body_of(vk_request([vk(**fields)]))["messages"]
    return message


# --- The request ----------------------------------------------------------------------------------


def test_a_send_is_a_post_that_is_never_repeated() -> None:
    request = vk_request([vk()])
    assert (request.method, request.target) == ("POST", "/vk/messages")
    assert request.operation is Operation.SEND
    assert request.body == (
        b'{"messages":[{"phone":"79031234567","service":"Shop","templateId":16}]}'
    )


def test_t74_the_names_are_the_newest() -> None:
    message = VkMessage(
        phone="+79031234567",
        service="Shop",
        routes=[VkRoute.VK, VkRoute.OK],
        template_id="16",
        tmpl="welcome",
        tmpl_data={"name": "Maria"},
        delivery_policy=VkDeliveryPolicy.VERIFIED_PHONE_NUMBER,
        status_url="https://shop.example/callback",
        callback_data={"order": 17},
        extra={"newField": 1},
    )
    assert body_of(vk_request([message])) == {
        "messages": [
            {
                "phone": "79031234567",
                "service": "Shop",
                "routes": ["VK", "OK"],
                "templateId": 16,
                "tmpl": "welcome",
                "tmpl_data": {"name": "Maria"},
                "delivery_policy": "verified_phone_number",
                "status_url": "https://shop.example/callback",
                "callbackData": {"order": 17},
                "newField": 1,
            }
        ]
    }


@pytest.mark.parametrize("template_id", ["16", 16, "9007199254740993"], ids=repr)
def test_t20_t22_a_templates_id_is_a_number_here_and_exact(template_id: str | int) -> None:
    value = written(template_id=template_id)["templateId"]
    assert (value, type(value)) == (int(template_id), int)


@pytest.mark.parametrize("policy", VkDeliveryPolicy)
def test_t54_policies_are_in_small_letters(policy: VkDeliveryPolicy) -> None:
    assert written(delivery_policy=policy)["delivery_policy"] == policy.name.lower()


def test_t54_words_that_are_not_known_go_out_as_they_are() -> None:
    body = written(routes=["MAX", VkRoute.VK], delivery_policy="everybody")
    assert (body["routes"], body["delivery_policy"]) == (["MAX", "VK"], "everybody")


@pytest.mark.parametrize("number", ["79031234567", "+79031234567"])
def test_t53_numbers_travel_without_a_plus(number: str) -> None:
    assert written(phone=number)["phone"] == "79031234567"


def test_a_call_takes_1_to_1000_messages() -> None:
    assert len(body_of(vk_request([vk()] * LARGEST_VK_BATCH))["messages"]) == 1000
    for count in (0, LARGEST_VK_BATCH + 1):
        with pytest.raises(InvalidMessageError, match="1 to 1000") as refused:
            vk_request([vk()] * count)
        assert refused.value.field == "messages"


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("phone", ["", None, "790312", 79031234567]),
        ("service", ["", None, 5]),
        ("routes", ["VK", [""], [5], [VkRoute.VK, "VK"], None, VkRoute.VK]),
        ("template_id", ["welcome", "", 1.5, True, -1]),
        ("tmpl", ["", 5]),
        ("tmpl_data", ["text", [1], {"a": object()}]),
        ("delivery_policy", ["", 1]),
        ("status_url", ["", "shop.example"]),
        ("callback_data", ["text", {1: 2}]),
        ("extra", ["text"]),
    ],
)
def test_what_devino_does_not_take_is_refused_by_the_fields_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(InvalidMessageError) as refused:
            vk(**{field: value})
        assert refused.value.field == field


def test_a_message_is_made_from_a_template() -> None:
    with pytest.raises(InvalidMessageError) as refused:
        vk(template_id=None)
    assert refused.value.field == "template_id"
    assert written(template_id=None, tmpl="welcome")["tmpl"] == "welcome"


def test_t25_callback_data_is_an_object_here() -> None:
    assert written(callback_data={"order": 17})["callbackData"] == {"order": 17}
    with pytest.raises(InvalidMessageError):
        vk(callback_data="order 17")


def test_only_a_list_of_messages_is_sent() -> None:
    for messages in (vk(), ["text"], "text"):
        with pytest.raises(InvalidMessageError, match="messages"):
            vk_request(messages)  # type: ignore[arg-type]


def test_a_message_shows_neither_number_nor_content() -> None:
    message = vk(
        tmpl="canary",
        tmpl_data={"canary": "canary"},
        status_url="https://shop.example/canary",
        callback_data={"canary": 1},
    )
    assert "canary" not in repr(message)
    assert "79031234567" not in repr(message)
