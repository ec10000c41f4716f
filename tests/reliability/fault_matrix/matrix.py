"""Performs operations in settings, many at once, and finds what they leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from attrs import frozen

from devino_async import DevinoProvider
from messente_async import MessenteProvider
from messente_async.sandbox import MessenteEmulator
from omni_common import Message, OmniProvider, Outcome, Sms
from tests.reliability.fault_matrix.setting import Setting
from tests.reliability.fault_matrix.stage import AFTERWARDS, BEFORE, Operation, Stage, Tally
from tests.support.fault_server import CERTIFICATE, untrusted_tls
from tests.support.faulty_vendor import FaultyVendor

__all__ = ["Case", "Wrap", "perform", "perform_all", "provider_of"]

Wrap: TypeAlias = Callable[[Callable[[], OmniProvider]], OmniProvider]
"""Makes the provider that an operation uses of one that makes the plain provider."""

_ENOUGH = 30.0
"""Seconds for what must not be made late by a loaded machine."""
_ROUNDS = 20
"""Turns of the event loop in which the client sees what became of its connection."""
_AT_ONCE = 16
"""Cases under way at once, so that those that wait for a timeout do so together."""


def _plain(make: Callable[[], OmniProvider]) -> OmniProvider:
    return make()


@frozen
class Case:
    """An operation in a setting."""

    name: str
    vendor: str
    operation: Operation
    setting: Setting = Setting()


def provider_of(vendor: FaultyVendor, **options: Any) -> OmniProvider:
    """A provider that speaks to *vendor*; built by hand, since looking for plugins takes time."""
    emulator = vendor.emulator
    settings: dict[str, Any] = {
        "base_url": f"{vendor.url}{emulator.path}",
        "sender": "Shop",
        "batch_size": 4,
        **options,
    }
    if isinstance(emulator, MessenteEmulator):
        return MessenteProvider(emulator.username, emulator.password, **settings)
    settings |= {"email_sender": "post@shop.example", "scenario_vk_template": "7"}
    return DevinoProvider(emulator.key, **settings)


@asynccontextmanager
async def _staged(vendor: FaultyVendor, setting: Setting, wrap: Wrap) -> AsyncIterator[Stage]:
    safe = {"ca_file": CERTIFICATE} if setting.way.tls else {}
    async with setting.way.leads(vendor) as settings:
        options: dict[str, Any] = {
            "timeout": setting.timeout,
            "bulk_timeout": setting.timeout,
            "max_attempts": setting.attempts,
            **safe,
            **settings,
        }
        async with (
            wrap(lambda: provider_of(vendor, **options)) as omni,
            provider_of(vendor, **safe) as aside,
        ):
            yield Stage(setting, vendor, omni, aside)


async def perform(case: Case, tally: Tally, wrap: Wrap = _plain) -> int:
    """Perform and judge a case; return how many exchanges its operation took.

    Afterwards the client sends another message, with which nothing goes wrong.
    """
    setting = case.setting
    tls = untrusted_tls() if setting.way.tls else None
    async with FaultyVendor(case.vendor, tls=tls) as vendor:
        async with _staged(vendor, setting, wrap) as stage:
            if setting.reused:
                await _send(stage, BEFORE)
            try:
                await case.operation(stage)
            except Exception as error:  # noqa: BLE001 - whatever it is, the library did not mean it
                stage.problems.append(f"raised {error!r}")
            await _send_afterwards(stage)
        await asyncio.wait_for(vendor.until(lambda: vendor.open_connections == 0), _ENOUGH)
        stage.judge(tally, f"{case.vendor} {case.name}")
        return stage.exchanges


async def _send(stage: Stage, text: str) -> Outcome:
    return await stage.send(Message(stage.number(), Sms(text), reference=text))


async def _send_afterwards(stage: Stage) -> None:
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
    outcome = await _send(stage, AFTERWARDS)
    if stage.setting.stalls or stage.setting.way.recovers is None:
        return  # in so little time, or on such a way, nothing is sure
    expected = Outcome.ACCEPTED if stage.setting.way.recovers else Outcome.NOT_SENT
    if outcome is not expected:
        stage.problems.append(f"the send afterwards: {outcome.value}")


async def perform_all(cases: Iterable[Case], wrap: Wrap = _plain) -> Tally:
    """Perform and judge *cases*, and look for what is left of them."""
    tally, room = Tally(), asyncio.Semaphore(_AT_ONCE)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(
        lambda _, context: tally.violations.append(f"told to the event loop: {context}")
    )

    async def performed(case: Case) -> None:
        async with room:
            await perform(case, tally, wrap)

    async with asyncio.TaskGroup() as group:
        for case in cases:
            tally.count("cases")
            group.create_task(performed(case))
    left = asyncio.all_tasks() - {asyncio.current_task()}
    tally.violations += [f"a task is left: {task!r}" for task in left]
    loop.set_exception_handler(None)
    tally.count("violations", len(tally.violations))
    return tally
