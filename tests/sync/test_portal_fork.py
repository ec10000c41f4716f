"""A portal after a fork: the child has its own thread, the parent keeps its own."""

from __future__ import annotations

import os

import pytest

from tests.sync.children import StartChild

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_s16_after_a_fork_child_and_parent_both_work(start_child: StartChild) -> None:
    ended = start_child("""
        opened = []

        @asynccontextmanager
        async def resource():
            opened.append(os.getpid())
            yield opened[-1]

        async def give(pid):
            return pid

        portal = Portal(resource)
        assert portal.call(give) == os.getpid()
        child = os.fork()
        if not child:
            assert portal.call(give) == os.getpid()
            assert len(opened) == 2
            say("child")
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        assert portal.call(give) == os.getpid()
        assert len(opened) == 1
        say("parent")
    """).end()
    assert ended == (0, ["child", "parent"], "")


def test_s16_what_the_child_inherited_is_kept_from_every_finalizer(
    start_child: StartChild,
) -> None:
    # CPython happens to keep what the stack of a lost thread held; that is no promise.
    ended = start_child("""
        from omni_common.sync import loop_thread

        portal = Portal(nothing)
        portal.call(name_of_thread)
        inherited = portal._thread
        child = os.fork()
        if not child:
            say(inherited in loop_thread._graveyard, inherited in loop_thread.running)
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
    """).end()
    assert ended == (0, ["True False"], "")


def test_s16_a_child_that_never_calls_ends_in_silence(start_child: StartChild) -> None:
    ended = start_child("""
        portal = Portal(aiohttp.ClientSession)
        portal.call(name_of_thread)
        child = os.fork()
        if not child:
            del portal
            gc.collect()
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        say(portal.call(name_of_thread))
    """).end()
    assert ended == (0, ["omni-io"], "")


def test_s16_a_closed_portal_stays_closed_in_the_child(start_child: StartChild) -> None:
    ended = start_child("""
        portal = Portal(nothing)
        portal.call(name_of_thread)
        portal.close()
        child = os.fork()
        if not child:
            try:
                portal.call(name_of_thread)
            except ClientClosedError:
                portal.close()
                say("refused")
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
    """).end()
    assert ended == (0, ["refused"], "")


def test_s17_fork_while_the_thread_is_being_started(start_child: StartChild) -> None:
    ended = start_child("""
        portal = Portal(nothing)
        held, forked = threading.Event(), threading.Event()

        def hold():
            with portal._thread._starting:
                held.set()
                forked.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        child = os.fork()
        if not child:
            say(portal.call(name_of_thread))
            portal.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        forked.set()
        holder.join()
        say(portal.call(name_of_thread))
    """).end()
    assert ended == (0, ["omni-io", "omni-io"], "")


def test_s17_fork_by_a_signal_handler_while_a_call_is_waited_for(start_child: StartChild) -> None:
    ended = start_child("""
        from omni_common.sync import loop_thread
        loop_thread._SLICE = 0.01

        def fork(*_):
            global child
            child = os.fork()
            if child:
                loop.call_soon_threadsafe(forked.set)

        async def be_forked(_):
            global loop, forked
            loop, forked = asyncio.get_running_loop(), asyncio.Event()
            os.kill(os.getpid(), signal.SIGUSR1)
            await forked.wait()
            return "waited"

        signal.signal(signal.SIGUSR1, fork)
        portal = Portal(nothing)
        try:
            told = portal.call(be_forked)
        except OutcomeUnknownError:
            told = "gone"
        if child:
            assert os.waitpid(child, 0)[1] == 0
        say(told, portal.call(name_of_thread))
        portal.close()
    """).end()
    assert ended == (0, ["gone omni-io", "waited omni-io"], "")


def test_s17_fork_by_a_signal_handler_while_the_thread_is_being_started(
    start_child: StartChild,
) -> None:
    ended = start_child("""
        from omni_common.errors import ConnectionFailedError
        from omni_common.sync import loop_thread
        loop_thread._SLICE = 0.01

        def fork(*_):
            global child
            child = os.fork()
            forked.set()

        def hold(thread):
            with thread._starting:
                held.set()
                while not thread._waiting:
                    pass
                os.kill(os.getpid(), signal.SIGUSR1)
                forked.wait()

        signal.signal(signal.SIGUSR1, fork)
        held, forked = threading.Event(), threading.Event()
        portal = Portal(nothing)
        holder = threading.Thread(target=hold, args=(portal._thread,))
        holder.start()
        held.wait()
        try:
            told = portal.call(name_of_thread)
        except ConnectionFailedError:
            told = "gone"
        holder.join()
        if child:
            assert os.waitpid(child, 0)[1] == 0
        say(told, portal.call(name_of_thread))
        portal.close()
    """).end()
    assert ended == (0, ["gone omni-io", "omni-io omni-io"], "")


def test_s17_an_inherited_thread_that_never_ran_does_not_run_in_the_child(
    start_child: StartChild,
) -> None:
    # As where a signal handler forks between the choice of a thread and its start: what its
    # callers are told there, that nothing was sent, has to stay true.
    ended = start_child("""
        from omni_common.errors import ConnectionFailedError
        from omni_common.sync import loop_thread
        from omni_common.sync.call import Call
        loop_thread._SLICE = 0.01

        portal = Portal(nothing)
        inherited = portal._thread
        child = os.fork()
        if not child:
            inherited.start()
            try:
                say(inherited.run(Call(name_of_thread)))
            except ConnectionFailedError:
                say("not sent", portal.call(name_of_thread))
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
    """).end()
    assert ended == (0, ["not sent omni-io"], "")


def test_s18_a_pool_of_forked_workers(start_child: StartChild) -> None:
    ended = start_child("""
        import multiprocessing

        portal = Portal(nothing)

        async def double(_, number):
            await asyncio.sleep(0)
            return 2 * number

        def work(number):
            return os.getpid(), portal.call(double, number)

        portal.call(double, 0)
        with multiprocessing.get_context("fork").Pool(4) as pool:
            done = pool.map(work, range(100), chunksize=5)
        assert [value for _, value in done] == [2 * number for number in range(100)]
        assert os.getpid() not in {pid for pid, _ in done}
        say(portal.call(double, 21))
    """).end()
    assert ended == (0, ["42"], "")


def test_s27_an_iteration_does_not_go_on_in_the_child(start_child: StartChild) -> None:
    ended = start_child("""
        async def numbers(_):
            try:
                yield 1
                yield 2
            finally:
                say("closed in", "parent" if os.getpid() == parent else "child")

        parent = os.getpid()
        portal = Portal(nothing)
        iteration = portal.iterate(numbers)
        next(iteration)
        abandoned = portal.iterate(numbers)
        next(abandoned)
        child = os.fork()
        if not child:
            try:
                next(iteration)
            except RuntimeError as error:
                say("Begin another iteration" in str(error))
            del iteration, abandoned
            gc.collect()
            say(list(portal.iterate(lambda _: numbers(_))))
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        say(next(iteration))
        iteration.close()
        abandoned.close()
    """).end()
    assert ended == (
        0,
        ["True", "closed in child", "[1, 2]", "2", "closed in parent", "closed in parent"],
        "",
    )
