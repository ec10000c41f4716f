"""Fields that models share: what type checkers and callers are told of them."""

from __future__ import annotations

from typing import Any

import pytest

from devino_async import EmailLetter, SmsMessage
from devino_async.address_book import ContactField, FieldType
from devino_async.fields import as_tuple
from devino_async.omni import NewTask, OmniRecipient, SmsTemplate, Trigger, TriggerType
from devino_async.push import PushMessage
from devino_async.push_wallet import PushWalletMessage
from devino_async.viber import ViberMessage
from devino_async.vk import VkMessage, VkRoute
from devino_async.whatsapp import WhatsAppDirectMessage, WhatsAppMessage


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


@pytest.mark.parametrize("value", ["text", b"bytes", 5, None, {"a": 1}])
def test_what_is_no_list_is_left_for_the_rule_to_refuse(value: Any) -> None:
    assert as_tuple(value) is value
    assert as_tuple(each for each in [value]) == (value,)
