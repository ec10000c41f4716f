"""How long the packages take to import, beside the libraries they cannot do without."""

from __future__ import annotations

from benchmarks.case import Case, Contestant, Plan
from benchmarks.contestants import interpreters
from benchmarks.goals import Goal, net_times, ran, times

__all__ = ["case"]

_BARE = "bare"
_DEPENDENCIES = "aiohttp, cattrs"
_ALL = "omni_common, devino_async, messente_async"
_READY = (
    ("a Messente provider", "messente://user:password@default"),
    ("a Devino provider", "devino://key@default"),
)
"""What a program has to have made before it can send."""
_HELP = "omni --help"
_HELP_WITHOUT_HTTP = """
import sys
from omni_common.cli import main
try:
    main(["--help"])
except SystemExit as end:
    if end.code:
        raise
if "aiohttp" in sys.modules:
    sys.exit("omni --help imports aiohttp")
"""


def case(plan: Plan) -> Case:
    """The case at the size of *plan*: an import is measured once a turn."""
    imported = (_DEPENDENCIES, "omni_common", "devino_async", "messente_async", _ALL)
    programs = {
        _BARE: "pass",
        **{names: f"import {names}" for names in imported},
        **{name: f"from omni_common import connect; connect({url!r})" for name, url in _READY},
    }
    return Case(
        name="imports",
        title="imports, each in a fresh interpreter",
        unit="start",
        reference=_DEPENDENCIES,
        rounds=15,
        warm=1,
        counted=False,
        contestants=(
            *(
                Contestant(name=name, work=interpreters.fresh, count=1, options={"code": code})
                for name, code in programs.items()
            ),
            Contestant(
                name=_HELP,
                work=interpreters.fresh,
                count=1,
                needs=("cyclopts", "rich"),
                options={"code": _HELP_WITHOUT_HTTP},
            ),
        ),
        goals=(
            Goal(
                text="all three to aiohttp, cattrs",
                figure=times(_ALL, against=_DEPENDENCIES),
                most=1.25,
            ),
            Goal(
                text="the same without the interpreter's own start",
                figure=net_times(_ALL, against=_DEPENDENCIES, over=_BARE),
            ),
            *(
                Goal(text=f"{name} to {_DEPENDENCIES}", figure=times(name, against=_DEPENDENCIES))
                for name, _ in _READY
            ),
            Goal(
                text=f"{_HELP} ended well without importing aiohttp",
                figure=ran(_HELP),
                unit="times",
                least=1,
            ),
        ),
    )
