"""A package that loads names when they are first asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

INIT = """
from omni_common.exports import on_demand

__getattr__, __dir__ = on_demand(__name__, {"birds": ("Finch", "sing"), "fish": ("Perch",)})
__all__ = ["Finch", "Perch", "sing"]
"""
BIRDS = """
class Finch: ...
def sing(): return "tweet"
"""


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package with the modules ``birds``, ``fish`` and some that its names are not in."""
    files = {
        "__init__": INIT,
        "birds": BIRDS,
        "fish": "class Perch: ...",
        "food": "import no_such_shop",
        "_keeper": "",
    }
    (tmp_path / "zoo").mkdir()
    for name, text in files.items():
        (tmp_path / "zoo" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("zoo")
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


def loaded() -> set[str]:
    return {name.partition(".")[2] for name in sys.modules if name.startswith("zoo.")}


def test_a_name_is_loaded_when_it_is_first_asked_for_and_no_other(zoo: ModuleType) -> None:
    assert loaded() == set()
    assert zoo.sing() == "tweet"
    assert loaded() == {"birds"}
    assert "sing" in vars(zoo)


def test_names_are_what_their_module_has(zoo: ModuleType) -> None:
    assert zoo.Finch is sys.modules["zoo.birds"].Finch
    assert zoo.Finch.__module__ == "zoo.birds"


def test_a_star_brings_every_name(zoo: ModuleType) -> None:
    namespace: dict[str, object] = {}
    exec("from zoo import *", namespace)  # noqa: S102 - functions may hold no such import
    assert namespace.keys() >= set(zoo.__all__)


def test_modules_are_attributes_too(zoo: ModuleType) -> None:
    assert zoo.fish.Perch is zoo.Perch
    assert loaded() == {"fish"}


def test_dir_tells_of_all_and_loads_nothing(zoo: ModuleType) -> None:
    assert {"Finch", "Perch", "sing", "birds", "fish", "__all__"} <= set(dir(zoo))
    assert dir(zoo) == sorted(dir(zoo))
    assert loaded() == set()


@pytest.mark.parametrize("name", ["Sparrow", "_keeper", "__wrapped__"])
def test_other_names_are_missing_as_they_are_in_any_module(zoo: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError, match=f"^module 'zoo' has no attribute '{name}'") as caught:
        getattr(zoo, name)
    assert (caught.value.name, caught.value.obj) == (name, zoo)
    assert not hasattr(zoo, name)
    assert loaded() == set()


@pytest.mark.usefixtures("zoo")
def test_importing_a_missing_name_says_so() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Sparrow' from 'zoo'"):
        exec("from zoo import Sparrow")  # noqa: S102 - a type checker would refuse it


def test_a_module_that_lacks_another_is_not_passed_off_as_missing(zoo: ModuleType) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_shop"):
        zoo.food  # noqa: B018 - looking is what loads it


def test_threads_that_ask_at_once_get_the_same(zoo: ModuleType) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda name: getattr(zoo, name), ["Finch"] * 64))
    assert found == {zoo.Finch}
