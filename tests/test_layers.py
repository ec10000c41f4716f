"""What importing a package brings with it, and what the packages say they export.

Which module may import which is held by import-linter; these tests hold what happens at run time.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import messente_async
from devino_async.sandbox import DevinoEmulator
from messente_async.sandbox import MessenteEmulator

PACKAGES = ("omni_common", "devino_async", "messente_async")
ON_DEMAND = ("devino_async", "messente_async", "omni_common.callbacks")


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


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_all_of_a_package_imports_neither_aiohttp_nor_extras(package: str) -> None:
    modules = modules_after(f"from {package} import *")
    assert package in modules
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
    modules = modules_after(f"from {package} import *")
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


@pytest.mark.parametrize("package", ON_DEMAND)
def test_type_checkers_and_python_are_told_of_the_same_names(package: str) -> None:
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text())
    [choice] = [node for node in tree.body if isinstance(node, ast.If)]
    shown = {
        str(node.module).removeprefix(f"{package}."): tuple(name.name for name in node.names)
        for node in choice.body
        if isinstance(node, ast.ImportFrom)
    }
    [found] = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    assert shown == ast.literal_eval(found)
    assert sorted(module.__all__) == sorted(name for names in shown.values() for name in names)


@pytest.mark.parametrize("package", ["devino_async", "messente_async"])
def test_importing_a_vendor_loads_none_of_its_modules(package: str) -> None:
    modules = modules_after(f"import {package}")
    assert not {name for name in modules if name.startswith(f"{package}.")}


@pytest.mark.parametrize(
    ("name", "needless"),
    [
        ("devino_async.SmsMessage", {"devino_async.email", "devino_async.address_book"}),
        ("devino_async.posts.SMS", {"devino_async.client", "devino_async.routes"}),
        ("messente_async.verify_signature", {"messente_async.answers", "messente_async.client"}),
        ("omni_common.IncomingMessage", {"omni_common.callbacks.receiver"}),
    ],
)
def test_a_name_brings_only_what_it_needs(name: str, needless: set[str]) -> None:
    package, _, attribute = name.rpartition(".")
    modules = modules_after(f"from {package} import {attribute}")
    assert package in modules
    assert not modules & needless


def test_what_is_pickled_is_read_where_nothing_was_loaded_yet() -> None:
    pickled = pickle.dumps(messente_async.SMS(text="Hi"))
    modules = modules_after(f"import pickle; assert pickle.loads({pickled!r}).text == 'Hi'")
    assert "messente_async.sms" in modules


@pytest.mark.parametrize(
    ("vendor", "content"),
    [
        (MessenteEmulator, "Sms('Hi', sender='Shop')"),
        (MessenteEmulator, "Viber('Hi', sender='Shop')"),
        (MessenteEmulator, "WhatsApp('Hi', sender='Shop')"),
        (DevinoEmulator, "Sms('Hi', sender='Shop')"),
    ],
)
async def test_the_first_send_loads_nothing_of_ours_and_not_aiohttp(
    vendor: type[MessenteEmulator | DevinoEmulator], content: str
) -> None:
    code = f"""
import asyncio, sys
from omni_common import Message, Sms, Viber, WhatsApp, connect

async def main():
    async with connect(sys.argv[1]) as omni:
        before = set(sys.modules)
        await omni.send(Message("+79001234567", {content}))
        print(*(set(sys.modules) - before))

asyncio.run(main())
"""
    async with vendor() as emulator:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", code, emulator.url, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    assert process.returncode == 0
    roots = {name.partition(".")[0] for name in output.decode().split()}
    assert not roots & {*PACKAGES, "aiohttp"}
