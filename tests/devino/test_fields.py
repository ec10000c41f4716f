"""Fields that models share: what type checkers and callers are told of them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from devino_async import EmailLetter, SmsMessage
from devino_async.address_book import ContactField, FieldType
from devino_async.fields import as_tuple
from devino_async.omni import (
    EmailTemplate,
    NewTask,
    OmniRecipient,
    SmsTemplate,
    Trigger,
    TriggerType,
    VkTemplate,
)
from devino_async.push import PushMessage
from devino_async.push_wallet import PushWalletMessage
from devino_async.viber import ViberMessage
from devino_async.vk import VkMessage, VkRoute
from devino_async.whatsapp import WhatsAppDirectMessage, WhatsAppMessage
from omni_common.errors import InvalidMessageError


def test_a_field_that_must_be_given_is_required_of_type_checkers_too() -> None:
    """An unused comment would be an error of mypy's: it has to know that something is missing."""
    with pytest.raises(TypeError):
        SmsMessage(text="Hi")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        EmailLetter(html="Hi")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ViberMessage(text="Hi")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        PushMessage(text="Hi")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        PushWalletMessage(sender="Shop")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        WhatsAppMessage(text="Hi")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        WhatsAppDirectMessage(content={})  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        VkMessage(template_id=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        SmsTemplate(text="Hi")  # type: ignore[call-arg]


def test_lists_are_taken_for_tuples_by_type_checkers_too() -> None:
    template = SmsTemplate(sender="Shop", text="Hi")
    first = Trigger(index=0, type=TriggerType.TRAN_API_SOURCE, template=template)
    assert NewTask(task_name="x", type="API", channel="OMNI", triggers=[first]).triggers == (first,)
    vk = VkMessage(phone="79031234567", service="Shop", template_id=1, routes=[VkRoute.OK])
    assert vk.routes == (VkRoute.OK,)
    assert OmniRecipient(phone="79031234567", fields=[], push_info=iter(())).fields == ()
    assert ContactField("size", type=FieldType.TEXT, values=["S", "M"]).values == ("S", "M")


@pytest.mark.parametrize(
    "make",
    [
        lambda number: PushMessage(
            sender=17, to="token", title="Hi", text="Hi", priority="HIGH", badge=number
        ),
        lambda number: Trigger(
            index=number, type="EVENT_COLLECTOR", template=SmsTemplate(sender="Shop", text="Hi")
        ),
        lambda number: ContactField("size", type=number),
        lambda number: EmailTemplate(
            source_address="post@shop.example",
            subject="Hi",
            html_body="${Unsubscribe}",
            attachment_ids=[number],
        ),
    ],
    ids=["badge", "index", "type", "attachment_ids"],
)
def test_a_number_that_python_does_not_write_is_refused(make: Callable[[int], object]) -> None:
    assert repr(make(10**40 - 1))
    for number in (10**40, 10**5_000):
        with pytest.raises(InvalidMessageError):
            make(number)


def test_a_mapping_that_is_changed_later_changes_no_model() -> None:
    data = {"a": 1}
    view = MappingProxyType(data)
    vk = VkTemplate(template_id="5", routes=["VK"], callback_data=view)
    trigger = Trigger(index=0, type="EVENT_COLLECTOR", template=view, channel="VOICE")
    data.clear()

    assert vk.callback_data == trigger.template == {"a": 1}
    copied = pickle.loads(pickle.dumps((vk, trigger)))  # noqa: S301 - our own bytes
    assert copied == (vk, trigger)


@pytest.mark.parametrize("value", ["text", b"bytes", 5, None, {"a": 1}])
def test_what_is_no_list_is_left_for_the_rule_to_refuse(value: Any) -> None:
    assert as_tuple(value) is value
    assert as_tuple(each for each in [value]) == (value,)
