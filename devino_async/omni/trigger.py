"""The steps of a new task: what sets each off, and what it then sends (contract sheet, A10).

Built from the vendor's tables. Its sample of a cascade is at odds with them (T76): there, children
begin before their parent, a wait is missing, and ``eventSources`` is misspelt (T12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import Attribute, Factory, field, frozen
from attrs.validators import optional

from devino_async.converter import wire, write_object
from devino_async.fields import (
    AS_NUMBERS,
    as_tuple,
    optional_mapping,
    optional_minutes,
    optional_number,
    optional_one_of,
    optional_seconds,
    optional_word,
)
from devino_async.omni.channel import OmniChannel
from devino_async.omni.templates import OmniTemplate, channel_of, check_template
from devino_async.problems import invalid
from devino_async.rules import check_json, check_numeric_ids, check_text, number, seconds, several
from omni_common.rules import names_only

__all__ = [
    "EventCollectorSettings",
    "EventSource",
    "EventType",
    "EventValue",
    "GeoSettings",
    "NoEventSourceSettings",
    "Trigger",
    "TriggerType",
    "event_objects",
]


class TriggerType(StrEnum):
    """What sets a trigger off; other words are taken too (T54)."""

    ADDRESS_BOOK_SOURCE = "ADDRESS_BOOK_SOURCE"
    """The start of a task that writes to the address book."""
    TRAN_API_SOURCE = "TRAN_API_SOURCE"
    """A transactional message."""
    EVENT_SOURCE = "EVENT_SOURCE"
    """An event of the parent's message came."""
    NO_EVENT_SOURCE = "NO_EVENT_SOURCE"
    """An event of the parent's message did not come in time."""
    EVENT_COLLECTOR = "EVENT_COLLECTOR"
    GEO_LOCATION = "GEO_LOCATION"


class EventType(StrEnum):
    """Kinds of events; the page that is complete knows ``STATE`` alone."""

    STATE = "STATE"
    """A message got a new status."""
    CONTACT_MOBILE_EVENT = "CONTACT_MOBILE_EVENT"
    CONTACT_WEB_EVENT = "CONTACT_WEB_EVENT"


class EventValue(StrEnum):
    """Statuses that a trigger can wait for; other words are taken too.

    SMS knows the first two, Viber the first four, e-mail all but ``EXPIRED`` of the first six.
    """

    DELIVERED = "delivered"
    EXPIRED = "expired"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"
    MSISDN_NOT_REGISTERED = "MSISDN_NOT_REGISTERED"
    """Of wallet notifications: the number has no card. Found in a sample only."""


@frozen(kw_only=True)
class EventSource:
    """An event that a trigger waits for.

    Attributes:
        channel: Channel of the parent trigger, whose message the event is about.
        event_value: What happened, such as ``delivered``.
        event_type: What kind of event it is.

    Raises:
        InvalidMessageError: A value is malformed, or missing for a STATE; ``field`` names it.
    """

    channel: OmniChannel | str | None = optional_word()
    event_value: EventValue | str | None = optional_word()
    event_type: EventType | str = field(default=EventType.STATE, validator=check_text)

    def __attrs_post_init__(self) -> None:
        if self.event_type == EventType.STATE:
            for name in ("channel", "event_value"):
                if getattr(self, name) is None:
                    raise invalid(name, "is missing: an event of the type STATE needs it")


def event_objects(events: Iterable[EventSource]) -> list[dict[str, Any]]:
    """*events* as they stand on the wire: their type is said also where it is our default."""
    return [{"eventType": event.event_type, **write_object(event)} for event in events]


@frozen(kw_only=True)
class NoEventSourceSettings:
    """How long a trigger waits for an event that does not come.

    ``state_wait_max_time`` is in whole seconds, at least one; ``stateWaitMaxTimeSec``.
    """

    state_wait_max_time: timedelta = field(
        validator=seconds(1), metadata=wire("stateWaitMaxTimeSec")
    )


@frozen(kw_only=True)
class EventCollectorSettings:
    """Settings of an EVENT_COLLECTOR; only the later version of the page has them.

    Neither field is documented beyond its name.

    Attributes:
        max_new_register: In whole seconds, as the name has it; ``maxNewRegisterSec``.
        only_update_event_sources: Anything that JSON can hold, passed on as it is: a truth, events
            or something else.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    max_new_register: timedelta | None = optional_seconds(name="maxNewRegisterSec")
    only_update_event_sources: Any = field(
        default=None, repr=False, hash=False, validator=optional(check_json)
    )


@frozen(kw_only=True)
class GeoSettings:
    """Settings of a GEO_LOCATION; only the later version of the page has them.

    None of the fields is documented beyond its name.

    Attributes:
        anti_fraud: In whole minutes, as the name has it; ``antiFraudMins``.
        location_ids: Ids, sent as whole numbers.
        push_application_ids: Ids, likewise.

    Raises:
        InvalidMessageError: A value is malformed; ``field`` names it.
    """

    anti_fraud: timedelta | None = optional_minutes("antiFraudMins")
    location_ids: tuple[str | int, ...] = field(
        default=(), converter=as_tuple, validator=check_numeric_ids, metadata=AS_NUMBERS
    )
    push_application_ids: tuple[str | int, ...] = field(
        default=(), converter=as_tuple, validator=check_numeric_ids, metadata=AS_NUMBERS
    )


def _own(template: OmniTemplate | Mapping[str, Any]) -> OmniTemplate | Mapping[str, Any]:
    """*template*, or a copy of a mapping, so that nobody else changes it."""
    return dict(template) if isinstance(template, Mapping) else template


def _own_channel(trigger: Any) -> Any:
    return channel_of(trigger.template)


def _shown(template: object) -> str:
    return names_only(template) if isinstance(template, Mapping) else repr(template)


def _check_channel(trigger: Any, attribute: Attribute[Any], value: object) -> None:
    if value is None:
        demand = "is missing: a template given as a mapping does not say it"
        raise invalid(attribute.name, demand)
    check_text(trigger, attribute, value)
    if value != (channel_of(trigger.template) or value):
        raise invalid(attribute.name, "must be that of the template")


@frozen(kw_only=True)
class Trigger:
    """One step of a task: what sets it off, and the one template that it then sends.

    Attributes:
        index: A number of the caller's own, by which other triggers of the task refer to this one.
            Devino gives the trigger an id of its own beside it (T73).
        type: What sets it off.
        template: What it sends. A mapping such as ``{"smsTemplate": {...}}`` is sent as it is, for
            channels whose template is not documented.
        channel: Over which channel; that of the template unless given.
        parent_index: The trigger whose message it follows.
        event_sources: The events of the parent's message that it waits for. What is waited for by a
            NO_EVENT_SOURCE trigger without any is not documented.
        no_event_source_settings: How long a NO_EVENT_SOURCE trigger waits.
        start_time: From when on it sends: the wall-clock time of the account, to the second, since
            Devino names no zone (T30). A time with a zone is taken too where the account's zone is
            known. Whether the times may be left out is not documented.
        end_time: Until when it sends, likewise.
        event_collector_settings: For the type EVENT_COLLECTOR.
        geo_settings: For the type GEO_LOCATION.
        extra: Further fields, merged last, as they are.

    Raises:
        InvalidMessageError: A value is malformed, the template is for another channel, or something
            is missing that the type needs; ``field`` names it.
    """

    index: int = field(validator=number())
    type: TriggerType | str = field(validator=check_text)
    template: OmniTemplate | Mapping[str, Any] = field(
        converter=_own, repr=_shown, hash=False, validator=check_template
    )
    channel: OmniChannel | str = field(
        default=Factory(_own_channel, takes_self=True), validator=_check_channel
    )
    parent_index: int | None = optional_number()
    event_sources: tuple[EventSource, ...] = field(
        default=(), converter=as_tuple, validator=several(EventSource)
    )
    no_event_source_settings: NoEventSourceSettings | None = optional_one_of(NoEventSourceSettings)
    # Whether the zone of a time can be told is found out when it is written (T30).
    start_time: datetime | None = optional_one_of(datetime)
    end_time: datetime | None = optional_one_of(datetime)
    event_collector_settings: EventCollectorSettings | None = optional_one_of(
        EventCollectorSettings
    )
    geo_settings: GeoSettings | None = optional_one_of(GeoSettings)
    extra: Mapping[str, Any] | None = optional_mapping()

    def __attrs_post_init__(self) -> None:
        waits = self.type == TriggerType.NO_EVENT_SOURCE
        if (waits or self.type == TriggerType.EVENT_SOURCE) and self.parent_index is None:
            raise invalid("parent_index", f"is missing: the type {self.type} needs it")
        if self.type == TriggerType.EVENT_SOURCE and not self.event_sources:
            raise invalid("event_sources", f"must not be empty: the type {self.type} needs one")
        if waits and self.no_event_source_settings is None:
            raise invalid("no_event_source_settings", f"is missing: the type {self.type} needs it")
