"""``docs/vendors.md`` against the code: every call, every method, every parser, every switch."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, get_type_hints

import pytest
from attrs import frozen
from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import PythonCodeBlockParser

import devino_async
import devino_async.email
import devino_async.omni
import devino_async.sms
import messente_async
from devino_async.email import SAMPLED_ENDPOINT
from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.email_behaviour import EmailBehaviour, StatisticsForm
from messente_async.sandbox import MessenteEmulator
from omni_common.sandbox import Emulator, running
from tests.support.native_calls import DEVINO_CALLS, MESSENTE_CALLS, MONTHS
from tests.support.switch_table import PAGE, with_tables

TEXT = PAGE.read_text("utf-8")
EMULATORS: dict[str, type[Emulator]] = {"Messente": MessenteEmulator, "Devino": DevinoEmulator}
CLIENTS: dict[str, type] = {
    "Messente": messente_async.MessenteClient,
    "Devino": devino_async.DevinoClient,
}
NOT_CALLS = {"close", "transport"}
"""What a client has beside its calls."""


@frozen
class Row:
    """One call in a table of the page."""

    vendor: str
    method: str
    path: str
    client_methods: tuple[str, ...]
    operation: str


def rows() -> Iterator[Row]:
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        vendor = section.partition("\n")[0].strip()
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if match := re.fullmatch(r"`(GET|POST|PUT|PATCH|DELETE) (/\S+)`", cells[0]):
                methods = tuple(re.findall(r"`([\w.]+)`", cells[1]))
                yield Row(vendor, match[1], match[2], methods, cells[2].strip("`"))


ROWS = list(rows())


def public_methods(client: type) -> set[str]:
    """Everything a client can be asked for, areas before a dot."""
    own = {name for name, _ in inspect.getmembers(client, inspect.isfunction)}
    found = {name for name in own - NOT_CALLS if not name.startswith("_")}
    for area, kind in get_type_hints(client).items():
        if inspect.isclass(kind) and area not in NOT_CALLS:
            members = inspect.getmembers(kind, inspect.isfunction)
            found |= {f"{area}.{name}" for name, _ in members if not name.startswith("_")}
    return found


@pytest.mark.parametrize("vendor", EMULATORS)
def test_the_emulator_has_the_calls_of_the_page_and_no_others(vendor: str) -> None:
    emulated = {(o.method, o.path, o.name) for o in EMULATORS[vendor]().operations()}
    written = {(row.method, row.path, row.operation) for row in ROWS if row.vendor == vendor}
    assert emulated == written


@pytest.mark.parametrize("vendor", CLIENTS)
def test_the_client_has_the_methods_of_the_page_and_no_others(vendor: str) -> None:
    written = {name for row in ROWS if row.vendor == vendor for name in row.client_methods}
    assert written == public_methods(CLIENTS[vendor])


def test_every_method_is_tried() -> None:
    written = {name for row in ROWS for name in row.client_methods}
    assert written == DEVINO_CALLS.keys() | MESSENTE_CALLS.keys()


async def operations_called(
    emulator: Emulator, call: Callable[[], Awaitable[Any] | AsyncIterator[Any]]
) -> list[str | None]:
    before = len(emulator.requests)
    called = call()
    if isinstance(called, AsyncIterator):
        async for _ in called:
            pass
    else:
        await called
    return [request.operation for request in emulator.requests[before:]]


def cases(vendor: str) -> list[Any]:
    return [
        pytest.param(name, row.operation, id=f"{name} {row.operation}")
        for row in ROWS
        if row.vendor == vendor
        for name in row.client_methods
        if row.path != SAMPLED_ENDPOINT.path
    ]


@pytest.mark.parametrize(("name", "operation"), cases("Devino"))
async def test_a_method_of_devinos_client_makes_the_call_of_its_row(
    name: str, operation: str
) -> None:
    async with (
        DevinoEmulator() as emulator,
        devino_async.DevinoClient(emulator.key, base_url=emulator.base_url) as client,
    ):
        prepared = await DEVINO_CALLS[name](client)
        called = await operations_called(emulator, prepared)
    assert called
    assert set(called) == {operation}


@pytest.mark.parametrize(("name", "operation"), cases("Messente"))
async def test_a_method_of_messentes_client_makes_the_call_of_its_row(
    name: str, operation: str
) -> None:
    async with (
        MessenteEmulator() as emulator,
        messente_async.MessenteClient(
            emulator.username, emulator.password, base_url=emulator.base_url
        ) as client,
    ):
        prepared = await MESSENTE_CALLS[name](client)
        assert await operations_called(emulator, prepared) == [operation]


async def test_the_other_path_of_the_statistics_is_called_where_it_is_asked_for() -> None:
    behaviour = DevinoBehaviour(email=EmailBehaviour(statistics_form=StatisticsForm.EXAMPLE))
    async with (
        DevinoEmulator(behaviour=behaviour) as emulator,
        devino_async.DevinoClient(emulator.key, base_url=emulator.base_url) as client,
    ):
        await client.email.statistics(**MONTHS, endpoint=SAMPLED_ENDPOINT)
    assert emulator.requests[-1].path == SAMPLED_ENDPOINT.path
    assert SAMPLED_ENDPOINT.path in {row.path for row in ROWS}


PARSERS = {
    f"{module.__name__}.{name}"
    for module in (messente_async, devino_async.sms, devino_async.email, devino_async.omni)
    for name in module.__all__
    if name in {"read_callbacks", "read_incoming", "read_delivery_report", "read_inbound"}
}


def test_the_page_has_every_parser_of_callbacks_and_no_other() -> None:
    written = re.findall(r"\| `((?:devino|messente)_async\.[\w.]+)` \|", TEXT)
    assert sorted(written) == sorted(PARSERS)
    assert len(PARSERS) == 6


EXAMPLES = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_runs_as_it_stands(
    example: Example, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(DevinoEmulator()) as emulator:
        monkeypatch.setenv("DEVINO_KEY", emulator.key)
        monkeypatch.setenv("DEVINO_ADDRESS", emulator.base_url)
        example.evaluate()
    assert capsys.readouterr().out.count("Outcome.ACCEPTED") == 3


def test_the_tables_of_switches_are_what_the_behaviours_say() -> None:
    assert with_tables(TEXT) == TEXT, "run `python -m tests.support.switch_table`"
