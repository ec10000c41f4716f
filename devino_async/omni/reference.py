"""What our transactional messages carry along, so that what Devino posts can be told apart.

A post names the message by Devino's own id, which is known to the sender only once the send has
been answered, and one of its steps by a trigger. So ``callbackData``, which every post echoes
(contract sheet, A14), holds the message's own reference and the channel of each trigger, beside the
message's metadata: a flat object of texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from devino_async.problems import is_text
from omni_common.message import Channel

__all__ = ["RESERVED_PREFIX", "callback_data", "is_reserved", "read_callback_data"]

RESERVED_PREFIX = "omni_"
"""How names begin in ``callbackData`` that are ours; metadata may have none of them."""
_REFERENCE = f"{RESERVED_PREFIX}reference"
_CHANNELS = f"{RESERVED_PREFIX}channels"
_MOST_STEPS = 16
"""Steps that are read: more than a message has channels, and few enough to be kept."""


def is_reserved(name: str) -> bool:
    """Whether metadata may not hold *name*, in any case: Devino flips it elsewhere (T1)."""
    return name.casefold().startswith(RESERVED_PREFIX)


def callback_data(
    reference: str, channels: Mapping[str, Channel], metadata: Mapping[str, str] | None
) -> dict[str, str]:
    """What a message carries along.

    Args:
        reference: The message's own.
        channels: The channel of each trigger, by its id, in the order tried.
        metadata: The message's; no name in it is reserved.
    """
    # Ids are digits as far as is known, but nothing promises it (T19); digits are not changed here.
    steps = " ".join(f"{quote(id, safe='')}:{channel.value}" for id, channel in channels.items())
    return {**(metadata or {}), _REFERENCE: reference, _CHANNELS: steps}


def read_callback_data(data: Any) -> tuple[str | None, dict[str, Channel | str]]:
    """The reference, and the channel of each trigger in the order tried, out of *data*.

    Whatever *data* is, there is an answer: anybody may post anything. Without a reference it is
    None, and what does not name a trigger and a channel is left out, as is every step after the
    sixteenth; a channel that is none of :class:`~omni_common.message.Channel` stays the word it is.
    """
    if not isinstance(data, Mapping):
        return None, {}
    reference, channels = data.get(_REFERENCE), data.get(_CHANNELS)
    steps = _steps(channels) if isinstance(channels, str) else ()
    return (reference if is_text(reference) else None), dict(steps)


def _steps(text: str) -> Iterator[tuple[str, Channel | str]]:
    for step in text.split(maxsplit=_MOST_STEPS)[:_MOST_STEPS]:
        id, _, word = step.partition(":")
        if id and word:
            yield unquote(id), Channel.known(word)
