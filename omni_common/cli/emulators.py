"""Emulators by the name of their vendor, found through the entry point group ``omni.sandboxes``."""

from __future__ import annotations

import inspect
from importlib.metadata import entry_points

from omni_common.errors import ConfigurationError
from omni_common.sandbox import Emulator
from omni_common.spelling import unknown_name

__all__ = ["emulator_class", "emulator_names"]

_GROUP = "omni.sandboxes"


def emulator_names() -> frozenset[str]:
    """The vendors that an emulator is installed of; loads none of them."""
    return frozenset(entry.name.lower() for entry in entry_points(group=_GROUP))


def emulator_class(name: str) -> type[Emulator]:
    """Load the emulator of the vendor called *name*.

    Raises:
        ConfigurationError: None is installed, or it cannot be loaded.
    """
    entries = [entry for entry in entry_points(group=_GROUP) if entry.name.lower() == name]
    if not entries:
        raise unknown_name("emulator", name, emulator_names())
    try:
        found = entries[0].load()
    except Exception as error:  # a module of another author may raise anything on import
        kind = type(error).__name__
        text = f"the emulator of {name} cannot be loaded: {kind}; reinstall or uninstall it"
        raise ConfigurationError(text, provider=name) from error
    if not inspect.isclass(found) or not issubclass(found, Emulator):
        raise ConfigurationError(f"the emulator of {name} is none", provider=name)
    return found
