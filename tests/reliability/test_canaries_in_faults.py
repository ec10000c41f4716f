"""Nothing of what is planted comes out, whatever is called and whatever goes wrong.

Canaries go through every operation of the shared interface and every call of the vendors' own
clients, under every fault of a line and at the hands of a vendor that quotes all it was sent. What
is returned, raised and logged is searched: reprs, texts, notes, causes, tracebacks with the local
variables of their frames, pickles, copies and the records of every logger.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import cast

import pytest

from omni_common import Message, OmniError, RefusedError, Sms
from omni_common.sandbox import Fault
from omni_common.testing.listening import listening
from tests.reliability.canary_runs import (
    NATIVE,
    SHARED,
    Run,
    look_at,
    prepared,
    push_all,
    sampled,
)
from tests.reliability.conftest import Size
from tests.reliability.quoting_vendor import EVERY_FAULT
from tests.support.canaries import (
    ADDRESS,
    BODY,
    CALLBACK,
    CREDENTIAL,
    NUMBER,
    QUOTED,
    SENTENCE,
    TOKEN,
    Search,
    planted_emulator,
)
from tests.support.exposure import shown_of_error, shown_of_records
from tests.support.figures import RecordProperty

SEED = 20_270_101
each_kind = pytest.mark.parametrize("runs", [SHARED, NATIVE], ids=["shared", "native"])


@each_kind
async def test_nothing_leaks_whatever_a_vendor_does(
    runs: Sequence[Run], size: Size, record_property: RecordProperty
) -> None:
    search = Search()
    pushed = sampled(runs, size(short=100, full=1_000_000), seed=SEED)
    endings = await push_all(pushed, search)
    record_property("canaries", search.figures)
    assert search.leaks == {}
    assert sum(endings.values()) == len(pushed)
    assert {run for run, _ in pushed} == set(runs)
    # It had teeth: calls ended in every way there is, with canaries on the wire.
    assert {"returned", "AnswerLostError", "UnexpectedAnswerError", "ReadError"} <= set(endings)
    assert len(endings) > 6
    assert search.planted > len(pushed) / 2


@pytest.mark.parametrize("vendor", ["messente", "devino"])
async def test_nothing_leaks_at_the_faults_of_an_emulator(
    vendor: str, size: Size, record_property: RecordProperty
) -> None:
    search = Search()
    runs = [run for run in (*SHARED, *NATIVE) if run.vendor == vendor]
    every = size(short=len(Fault), full=1)
    with listening() as records:
        async with planted_emulator(vendor) as emulator:
            for number, fault in enumerate(Fault):
                for run in runs[number % every :: every]:
                    async with run.connect(emulator) as client:
                        call = await prepared(run, client)
                        emulator.fail_next(fault, times=99)
                        await look_at(call, search, of=f"{run.name} under {fault}")
                        emulator.clear_faults()
    search.look_at_all(shown_of_records(records))
    record_property("canaries", search.figures)
    assert search.leaks == {}
    assert search.outputs > 100


async def test_nothing_leaks_in_what_the_event_loop_logs_in_its_debug_mode(
    size: Size, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty
) -> None:
    monkeypatch.setattr(logging.getLogger("asyncio"), "filters", [])  # those of other tests
    loop = asyncio.get_running_loop()
    loop.set_debug(enabled=True)
    loop.slow_callback_duration = 0  # every callback counts as slow, and is shown
    search = Search()
    with listening("asyncio") as records:
        await push_all(sampled([*SHARED, *NATIVE], size(short=6, full=300), seed=SEED), search)
    loop.set_debug(enabled=False)
    assert len(records) > 100
    search.look_at_all(shown_of_records(records))
    record_property("canaries", search.figures)
    assert search.leaks == {}


# --- The search finds what is there ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        CREDENTIAL,
        CREDENTIAL[:12],
        CREDENTIAL[-12:],
        QUOTED,
        *(b64encode(f"{before}:{CREDENTIAL}:".encode()).decode() for before in ("", "u", "us")),
        CREDENTIAL.encode().hex(),
        BODY,
        BODY.upper(),
        "your code is 271828",
        NUMBER,
        NUMBER.removeprefix("+372"),
        "+372 98 765 0001",
        "98-765-0010",
        ADDRESS,
        CALLBACK,
        TOKEN,
        repr(BODY.encode()),
        SENTENCE,
    ],
)
def test_the_search_finds_a_canary_however_it_is_written(text: str) -> None:
    search = Search()
    search.look("here", f"before {text} after")
    search.look("there", f"before {text} after".encode())
    assert set(search.leaks) == {"here", "there"}
    assert search.figures == {"outputs searched": 2, "bytes": 2 * len(text) + 26, "leaks": 2}


def test_the_search_looks_everywhere_in_an_error() -> None:
    """At the text of a cause's member, a note, an argument and an attribute."""
    caused, noted = RefusedError("all is well"), RefusedError("all is well")
    caused.__cause__ = ExceptionGroup("two", [ValueError(1), KeyError(BODY)])
    noted.add_note(BODY)
    for error in (caused, noted, RefusedError(BODY), RefusedError("", reference=BODY)):
        search = Search()
        search.look_at_all(shown_of_error(error))
        assert search.leaks != {}
    search = Search()
    search.look_at_all(shown_of_error(RefusedError("harmless", raw=BODY, vendor_code=BODY)))
    assert search.leaks == {}


def test_the_search_sees_the_local_variables_of_the_librarys_frames() -> None:
    with pytest.raises(OmniError) as refused:
        Message(NUMBER, Sms(BODY, ttl=cast("timedelta", 5)))
    search = Search()
    search.look_at_all(shown_of_error(refused.value))
    assert any(where.startswith("local text of <attrs generated") for where in search.leaks)


async def test_the_search_would_find_a_mask_that_masks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A vendor that quotes, and a library that lets its words through: errors, logs and reprs."""
    monkeypatch.setattr("omni_common.failure._key", str)
    search = Search()
    faults = [fault for name, fault in EVERY_FAULT.items() if name.startswith("devino reasons")]
    runs = [run for run in SHARED if run.vendor == "devino" and run.name in {"send sms", "status"}]
    await push_all(product(runs, faults), search)
    assert {where.partition(": ")[2].split(" of ")[0] for where in search.leaks} >= {
        "repr",
        "text",
        "args",
        "attributes",
        "traceback",
        "pickle",
        "copy",
        "log record",
    }
