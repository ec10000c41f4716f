"""Runs tests against a module that has a fault, each time in a process of their own.

The faulty source is handed to Python in place of the module's file, so that no file is ever
changed. A process is a fork of one that has imported everything but the project, which is what
makes a fault cost a fraction of a second.
"""

from __future__ import annotations

import importlib
import os
import random
import resource
import signal
import sys
from collections.abc import Sequence
from enum import Enum
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import hypothesis
import pytest

__all__ = ["Verdict", "prepare", "start", "verdict"]

_PACKAGES = {"omni_common", "devino_async", "messente_async"}
_NEEDED = (
    *("aiohttp", "aiohttp.test_utils", "aiohttp.web", "attrs", "backoff", "cattrs.preconf.json"),
    *("gsmcodecs", "hypothesis.strategies", "orjson", "pytest_asyncio", "smsutil"),
)
"""What tests and the project import of others' code."""
_OPTIONS = (
    *("--exitfirst", "--quiet", "--tb=no", "--assert=plain", "--hypothesis-profile=mutants"),
    *(f"-pno:{plugin}" for plugin in ("cacheprovider", "randomly", "xdist", "pytest_cov")),
    *(f"-pno:{plugin}" for plugin in ("threadexception", "unraisableexception")),
)
_SECONDS = 60
"""Of a processor's time; a fault that makes code run for ever is found by that."""
_BYTES = 4 * 2**30


class Verdict(Enum):
    """What tests make of a faulty module."""

    KILLED = "killed"
    """A test failed."""
    SURVIVED = "survived"
    """All tests passed."""
    TIMED_OUT = "timed out"
    """They came to no end, which nobody overlooks either."""


def prepare() -> None:
    """Get ready for forking: import what is needed, and let every run draw the same examples."""
    for name in _NEEDED:
        importlib.import_module(name)
    hypothesis.settings.register_profile(
        "mutants", deadline=None, derandomize=True, database=None, max_examples=50
    )


def start(module: str, source: str, tests: Sequence[str]) -> int:
    """Begin to run *tests* with *source* in place of *module*; returns the id of the process."""
    sys.stdout.flush()
    if child := os.fork():
        return child
    code: int = pytest.ExitCode.INTERNAL_ERROR
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
        signal.alarm(10 * _SECONDS)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        random.seed(0)
        sys.meta_path.insert(0, _Finder(module, source))
        code = pytest.main([*_OPTIONS, *tests])
    finally:
        os._exit(code)


def verdict(status: int) -> Verdict:
    """What the status of a process that ended says."""
    code = os.waitstatus_to_exitcode(status)
    if code in {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM}:
        return Verdict.TIMED_OUT
    return Verdict.SURVIVED if code == 0 else Verdict.KILLED


class _Finder(MetaPathFinder):
    """Finds the project's modules: one with another source, the packages without their contents.

    A package imports all its modules when something is first asked of itself, which tests of a
    single module do not do.
    """

    def __init__(self, module: str, source: str) -> None:
        self._module = module
        self._source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in _PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            if fullname == self._module:
                spec.loader = _Faulty(self._source)
            elif fullname in _PACKAGES:
                spec.loader = _Later(spec.loader)
        return spec


class _Faulty(Loader):
    def __init__(self, source: str) -> None:
        self._source = source

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._source, str(module.__file__), "exec", dont_inherit=True)
        exec(code, vars(module))  # noqa: S102 - as every import does


class _Later(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Package(spec.name, self._loader)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet."""


class _Package(ModuleType):
    def __init__(self, name: str, loader: Loader) -> None:
        super().__init__(name)
        self._loader: Loader | None = loader

    def __getattr__(self, name: str) -> Any:
        loader = None if name.startswith("__") else vars(self).pop("_loader", None)
        if loader is None:
            raise AttributeError(name)
        loader.exec_module(self)
        return getattr(self, name)
