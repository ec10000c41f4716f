"""What importing a package brings with it, and what the packages say they export.

Which module may import which is held by import-linter; these tests hold what happens at run time.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

PACKAGES = ("omni_common", "devino_async", "messente_async")


def modules_after(code: str) -> set[str]:
    """Run *code* in a fresh interpreter; return the names of the modules it ended with."""
    report = "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    # Warnings are errors, so that merely importing is held to it too.
    command = [sys.executable, "-W", "error", "-c", f"{code}\n{report}"]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return set(finished.stderr.split())


def public_modules() -> Iterator[str]:
    for package in PACKAGES:
        yield package
        found = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        names = (module.name for module in found)
        yield from (name for name in names if not any(p[0] == "_" for p in name.split(".")))


def test_importing_the_shared_interface_does_not_import_aiohttp() -> None:
    modules = modules_after("import omni_common")
    assert "omni_common" in modules
    assert not modules & {"aiohttp", "yarl", "cyclopts", "rich", "pytest"}


def test_the_command_line_shows_its_help_without_importing_aiohttp() -> None:
    code = """
import sys
from omni_common.cli import main
sys.argv = ["omni", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    modules = modules_after(code)
    assert "omni_common.cli" in modules
    assert "aiohttp" not in modules


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_alone_and_brings_no_other_vendor(package: str) -> None:
    modules = modules_after(f"import {package}")
    assert package in modules
    assert not modules & (set(PACKAGES) - {package, "omni_common"})


def test_every_public_module_lists_its_names_and_has_them() -> None:
    for name in public_modules():
        module = importlib.import_module(name)
        exported = getattr(module, "__all__", None)
        assert exported is not None, f"{name} has no __all__"
        missing = [item for item in exported if not hasattr(module, item)]
        assert not missing, f"{name}.__all__ names what it lacks: {missing}"
        assert len(exported) == len(set(exported)), f"{name}.__all__ names something twice"
