"""Errors for names that nobody knows: they say which name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from omni_common.errors import ConfigurationError
from omni_common.redaction import shown_name

__all__ = ["unknown_name"]


def unknown_name(
    what: str, name: str, known: Iterable[str], *, field: str | None = None
) -> ConfigurationError:
    """Build the error for a *name* that is not among the *known* ones.

    Args:
        what: What the name should be, such as ``"setting"``.
        name: The name that was given.
        known: Every name there is.
        field: Where it was given, such as ``"profiles.shop.pasword"``; *name* if left out.
    """
    names = sorted(known)
    nearest = get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    listed = f"there are: {', '.join(names)}" if names else "there are none"
    where = shown_name(field or name)
    return ConfigurationError(f"{where}: unknown {what}; {hint}{listed}", field=where)
