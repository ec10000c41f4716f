"""Nothing comes out of the blocking twins either, whose errors cross from one thread to another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, TypeAlias

import pytest

import devino_async.sync
import messente_async.sync
from omni_common import OmniError, sync
from omni_common.sandbox import Emulator, Fault, running
from tests.reliability.conftest import Size
from tests.support.canaries import (
    CREDENTIAL,
    Search,
    cascade,
    letter,
    message,
    planted_emulator,
    video,
)
from tests.support.exposure import searching, shown_of, shown_of_error
from tests.support.figures import RecordProperty
from tests.support.native_calls import letter as native_letter, omnimessage, text

Call: TypeAlias = Callable[[sync.OmniProvider, str], object]

_OPTIONS = "sender=Shop&timeout=0.2&bulk_timeout=0.2&max_attempts=2"
_A_MOMENT = timedelta(milliseconds=100)
CALLS: dict[str, Call] = {
    "send": lambda omni, _: omni.send(message()),
    "cascade": lambda omni, _: omni.send(cascade()),
    "send_many": lambda omni, _: list(omni.send_many([message(), letter(), video()])),
    "status": lambda omni, id: omni.status(id),
    "status_many": lambda omni, id: list(omni.status_many([id])),
    "wait": lambda omni, id: omni.wait(id, timeout=_A_MOMENT),
    "cancel": lambda omni, id: omni.cancel(id),
    "check": lambda omni, _: omni.check(letter(send_at=datetime(2001, 1, 1, tzinfo=UTC))),
    "tracker": lambda omni, id: sync.Tracker(omni).wait(id, timeout=_A_MOMENT),
}
each_vendor = pytest.mark.parametrize("vendor", ["messente", "devino"])


@contextmanager
def connected(vendor: str) -> Iterator[tuple[Emulator, sync.OmniProvider]]:
    with (
        running(planted_emulator(vendor)) as emulator,
        sync.connect(f"{emulator.url}?{_OPTIONS}") as omni,
    ):
        yield emulator, omni


def look_at(call: Callable[[], object], search: Search, *, of: str = "") -> bool:
    """Whether *call* raised; what it raised or returned is looked at."""
    try:
        found: Any = call()
    except OmniError as error:
        search.look_at_all(shown_of_error(error), of=of)
        return True
    for each in found if isinstance(found, list) else [found]:
        search.look_at_all(shown_of(each), of=of)
        if isinstance(getattr(each, "error", None), OmniError):
            search.look_at_all(shown_of_error(each.error), of=of)
    return False


@each_vendor
def test_nothing_leaks_from_a_blocking_provider(
    vendor: str, size: Size, record_property: RecordProperty
) -> None:
    raised = 0
    pairs = list(product(CALLS.items(), Fault))
    with searching(record_property) as search, connected(vendor) as (emulator, omni):
        later = message(send_at=datetime.now(UTC) + timedelta(days=1))
        id = omni.send(later).id
        for (name, call), fault in pairs[:: size(short=7, full=1)]:
            emulator.fail_next(fault, times=9)
            raised += look_at(partial(call, omni, id), search, of=f"{name}, {fault}")
            emulator.clear_faults()
        search.look_at_all(shown_of(omni))
    assert raised > 4


@each_vendor
def test_nothing_leaks_from_a_blocking_client(vendor: str, record_property: RecordProperty) -> None:
    with searching(record_property) as search, running(planted_emulator(vendor)) as emulator:
        address, seconds, raised = emulator.base_url, 0.2, 0
        calls: list[Callable[[], object]]
        if vendor == "messente":
            messente = messente_async.sync.MessenteClient(
                "sandbox", CREDENTIAL, base_url=address, timeout=seconds
            )
            calls = [lambda: messente.send(omnimessage()), lambda: messente.status("1")]
            client: messente_async.sync.MessenteClient | devino_async.sync.DevinoClient = messente
        else:
            devino = devino_async.sync.DevinoClient(CREDENTIAL, base_url=address, timeout=seconds)
            calls = [
                lambda: devino.sms.send([text()]),
                lambda: devino.email.send(native_letter()),
                lambda: list(devino.address_book.lists()),
            ]
            client = devino
        with client:
            for call, fault in product(calls, [None, Fault.DROP, Fault.SERVER_ERROR]):
                if fault is not None:
                    emulator.fail_next(fault, times=9)
                raised += look_at(call, search)
                emulator.clear_faults()
        search.look_at_all(shown_of(client))
        assert raised >= 2 * len(calls)


@each_vendor
def test_nothing_leaks_when_a_client_is_closed_under_a_call(
    vendor: str, record_property: RecordProperty
) -> None:
    with searching(record_property) as search, connected(vendor) as (emulator, _):
        omni = sync.connect(emulator.url + "?sender=Shop")
        emulator.fail_next(Fault.STALL)
        raised: list[bool] = []
        thread = threading.Thread(
            target=lambda: raised.append(look_at(lambda: omni.send(message()), search))
        )
        thread.start()
        while not emulator.requests:
            thread.join(0.01)
        omni.close()
        thread.join()
        assert raised == [True]
        assert look_at(lambda: omni.send(message()), search)
