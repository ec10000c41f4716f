"""Devino's vocabularies as the contract sheet has them: status words (E), error keys (F), names."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest

from devino_async.address_book import (
    FieldType,
    ListType,
    NewContact,
    read_contact_results,
    read_list_id,
)
from devino_async.answers import state_of
from devino_async.email import (
    EmailDetailStatus,
    EmailEvent,
    EmailField,
    email_state,
    read_results as read_letters,
)
from devino_async.omni import (
    AddressBookSourceType,
    EventType,
    EventValue,
    OmniChannel,
    OmniEvent,
    OmniRecipient,
    Period,
    TaskOrder,
    TaskState,
    TaskType,
    TriggerType,
    VkTemplatePolicy,
    omni_state,
    read_answers,
)
from devino_async.push import PushPlatform
from devino_async.push_wallet import PushWalletTarget
from devino_async.sms import (
    GroupBy,
    SmsDetail,
    SmsDetailStatus,
    SmsField,
    SmsPriority,
    SmsStatisticsStatus,
    SmsStatusEvent,
    SmsTraffic,
    SortOrder,
    read_callbacks,
    read_results,
)
from devino_async.vk import VkDeliveryPolicy, VkRoute
from devino_async.whatsapp import WhatsAppType
from omni_common.errors import Outcome
from omni_common.exchange import Failure, FailureKind
from omni_common.report import DeliveryState
from tests.devino.answering import accepted, answer, rejected

UNKNOWN = DeliveryState.UNKNOWN

# --- E: status words ------------------------------------------------------------------------------

SMS_WORDS = {
    "ACCEPTED": DeliveryState.ACCEPTED,
    "SCHEDULED": DeliveryState.SCHEDULED,
    "ENROUTE": DeliveryState.SENDING,
    "SENT": DeliveryState.SENT,
    "DELIVERED": DeliveryState.DELIVERED,
    "EXPIRED": DeliveryState.EXPIRED,
    "CLICKED": DeliveryState.CLICKED,
    "UNDELIVERABLE": DeliveryState.UNDELIVERED,
    "REJECTED": DeliveryState.REJECTED,
    "UNKNOWN": UNKNOWN,
}
STATISTICS_WORDS = {
    "accepted": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.SCHEDULED,
    "enrouted": DeliveryState.SENDING,
    "sent": DeliveryState.SENT,
    "deleted": DeliveryState.CANCELLED,
    "delivered": DeliveryState.DELIVERED,
    "expired": DeliveryState.EXPIRED,
    "seen": DeliveryState.READ,
    "clicked": DeliveryState.CLICKED,
    "rejected": DeliveryState.REJECTED,
    "undeliverable": DeliveryState.UNDELIVERED,
    "unknown": UNKNOWN,
}
SMS_DETAIL_WORDS = {
    "IN_PROGRESS": DeliveryState.SENDING,
    "DELIVERED": DeliveryState.DELIVERED,
    "REDIRECT": DeliveryState.CLICKED,
    "REJECTED": DeliveryState.REJECTED,
    "UNDELIVERED": DeliveryState.UNDELIVERED,
}
EMAIL_WORDS = {
    "ACCEPTED": DeliveryState.ACCEPTED,
    "SENT": DeliveryState.SENT,
    "DELIVERED": DeliveryState.DELIVERED,
    "EXPIRED": DeliveryState.EXPIRED,
    "OPENED": DeliveryState.READ,
    "CLICKED": DeliveryState.CLICKED,
    "BOUNCED": DeliveryState.UNDELIVERED,
    "REJECTED": DeliveryState.REJECTED,
    "SUBSCRIBED": None,
    "UNSUBSCRIBED": None,
    "COMPLAINED": None,
}
EMAIL_DETAIL_WORDS = {
    "DELIVERED": DeliveryState.DELIVERED,
    "IN_PROGRESS": DeliveryState.SENDING,
    "READ": DeliveryState.READ,
    "REDIRECT": DeliveryState.CLICKED,
    "UNDELIVERED": DeliveryState.UNDELIVERED,
    "SUBSCRIBED": None,
    "UNSUBSCRIBED": None,
}
OMNI_WORDS = {
    "delivered": DeliveryState.DELIVERED,
    "expired": DeliveryState.EXPIRED,
    "undeliverable": DeliveryState.UNDELIVERED,
    "bounced": DeliveryState.UNDELIVERED,
    "opened": DeliveryState.READ,
    "clicked": DeliveryState.CLICKED,
    "rejected": DeliveryState.REJECTED,
    "deleted": DeliveryState.CANCELLED,
    "canceled": DeliveryState.CANCELLED,
    "subscribed": None,
    "unsubscribed": None,
    "complained": None,
    "unknown": UNKNOWN,
    "MSISDN_NOT_REGISTERED": DeliveryState.UNDELIVERED,
}
NOBODYS_WORDS = ("ADDED_LATER", "", None)


@pytest.mark.parametrize(("word", "state"), SMS_WORDS.items())
def test_t57_words_of_sms(word: str, state: DeliveryState) -> None:
    for spelling in (word, word.lower()):
        assert SmsStatusEvent(status=spelling).state is state


@pytest.mark.parametrize(("word", "state"), STATISTICS_WORDS.items())
def test_t57_words_of_statistics(word: str, state: DeliveryState) -> None:
    assert state_of(SmsStatisticsStatus(word)) is state


@pytest.mark.parametrize(("word", "state"), SMS_DETAIL_WORDS.items())
def test_t58_words_of_sms_details(word: str, state: DeliveryState) -> None:
    assert SmsDetail(status=SmsDetailStatus(word)).state is state


@pytest.mark.parametrize(("word", "state"), (EMAIL_WORDS | EMAIL_DETAIL_WORDS).items())
def test_t57_t58_words_of_email(word: str, state: DeliveryState | None) -> None:
    for spelling in (word, word.lower()):
        assert EmailEvent(event=spelling).state is email_state(spelling) is state


@pytest.mark.parametrize(("word", "state"), OMNI_WORDS.items())
def test_t57_words_of_omni(word: str, state: DeliveryState | None) -> None:
    for spelling in (word, word.upper()):
        assert OmniEvent(status=spelling).state is omni_state(spelling) is state


@pytest.mark.parametrize("word", NOBODYS_WORDS)
def test_t57_other_words_are_unknown_and_stay_as_they_are(word: str | None) -> None:
    assert SmsStatusEvent(status=word).state is UNKNOWN
    assert SmsDetail(status=word).state is UNKNOWN
    assert EmailEvent(event=word).state is UNKNOWN
    assert OmniEvent(status=word).state is UNKNOWN
    [event] = read_callbacks(json.dumps({"status": word}).encode())
    assert event.status == word


@pytest.mark.parametrize(
    ("word", "is_final"),
    [
        ("DRAFT", False),
        ("NEW", False),
        ("STARTED", False),
        ("STOPPED", False),
        ("STOPPED_BALANCE_BLOCKED", False),
        ("STOPPED_NOT_WORKING_TIME", False),
        ("FINISHED", True),
        ("FAILED", True),
        ("DELETED_FINISHED", True),
        ("DELETED_DRAFT", True),
    ],
)
def test_t54_states_of_tasks(word: str, is_final: bool) -> None:  # noqa: FBT001 - a table's cell
    assert TaskState(word).is_final is is_final


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        (accepted("1"), Outcome.ACCEPTED),
        (rejected(), Outcome.NOT_SENT),
        (accepted("1", code="QUEUED"), Outcome.UNKNOWN),
    ],
    ids=["OK", "REJECTED", "another"],
)
def test_t2_codes_of_a_send(item: dict[str, Any], outcome: Outcome) -> None:
    results = read_results(answer({"result": [item]}), 1)

    assert isinstance(results, tuple)
    assert (results[0].outcome, results[0].code) == (outcome, item["code"])


# --- F: error keys --------------------------------------------------------------------------------

SMS_REASONS = {
    "not.available": ("from", "sender"),
    "to.format.invalid": ("to", "to"),
    "scheduledTime.is.invalid": ("scheduledTime", "send_at"),
    "text.length.too.long": ("text", "text"),
    "validity.is.invalid": ("validity", "ttl"),
    "priority.is.not.match": ("priority", "priority"),
    "callbackUrl.format.invalid": ("callbackUrl", "callback_url"),
}
CALL_KEYS = {
    "billing.error": FailureKind.NO_FUNDS,
    "forbidden": FailureKind.FORBIDDEN,
    "too.many.messages": FailureKind.REFUSED,
    "must.be.not.null": FailureKind.REFUSED,
    "invalid": FailureKind.REFUSED,
    "length.too.long": FailureKind.REFUSED,
    "unknown": FailureKind.REFUSED,
    "added.later": FailureKind.REFUSED,
}


@pytest.mark.parametrize("key", SMS_REASONS)
@pytest.mark.parametrize("prefix", ["messages[0].", ""], ids=["indexed", "bare"])
def test_f_a_reason_names_the_field_of_a_message(key: str, prefix: str) -> None:
    name, field = SMS_REASONS[key]
    item = rejected({"key": key, "ref": prefix + name, "defaultMessage": "Error"})
    results = read_results(answer({"result": [item]}), 1)

    assert isinstance(results, tuple)
    [reason] = results[0].reasons
    assert results[0].outcome is Outcome.NOT_SENT
    assert (reason.key, reason.ref, reason.field) == (key, prefix + name, field)
    assert reason.default_message == "Error"


@pytest.mark.parametrize(("key", "kind"), CALL_KEYS.items())
def test_f_t3_the_key_of_a_refused_call_says_why(key: str, kind: FailureKind) -> None:
    document = {"result": None, "reasons": [{"key": key}]}
    refused = read_results(answer(document), 1)

    assert isinstance(refused, Failure)
    assert (refused.kind, refused.vendor_code, refused.raw) == (kind, key, document)


def test_f_the_key_of_a_list_without_a_name() -> None:
    reason = {"key": "name.must.be.not.null", "ref": "name"}
    refused = read_list_id(answer({"result": None, "reasons": [reason]}))

    assert isinstance(refused, Failure)
    assert (refused.vendor_code, refused.field) == ("name.must.be.not.null", "name")


def test_f_t1_the_key_of_a_letter_without_recipients() -> None:
    key = "validation.recipients.must.be.greather.then.0"
    reason = {"Key": key, "Reference": "recipients"}
    refused = read_letters(answer({"Description": "Validation failed", "Reasons": [reason]}), [])

    assert isinstance(refused, Failure)
    assert (refused.vendor_code, refused.field) == (key, "recipients")


def test_f_t28_the_key_of_a_wrong_phone_is_read_out_of_the_description() -> None:
    item = {
        "code": "REJECTED",
        "result": None,
        "description": "{} #invalid.phone.size; Invalid phone size",
    }
    result = {"contactIds": [], "sendAnswers": [], "errorAnswers": [item]}
    answers = read_answers(answer({"result": result}), [OmniRecipient(phone="79000000000")], [])

    assert answers is not None
    assert not isinstance(answers, Failure)
    assert answers.results[0].outcome is Outcome.NOT_SENT
    assert [each.key for each in answers.results[0].reasons] == ["invalid.phone.size"]


@pytest.mark.parametrize(
    ("key", "is_duplicate"), [("DUPLICATE_VALUE", True), ("ADDED_LATER", False)]
)
def test_f_the_key_of_a_contact_that_is_there_already(
    key: str,
    is_duplicate: bool,  # noqa: FBT001 - a table's cell
) -> None:
    item = {"code": "REJECTED", "result": {"localizationKey": key, "fieldName": "phone"}}
    results = read_contact_results(answer({"result": [item]}), [NewContact(phone="79000000000")])

    assert isinstance(results, tuple)
    assert (results[0].localization_key, results[0].is_duplicate) == (key, is_duplicate)
    assert results[0].outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("code", [0, 2005, 99])
def test_f_error_codes_of_callbacks_are_kept_as_numbers(code: int) -> None:
    [event] = read_callbacks(json.dumps({"status": "REJECTED", "errorCode": code}).encode())

    assert event.error_code == code


# --- The other vocabularies -----------------------------------------------------------------------

WORDS: dict[type[Enum], str] = {
    SmsPriority: "LOW MEDIUM HIGH REALTIME",
    SmsStatisticsStatus: " ".join(STATISTICS_WORDS),
    SmsDetailStatus: " ".join(SMS_DETAIL_WORDS),
    SmsTraffic: "ADVERTISING AUTHORIZATION INCOMING SERVICE TRANSACTIONAL",
    SmsField: (
        "COMPANY_ID COMPANY_NAME CONTACT_ID COUNTRY_ID COUNTRY_NAME ERROR_CODE EVENT_DATE_TIME"
        " MESSAGE_ID MOG_ID MOG_NAME MO_ID MO_NAME PRICE PROVIDER_MESSAGE_ID RECIPIENT"
        " RECIPIENT_ZONE_NAME ROUTE SEGMENT_COUNT SEGMENT_ID SENT_DATE_TIME SOURCE_ADDRESS STATUS"
        " TASK_ID TASK_NAME TASK_TYPE TEMPLATE TEMPLATE_ID TEXT TRAFFIC TRIGGER_CONTACT_GROUP"
        " IS_CONTACT_GROUP_DELETED TRIGGER_ID USER_ID USER_LOGIN"
    ),
    EmailDetailStatus: " ".join(EMAIL_DETAIL_WORDS),
    EmailField: (
        "COMPANY_ID COMPANY_NAME EVENT_DATE_TIME MESSAGE_ID PRICE RECIPIENT SENT_DATE_TIME"
        " SOURCE_ADDRESS SOURCE_NAME STATUS SUBJECT TASK_ID TASK_NAME TASK_TYPE"
        " TRIGGER_CONTACT_GROUP TRIGGER_SEGMENT IS_CONTACT_GROUP_DELETED"
        " IS_TRIGGER_SEGMENT_DELETED TRIGGER_ID USER_ID USER_LOGIN"
    ),
    GroupBy: "NONE YEAR MONTH WEEK DAY HOUR",
    SortOrder: "ASC DESC",
    TaskType: "SIMPLE API BIRTHDAY PERIODIC EVENT_FLOW GEO AB_TEST",
    OmniChannel: "SMS EMAIL VIBER PUSH OMNI PUSH_WALLET VK WHATSAPP FLASHCALL HLR VOICE",
    AddressBookSourceType: "SIMPLE BIRTHDAY PERIODIC",
    Period: "ONCE DAILY WEEKLY MONTHLY",
    TriggerType: (
        "ADDRESS_BOOK_SOURCE EVENT_SOURCE NO_EVENT_SOURCE TRAN_API_SOURCE EVENT_COLLECTOR"
        " GEO_LOCATION"
    ),
    EventType: "STATE CONTACT_MOBILE_EVENT CONTACT_WEB_EVENT",
    EventValue: ("delivered expired opened clicked unsubscribed subscribed MSISDN_NOT_REGISTERED"),
    TaskOrder: "ID NAME STATE CREATION_DATE",
    TaskState: (
        "DRAFT NEW STARTED STOPPED FINISHED DELETED_FINISHED DELETED_DRAFT FAILED"
        " STOPPED_BALANCE_BLOCKED STOPPED_NOT_WORKING_TIME"
    ),
    VkTemplatePolicy: "ANY MOBILE_DEVICE_REQUIRED",
    ListType: "STANDARD STOPLIST PUSH OMNI_API",
    FieldType: "0 1 2 3 5 8",
    PushPlatform: "IOS ANDROID HUAWEI",
    PushWalletTarget: "card campaign campaigns",
    VkRoute: "VK OK",
    VkDeliveryPolicy: "any mobile_device_required verified_phone_number",
    WhatsAppType: "text image audio video document contact location template interactive",
}


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_t54_t77_an_enum_has_the_documented_words_and_no_others(kind: type[Enum]) -> None:
    assert {str(each.value) for each in kind} == set(WORDS[kind].split())
