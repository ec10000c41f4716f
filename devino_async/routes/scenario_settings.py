"""What users set about scenarios, and how a text says it: in a connection URL or a profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, datetime, timedelta
from typing import Any, TypeAlias

from attrs import Attribute, field, frozen
from attrs.validators import optional

from devino_async.ids import is_id
from devino_async.routes.route import PROVIDER
from devino_async.routes.scenario_shape import NAME_PREFIX, is_shape_name
from devino_async.zone import parse_time
from omni_common import rules
from omni_common.errors import ConfigurationError, InvalidMessageError
from omni_common.message import Recipient
from omni_common.redaction import mask_number, mask_sender

__all__ = ["NEUTRAL_TEXT", "NEUTRAL_URL", "ScenarioSettings", "scenario_settings"]

NEUTRAL_TEXT = "Message"
"""What templates of scenarios say, unless set otherwise."""
NEUTRAL_URL = "https://example.com/"
"""What their buttons and pictures lead to, unless set otherwise."""

_LONGEST_TEXT = 30
"""Characters; the text stands on buttons, too, which have room for no more (contract sheet, A9)."""
_ID = re.compile(r"[1-9][0-9]{0,39}", re.ASCII)
_SECOND = timedelta(seconds=1)

_Check: TypeAlias = "Callable[[object, Attribute[Any], Any], None]"


def _wrong(name: str, demand: str) -> ConfigurationError:
    return ConfigurationError(f"{name} must be {demand}", provider=PROVIDER, field=name)


def _passes(check: Callable[[], object]) -> bool:
    """Whether a rule for messages, which would speak of one, takes a setting."""
    try:
        check()
    except InvalidMessageError:
        return False
    return True


def _check_text(_: object, attribute: Attribute[Any], value: Any) -> None:
    is_line = _passes(lambda: rules.check_line(_, attribute, value))
    if not is_line or value.isspace() or len(value) > _LONGEST_TEXT or "${" in value:
        demand = (
            f"text on one line, 1 to {_LONGEST_TEXT} characters, which buttons have room for,"
            " without a macro such as ${...}"
        )
        raise _wrong("scenario_text", demand)


def _check_url(_: object, attribute: Attribute[Any], value: Any) -> None:
    if not _passes(lambda: rules.check_url(_, attribute, value)):
        raise _wrong("scenario_url", "a whole http or https URL")


def _check_email_sender(_: object, __: Attribute[Any], value: Any) -> None:
    if value != "" and not _passes(lambda: Recipient(email=value)):  # "" is as good as none
        raise _wrong("email_sender", "an e-mail address")


def _check_vk_template(_: object, __: Attribute[Any], value: Any) -> None:
    if not is_id(value):
        raise _wrong("scenario_vk_template", "the id of a template at Devino, as text")


def _wall_clock(setting: str) -> _Check:
    def check(_: object, __: Attribute[Any], value: Any) -> None:
        is_naive = isinstance(value, datetime) and value.tzinfo is None
        if not is_naive or value.microsecond or value.year == MAXYEAR:
            demand = (
                "a wall-clock time of the account without a zone, in whole seconds, before the year"
                f" {MAXYEAR}: a datetime, or YYYY-MM-DD hh:mm:ss as text"
            )
            raise _wrong(setting, demand)

    return check


def _check_ttl(_: object, __: Attribute[Any], value: Any) -> None:
    if not isinstance(value, timedelta) or value < _SECOND or value % _SECOND:
        raise _wrong("cascade_ttl", "a number of whole seconds, at least 1")


def _check_task_ids(_: object, __: Attribute[Any], value: Any) -> None:
    given = value if isinstance(value, Mapping) else {"": ""}
    if not all(map(is_shape_name, given)):
        demand = (
            "names of scenarios and ids of tasks, NAME=ID,NAME=ID or a mapping; the name for a"
            f" message, which begins with {NAME_PREFIX}, is DevinoProvider.scenario_name(message)"
        )
        raise _wrong("scenarios", demand)
    if not all(isinstance(id, str) and _ID.fullmatch(id) for id in given.values()):
        raise _wrong("scenarios", "names of scenarios with ids of tasks, which are digits")


@frozen(kw_only=True)
class ScenarioSettings:
    """How messages go by scenarios.

    Attributes:
        sender: The approved sender of SMS and Viber messages that name none, and of scenarios.
        email_sender: The same for e-mail: an address.
        text: What the templates of scenarios say: nothing of any message ever stands in them.
        url: Where their buttons and pictures lead.
        vk_template: The id of a VK template that says nothing either.
        start: From when on a new scenario can be used: the account's wall-clock time, since Devino
            names no zone (T30). None is a day before it is made.
        end: Until when, likewise. None is 365 days after.
        cascade_ttl: How long a channel is tried whose content names no ttl and that others follow.
        task_ids: The tasks to send by, by the names of shapes, in place of scenarios made here.

    Raises:
        ConfigurationError: A value is wrong; ``field`` names the provider's setting.
    """

    sender: str | None = field(default=None, repr=mask_sender)
    email_sender: str | None = field(
        default=None, repr=mask_number, validator=optional(_check_email_sender)
    )
    text: str = field(default=NEUTRAL_TEXT, validator=_check_text)
    url: str = field(default=NEUTRAL_URL, validator=_check_url)
    vk_template: str | None = field(default=None, validator=optional(_check_vk_template))
    start: datetime | None = field(default=None, validator=optional(_wall_clock("scenario_start")))
    end: datetime | None = field(default=None, validator=optional(_wall_clock("scenario_end")))
    cascade_ttl: timedelta | None = field(default=None, validator=optional(_check_ttl))
    task_ids: Mapping[str, str] = field(
        factory=dict, converter=rules.copied, hash=False, validator=_check_task_ids
    )

    def __attrs_post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise _wrong("scenario_end", "later than scenario_start")


def scenario_settings(
    *,
    sender: str | None = None,
    email_sender: str | None = None,
    scenario_text: str = NEUTRAL_TEXT,
    scenario_url: str = NEUTRAL_URL,
    scenario_vk_template: str | None = None,
    scenario_start: datetime | str | None = None,
    scenario_end: datetime | str | None = None,
    cascade_ttl: timedelta | float | None = None,
    scenarios: Mapping[str, str] | str | None = None,
) -> ScenarioSettings:
    """The settings from what a constructor was given, or a connection URL said as text.

    Raises:
        ConfigurationError: See :class:`ScenarioSettings`.
    """
    return ScenarioSettings(
        sender=sender,
        email_sender=email_sender,
        text=scenario_text,
        url=scenario_url,
        vk_template=scenario_vk_template,
        start=_time(scenario_start),
        end=_time(scenario_end),
        cascade_ttl=_duration(cascade_ttl),
        task_ids=_task_ids(scenarios),
    )


def _time(value: Any) -> Any:
    """The time that a text says; the validator refuses what is none."""
    return parse_time(value) or value


def _duration(seconds: Any) -> Any:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return seconds
    try:
        return timedelta(seconds=seconds) if seconds == int(seconds) else seconds
    except (OverflowError, ValueError):  # infinite, no number, or more than a timedelta holds
        return seconds


def _task_ids(value: Any) -> Any:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {name: str(id) if type(id) is int else id for name, id in value.items()}
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in value.split(",")]
    found = {name.strip(): id.strip() for name, _, id in pairs}
    if len(found) < len(pairs):
        raise _wrong("scenarios", "names of scenarios, none of them twice, with ids of tasks")
    return found
