"""What a package offers, each name loaded when it is first asked for.

Importing a vendor's package takes longer than importing aiohttp where all of its areas are loaded,
and a program uses few of them. The package's ``__init__`` says where its names are, once to those
who only read it (type checkers, editors) and once to Python::

    if TYPE_CHECKING:
        from devino_async.account import AccountInfo
    else:
        __getattr__, __dir__ = on_demand(__name__, {"account": ("AccountInfo",)})

    __all__ = ["AccountInfo"]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["on_demand"]


def on_demand(
    package: str, names: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make ``__getattr__`` and ``__dir__`` (PEP 562) of a package that loads names when asked.

    Its modules are found as its attributes too, as they would be if it had imported them.

    Args:
        package: The package's own name.
        names: What it offers, by the module of its own that each is in.
    """
    modules = {name: module for module, inside in names.items() for name in inside}

    def find(name: str) -> Any:
        found = _module(package, modules.get(name, name))
        value = getattr(found, name) if name in modules else found
        # Next time it is found without being looked for.
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names, *modules})

    return find, listed


def _module(package: str, name: str) -> Any:
    path = f"{package}.{name}"
    # A private name is asked for by those who look whether a module happens to have it.
    if not name.startswith("_"):
        try:
            return import_module(path)
        except ModuleNotFoundError as error:
            if error.name != path:  # the module is there, and lacks another
                raise
    raise AttributeError(
        f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package]
    )
