"""What the figures were measured with: versions, and the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from omni_common.version import __version__

__all__ = ["foreign", "machine", "shares", "versions"]

_DISTRIBUTIONS = (
    "aiohttp",
    "yarl",
    "attrs",
    "cattrs",
    "orjson",
    "httpx",
    "requests",
    "messente-api",
    "urllib3",
)


def shares() -> tuple[list[int], list[int]]:
    """The processors of the responder, and those of the contestants.

    One for it alone, so that nobody competes with the vendor for one. Both are empty, which is to
    say any, where there is one processor or no way to choose.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [], []
    *others, last = sorted(os.sched_getaffinity(0))
    return ([last], others) if others else ([], [])


def versions() -> dict[str, str | None]:
    """Of Python, this project, its dependencies and peers; None for what is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version(), "omni-async": __version__}
    return found | {name: _version(name) for name in _DISTRIBUTIONS}


def machine() -> dict[str, Any]:
    """System, architecture, model and number of the processors."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "implementation": platform.python_implementation(),
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "responder apart": "yes" if any(shares()) else "no",
    }


def foreign(package: str = "urllib3") -> list[str]:
    """Other distributions that have put themselves in the place of *package*.

    The official client and requests are built on urllib3, and some forks install themselves under
    its name: those peers would not be measured as they are published.
    """
    return [name for name in packages_distributions().get(package, []) if name != package]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    """The processor's model; only Linux needs to be read for it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()
