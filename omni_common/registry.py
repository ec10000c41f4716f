"""Providers by name: found through entry points, built from a connection.

A distribution adds a provider by naming its class in the entry point group ``omni.providers``::

    [project.entry-points."omni.providers"]
    acme = "acme_omni:AcmeProvider"

The constructor's parameters are the settings that a connection may hold; see ``parameters``.
A class that sends over another provider, which is the first argument of its constructor, is named
in the group ``omni.wrappers`` instead.

Credentials that a connection leaves out are looked up in ``OMNI_<PROVIDER>_<PARAMETER>`` and, as
the path of a file, in ``OMNI_<PROVIDER>_<PARAMETER>_FILE``.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from omni_common.arguments import arguments, explained
from omni_common.connection import Connection
from omni_common.errors import ConfigurationError
from omni_common.provider import OmniProvider
from omni_common.spelling import unknown_name

__all__ = ["build", "is_wrapper", "provider_class", "provider_names"]

_GROUP = "omni.providers"
_WRAPPERS = "omni.wrappers"


def provider_names() -> tuple[str, ...]:
    """The names of all providers that are installed, in alphabetical order; loads none of them."""
    return tuple(sorted({entry.name.lower() for entry in entry_points(group=_GROUP)}))


def is_wrapper(name: str) -> bool:
    """Whether *name* is that of a wrapper, which needs a provider to send over."""
    return any(entry.name.lower() == name.lower() for entry in entry_points(group=_WRAPPERS))


def provider_class(name: str) -> type[OmniProvider]:
    """Load the class of the provider, or wrapper, called *name*; upper and lower case are the same.

    Raises:
        ConfigurationError: None has that name, two distributions claim it for different classes,
            or what is installed under it cannot be loaded or is no provider.
    """
    installed = [*entry_points(group=_GROUP), *entry_points(group=_WRAPPERS)]
    entries = [entry for entry in installed if entry.name.lower() == name.lower()]
    if not entries:
        known = {entry.name.lower() for entry in installed}
        raise unknown_name("provider", name, known)
    if len({entry.value for entry in entries}) > 1:
        raise ConfigurationError(
            f"two distributions name a provider {name} ({_sources(entries)}); uninstall one of them"
        )
    return _loaded(entries[0])


def build(
    connection: Connection,
    *,
    over: OmniProvider | None = None,
    environ: Mapping[str, str] | None = None,
) -> OmniProvider:
    """Build the provider that *connection* describes; opens nothing and sends nothing.

    Args:
        connection: What to build.
        over: What a wrapper is to send over.
        environ: Where to look for credentials left out; the process's environment if None.

    Raises:
        ConfigurationError: The provider, or one of the settings, is unknown, missing or wrong;
            ``field`` names which.
    """
    cls = provider_class(connection.provider)
    found = arguments(cls, connection, os.environ if environ is None else environ)
    try:
        return cls(**found) if over is None else cls(over, **found)  # type: ignore[call-arg]
    except ConfigurationError as error:
        better = explained(error, cls, connection, found)
        if better is None:
            raise
        raise better from None


def _loaded(entry: EntryPoint) -> type[OmniProvider]:
    try:
        found = entry.load()
    except Exception as error:  # a module of another author may raise anything on import
        raise ConfigurationError(
            f"provider {entry.name} ({_sources([entry])}) cannot be loaded:"
            f" {type(error).__name__}; reinstall or uninstall it",
            provider=entry.name,
        ) from error
    if not inspect.isclass(found) or not issubclass(found, OmniProvider):
        raise _no_provider(entry, "is no class derived from OmniProvider")
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        raise _no_provider(entry, f"does not define {', '.join(missing)}")
    return found


def _no_provider(entry: EntryPoint, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"provider {entry.name} ({_sources([entry])}) {reason}", provider=entry.name
    )


def _sources(entries: Iterable[EntryPoint]) -> str:
    return ", ".join(
        f"{entry.value} of {entry.dist.name if entry.dist else 'an unknown distribution'}"
        for entry in entries
    )
