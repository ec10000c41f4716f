"""Kinds of posts by name, found through entry points: who may post them, and how they are read.

A distribution adds the posts of its vendor in the entry point group ``omni.callbacks``, under the
name of a provider and a word of its own::

    [project.entry-points."omni.callbacks"]
    "acme.delivery" = "acme_omni.posts:DELIVERY"          # a CallbackArea

A vendor that signs its posts says how (``sign`` and ``signature_header``). The posts of one that
does not are told from anybody's by a secret token at the end of their URL's path (T68).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import TypeAlias

from attrs import frozen

from omni_common.callbacks.events import Event
from omni_common.errors import ConfigurationError
from omni_common.redaction import shown_key
from omni_common.spelling import unknown_name

__all__ = ["CallbackArea", "Sign", "callback_area", "callback_area_names"]

Sign: TypeAlias = Callable[[bytes, str], str]
"""Makes the signature of a body with a secret, in hexadecimal digits."""

_GROUP = "omni.callbacks"


@frozen(kw_only=True)
class CallbackArea:
    """One kind of post of one vendor.

    Attributes:
        name: The provider's name, a dot, and what is posted: ``messente.delivery``.
        read: Reads a body: every event in it, in its order. Raises ``CallbackError`` for what is no
            such post; anything else that it raises is a fault of its own, answered 500.
        signature_header: The header that holds the signature; None where the vendor does not sign.
        sign: Makes a signature; None where the vendor does not sign. A post is refused if it
            raises, or makes an empty one.
    """

    name: str
    read: Callable[[bytes], Sequence[Event]]
    signature_header: str | None = None
    sign: Sign | None = None

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.name.partition(".")[0]

    @property
    def is_signed(self) -> bool:
        """Whether a signature proves who posted it; otherwise a token in the path has to."""
        return self.sign is not None

    @property
    def path(self) -> str:
        """Where these posts are received, below the receiver's own path: ``/messente/delivery``.

        A vendor that does not sign posts to this path, a slash and a secret token.
        """
        return "/" + self.name.replace(".", "/")


def callback_area_names() -> tuple[str, ...]:
    """The names of all kinds of posts that can be read, in alphabetical order; loads none."""
    return tuple(sorted({entry.name for entry in entry_points(group=_GROUP)}))


@cache
def callback_area(name: str) -> CallbackArea:
    """Load the kind of post called *name*; once, since looking through what is installed is slow.

    Raises:
        ConfigurationError: None has that name, two distributions claim it for different objects,
            or what is installed under it cannot be loaded or is no ``CallbackArea`` of that name.
    """
    entries = [entry for entry in entry_points(group=_GROUP) if entry.name == name]
    if not entries:
        known = callback_area_names()
        raise unknown_name("kind of callback", name, known, field=shown_key(name))
    if len({entry.value for entry in entries}) > 1:
        raise ConfigurationError(
            f"two distributions read the callbacks {name}; uninstall one of them", field=name
        )
    try:
        area = entries[0].load()
    except Exception as error:  # a module of another author may raise anything on import
        raise ConfigurationError(
            f"the callbacks {name} cannot be loaded: {type(error).__name__}", field=name
        ) from error
    if not isinstance(area, CallbackArea) or area.name != name:
        raise ConfigurationError(
            f"what is installed as {name} is no CallbackArea of that name", field=name
        )
    return area
