"""The end of the interpreter, with a portal open, in use, or used for the first time."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator

import pytest

from omni_common.errors import OutcomeUnknownError
from omni_common.sync import loop_thread
from omni_common.sync.portal import Portal
from tests.sync.children import StartChild
from tests.sync.held import Held

QUIET = ""


def test_s20_exit_without_closing_is_silent(start_child: StartChild) -> None:
    ended = start_child("""
        @asynccontextmanager
        async def resource():
            yield None
            say("closed")

        portal = Portal(resource)
        say(portal.call(name_of_thread))
    """).end()
    assert ended == (0, ["omni-io", "closed"], QUIET)


def test_s20_exit_by_an_error_is_silent_too(start_child: StartChild) -> None:
    ended = start_child("""
        portal = Portal(nothing)
        portal.call(name_of_thread)
        sys.exit(7)
    """).end()
    assert ended == (7, [], QUIET)


def test_s20_exit_after_a_name_was_looked_up_in_the_loops_executor(
    start_child: StartChild,
) -> None:
    # Python 3.12 refuses to start the thread in which asyncio waits for that executor.
    ended = start_child("""
        async def look_up(_):
            return await asyncio.get_running_loop().getaddrinfo("localhost", 80)

        portal = Portal(nothing)
        say(len(portal.call(look_up)) > 0)
    """).end()
    assert ended == (0, ["True"], QUIET)


def test_s20_a_resource_that_fails_to_close_at_exit_is_reported(start_child: StartChild) -> None:
    ended = start_child("""
        @asynccontextmanager
        async def resource():
            yield None
            raise OSError("secret")

        portal = Portal(resource)
        portal.call(name_of_thread)
    """).end()
    assert ended.code == 0
    assert ended.complaints == "omni-io could not close what it held: OSError\n"


def test_s21_exit_while_a_daemon_thread_is_inside_a_call(start_child: StartChild) -> None:
    ended = start_child("""
        portal = Portal(nothing)
        inside = threading.Event()

        async def stay_inside(_):
            inside.set()
            try:
                await asyncio.Event().wait()
            finally:
                say("cancelled")

        def work():
            try:
                portal.call(stay_inside)
            except OutcomeUnknownError:
                pass

        threading.Thread(target=work, daemon=True).start()
        inside.wait()
    """).end()
    assert ended == (0, ["cancelled"], QUIET)


def test_s21_exit_waits_for_an_ordinary_thread_inside_a_call(start_child: StartChild) -> None:
    ended = start_child("""
        portal = Portal(nothing)
        inside = threading.Event()

        async def work(_):
            inside.set()
            await asyncio.sleep(0.05)
            say("finished")

        threading.Thread(target=portal.call, args=(work,)).start()
        inside.wait()
    """).end()
    assert ended == (0, ["finished"], QUIET)


@pytest.mark.parametrize("used_before", [True, False])
@pytest.mark.parametrize("registered", ["before", "after"])
def test_s22_s23_a_call_at_exit_works_or_is_refused(
    start_child: StartChild, *, used_before: bool, registered: str
) -> None:
    # Handlers run in reverse order: one registered before the portal's own module came meets a
    # portal that is closed already.
    ended = start_child(
        """
        used_before, registered = sys.argv[1:]
        holder = []

        def last_words():
            try:
                say(holder[0].call(name_of_thread))
            except ClientClosedError as refusal:
                say("refused", "shutting down" in str(refusal))

        if registered == "before":
            from omni_common.sync import portal as module
            atexit.unregister(module._at_exit)
            atexit.register(last_words)
            atexit.register(module._at_exit)
        else:
            atexit.register(last_words)
        holder.append(Portal(nothing))
        if used_before == "True":
            holder[0].call(name_of_thread)
        """,
        str(used_before),
        registered,
    ).end()
    works, refused = ["omni-io"], ["refused True"]
    if registered == "before":
        expected = [refused]
    elif used_before:
        expected = [works]
    else:
        expected = [works, refused]  # Python 3.12 starts no thread at exit, 3.11 and 3.13 do
    assert ended.lines in expected
    assert (ended.code, ended.complaints) == (0, QUIET)


def test_s28_a_forgotten_portal_complains_of_itself_and_of_nothing_else(
    start_child: StartChild,
) -> None:
    ended = start_child("""
        portal = Portal(aiohttp.ClientSession)
        portal.call(name_of_thread)
        thread = next(thread for thread in threading.enumerate() if thread.name == "omni-io")
        del portal
        gc.collect()
        thread.join()
        say("ended")
    """).end()
    assert (ended.code, ended.lines) == (0, ["ended"])
    complaints = [line for line in ended.complaints.splitlines() if "Warning" in line]
    assert len(complaints) == 1
    assert complaints[0].startswith("ResourceWarning: a blocking client was not closed")


def test_nobody_waits_for_a_thread_that_the_end_of_the_interpreter_has_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_thread, "_SLICE", 0.01)
    go_on = threading.Event()

    async def numbers(_: Held) -> AsyncIterator[int]:
        yield 1

    async def be_stopped(_: Held) -> None:
        monkeypatch.setattr(sys, "is_finalizing", lambda: True)
        go_on.wait()  # for ever, as a daemon thread does that Python gives no turn any more

    portal = Portal(Held)
    iteration = portal.iterate(numbers)
    assert next(iteration) == 1
    with pytest.raises(OutcomeUnknownError):
        portal.call(be_stopped)
    iteration.close()
    portal.close()
    monkeypatch.undo()
    go_on.set()
    portal.close()
