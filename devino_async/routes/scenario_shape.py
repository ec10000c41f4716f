"""The shape of a scenario: what messages must have in common to go by one and the same.

A scenario cannot be changed after it is made, and every send fills in its templates anew. So a
shape is what a send cannot change (the channels in order, and how long each is waited for) and the
set of fields that it fills in: one left out might be taken from the scenario's own template, which
is nobody's message. Senders and texts are not part of it, nor how long the last channel is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from attrs import field, frozen
from attrs.validators import optional

from devino_async.fields import as_tuple
from devino_async.problems import invalid
from devino_async.rules import seconds, several
from omni_common.message import Channel

__all__ = ["LETTERS", "LONGEST_NAME", "NAME_PREFIX", "Shape", "Step", "is_shape_name"]

NAME_PREFIX = "omni-async."
"""How the names of our scenarios begin, which tells them from the account's own tasks."""
LONGEST_NAME = 100
"""Characters of a task's name (contract sheet, A10)."""

LETTERS: Mapping[Channel, Mapping[str, str]] = {
    Channel.SMS: {"sender": "f", "text": "t", "validity": "v"},
    Channel.VIBER: {
        "sender": "f",
        "text": "t",
        "action": "a",
        "caption": "c",
        "image": "i",
        "validity": "v",
    },
    Channel.EMAIL: {
        "source_address": "a",
        "source_name": "n",
        "subject": "s",
        "html_body": "h",
        "plain_text": "p",
    },
    Channel.VK: {"template_id": "i", "template_data": "d", "routes": "r", "validity": "v"},
}
"""The fields of each channel's template that a message can fill in, and what stands for each in a
name, in this order: a letter of the vendor's word for it, such as ``f`` for ``from``."""


def _as_set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@frozen
class Step:
    """One channel of a scenario.

    Attributes:
        channel: SMS, Viber, e-mail or VK.
        fields: The fields of its template that are filled in, as the keys of ``LETTERS``.
        wait: How long the next channel waits for this one's message to be delivered, in whole
            seconds; None for the last.

    Raises:
        InvalidMessageError: The channel has no such template or field, or ``wait`` is wrong.
    """

    channel: Channel
    fields: frozenset[str] = field(converter=_as_set)
    wait: timedelta | None = field(default=None, validator=optional(seconds(1)))

    def __attrs_post_init__(self) -> None:
        if not self.fields <= LETTERS.get(self.channel, {}).keys():
            raise invalid("fields", "must be fields of the channel's template")

    @property
    def name(self) -> str:
        """Such as ``viber-ftv-300``: the channel, the letters of the fields, seconds to wait."""
        letters = LETTERS[self.channel].items()
        known = "".join(letter for name, letter in letters if name in self.fields)
        wait = () if self.wait is None else (str(self.wait // timedelta(seconds=1)),)
        return "-".join((self.channel.value, known, *wait))


@frozen
class Shape:
    """The steps of a scenario, in the order to try.

    Raises:
        InvalidMessageError: There are none, two have one channel, another than the last has no
            wait, or the last has one.
    """

    steps: tuple[Step, ...] = field(converter=as_tuple, validator=several(Step, at_least=1))

    def __attrs_post_init__(self) -> None:
        *leading, last = self.steps
        if last.wait is not None or any(step.wait is None for step in leading):
            raise invalid("steps", "must have a wait each, save for the last")
        if len(set(self.channels)) < len(self.steps):
            raise invalid("steps", "must have a channel of their own each")

    @property
    def name(self) -> str:
        """The scenario's name at Devino: the same for equal shapes, another for any other.

        ASCII letters, digits, ``.`` and ``-``, at most ``LONGEST_NAME`` of them:
        ``omni-async.viber-ftv-300.sms-ft``.
        """
        return NAME_PREFIX + ".".join(step.name for step in self.steps)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels in the order to try."""
        return tuple(step.channel for step in self.steps)


def is_shape_name(name: object) -> bool:
    """Whether *name* is built like those of shapes: any other would be looked up in vain."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _pattern(channel: Channel) -> str:
    return f"{channel.value}-(?=[a-z]){''.join(f'{each}?' for each in LETTERS[channel].values())}"


_WAIT = "-[1-9][0-9]{0,13}"
_ANY = f"(?:{'|'.join(map(_pattern, LETTERS))})"
_NAME = re.compile(rf"{re.escape(NAME_PREFIX)}(?:{_ANY}{_WAIT}\.)*{_ANY}", re.ASCII)
