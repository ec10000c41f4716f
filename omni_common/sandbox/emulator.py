"""A vendor's stand-in: a real HTTP server on loopback, whose vendor is filled in by a subclass."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Self

from aiohttp import web

from omni_common.errors import ConfigurationError
from omni_common.sandbox.callbacks import (
    Callback,
    CallbackPoster,
    Maker,
    PostedCallback,
    Posting,
    is_loopback,
)
from omni_common.sandbox.clock import SandboxClock
from omni_common.sandbox.connection import put
from omni_common.sandbox.faults import Fault, FaultScript, Target, plain_reply
from omni_common.sandbox.ledger import Ledger, LedgerEntry, StateChange
from omni_common.sandbox.operation import (
    Match,
    Operation,
    ReceivedRequest,
    Reply,
    find_operation,
)
from omni_common.sandbox.scenario import RateLimits, fault_of

__all__ = ["Emulator"]

_MAX_BODY = 64 * 2**20
_SHUTDOWN_SECONDS = 1.0


class Emulator(ABC):
    """A vendor's interface on loopback, belonging to the event loop that starts it.

    ::

        async with MessenteEmulator() as emulator:
            async with connect(emulator.url) as omni: ...
            assert emulator.ledger.count(to="+37251000000") == 1

    What a number does is said in :class:`Scenario`; :meth:`fail_next` orders faults by hand. A
    vendor's author writes :meth:`operations` and :attr:`url`, and overrides what else the vendor
    does in its own way.
    """

    name: ClassVar[str]
    """The vendor's name in connection URLs, such as ``"messente"``."""
    path: ClassVar[str] = ""
    """Where the vendor's interface begins, such as ``"/v1"``."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: SandboxClock | None = None,
        callback_hosts: Collection[str] = (),
    ) -> None:
        """Prepare an emulator; nothing is opened before :meth:`start`.

        Args:
            host: The loopback address to listen on.
            port: The port to listen on; 0 takes a free one.
            clock: The time it lives by; by default real time.
            callback_hosts: Hosts beside loopback that callbacks may be posted to.

        Raises:
            ConfigurationError: *host* is not loopback.
        """
        if not is_loopback(host):
            raise ConfigurationError(
                "An emulator listens on loopback only: use 127.0.0.1, ::1 or localhost",
                provider=getattr(self, "name", None),
                field="host",
            )
        # One name for two addresses would give two ports when a free one is taken.
        self._host = "127.0.0.1" if host.casefold() == "localhost" else host
        self._wanted_port = port
        self._port: int | None = None
        self.clock = clock or SandboxClock()
        """The time it lives by."""
        self.ledger = Ledger()
        """Every message it accepted."""
        self.requests: list[ReceivedRequest] = []
        """Every request it received, whatever became of it, in order of arrival."""
        self.retry_after: int | None = 1
        """Seconds in ``Retry-After`` of HTTP 429; None leaves the header out."""
        self._callbacks = CallbackPoster(self.clock, callback_hosts, lambda: self.posting().order)
        self._before_answer: list[Maker] | None = None
        self._script = FaultScript()
        self._limits = RateLimits()
        self._handled = 0
        self._progress = asyncio.Event()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._task: asyncio.Task[None] | None = None
        self._unwatch: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The connection URL, with percent-encoded credentials, for ``connect()``."""

    @abstractmethod
    def operations(self) -> Sequence[Operation]:
        """Return the vendor's calls; asked for with each request."""

    def refuse(self, request: ReceivedRequest) -> Reply | None:
        """Answer a request that may not come in, such as one without credentials; else None."""
        del request
        return None

    def unknown_path(self, request: ReceivedRequest) -> Reply:
        """Answer a request for a path that the vendor does not have."""
        del request
        return Reply(404, b"Not Found", "text/plain")

    def wrong_method(self, request: ReceivedRequest, allowed: Sequence[str]) -> Reply:
        """Answer a request whose path the vendor has, for the methods *allowed* only."""
        del request
        return Reply(405, b"Method Not Allowed", "text/plain", {"Allow": ", ".join(allowed)})

    def fault_reply(self, fault: Fault, reply: Reply) -> Reply:
        """Return what *fault* makes of *reply*; override where the vendor has its own shape."""
        return plain_reply(fault, reply, self.retry_after)

    def callback(self, entry: LedgerEntry, change: StateChange) -> Callback | None:
        """Return the callback that tells of *change*, or None when the vendor sends none."""
        del entry, change
        return None

    def posting(self) -> Posting:
        """Return when callbacks are posted; asked for with each of them."""
        return Posting()

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port it listens on.

        Raises:
            ConfigurationError: It is not started, and was left to choose a port.
        """
        port = self._port or self._wanted_port
        if not port:
            raise ConfigurationError(
                "The emulator takes a port when it starts: use `async with`, or start() first",
                provider=self.name,
                field="port",
            )
        return port

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Where the vendor's interface begins, as a plain HTTP URL without credentials."""
        return f"http://{self.authority}{self.path}"

    @property
    def callbacks(self) -> Sequence[PostedCallback]:
        """Every attempt to post a callback, oldest first."""
        return tuple(self._callbacks.posted)

    @property
    def pending_faults(self) -> Sequence[Fault]:
        """Faults that were ordered and did not happen yet, each as often as it is to happen."""
        return self._script.pending

    def fail_next(self, fault: Fault, times: int = 1, *, on: Target = None) -> None:
        """Let *fault* happen to the next requests, whatever numbers they hold.

        Args:
            fault: What happens.
            times: To how many requests.
            on: Which requests: the name of one of the vendor's operations, such as ``"send"`` or
                ``"status"``, or a function of a :class:`ReceivedRequest`; by default any.

        Raises:
            ConfigurationError: The vendor has no operation named *on*, or *fault* is no ``Fault``.
        """
        if not isinstance(fault, Fault):
            raise ConfigurationError(
                f"A fault is one of {', '.join(f'Fault.{each.name}' for each in Fault)}",
                provider=self.name,
                field="fault",
            )
        names = list(dict.fromkeys(operation.name for operation in self.operations()))
        if isinstance(on, str) and on not in names:
            raise ConfigurationError(
                f"There is no operation {on!r}; there are {', '.join(names)}",
                provider=self.name,
                field="on",
            )
        self._script.order(fault, times, on)

    def clear_faults(self) -> None:
        """Forget the faults that were ordered and did not happen yet."""
        self._script.clear()

    def accept(self, entry: LedgerEntry) -> None:
        """Write a message into the ledger and plan its callbacks; called by handlers."""
        self.ledger.write(entry)
        self._plan(entry, entry.plan)

    def amend(self, entry: LedgerEntry) -> None:
        """Replace an accepted message, say by its cancelled self; called by handlers."""
        known = self.ledger[entry.id].plan
        self.ledger.write(entry)
        self._plan(entry, [change for change in entry.plan if change not in known])

    def post(self, callback: Callback) -> None:
        """Post a callback now that tells of no message in the ledger; from any thread."""
        schedule = partial(self._callbacks.schedule, self.clock.now(), lambda: callback)
        if self._loop is None or self._loop is _running_loop():
            schedule()
        else:
            self._loop.call_soon_threadsafe(schedule)

    async def start(self) -> None:
        """Begin to listen; does nothing when it already does."""
        if self._runner is not None:
            return
        self._closing.clear()
        application = web.Application(client_max_size=_MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(
            application,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port or self._wanted_port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]
        self._loop = loop = asyncio.get_running_loop()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._callbacks.wake)

        self._unwatch = self.clock.watch(wake)
        self._task = asyncio.create_task(self._callbacks.run(), name=f"{self.name} callbacks")

    async def close(self) -> None:
        """Stop listening, drop every connection and post no more callbacks; may be repeated."""
        runner, self._runner = self._runner, None
        self._closing.set()
        if self._unwatch is not None:
            self._unwatch()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if runner is not None:
            await runner.cleanup()
        await self._callbacks.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def settle(self) -> None:
        """Return when every callback that is due by the clock was posted and answered.

        With a clock that tests advance, this is what makes callbacks certain: advance, settle,
        look. In blocking code: ``asyncio.run(emulator.settle())``.
        """
        await self._in_own_loop(self._callbacks.settle())

    async def handled(self, count: int) -> None:
        """Return when *count* requests in all were taken in, answered or about to be.

        A request that stalls counts from the moment its work is done, so a test can wait until a
        message is surely accepted and then give up on the answer.
        """
        await self._in_own_loop(self._until_handled(count))

    async def _until_handled(self, count: int) -> None:
        while self._handled < count:
            self._progress.clear()
            await self._progress.wait()

    async def _in_own_loop(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait where the emulator lives, which may be on another thread's loop."""
        if self._loop is None or self._loop is asyncio.get_running_loop():
            await waiting
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(waiting, self._loop))

    def _plan(self, entry: LedgerEntry, changes: Sequence[StateChange]) -> None:
        if entry.callback_url is None:
            return
        delay, now = self.posting().delay, self.clock.now()
        for change in changes:
            due, make = change.at + delay, partial(self._callback_then, entry.id, change)
            if self._before_answer is not None and due <= now:
                self._before_answer.append(make)
            else:
                self._callbacks.schedule(due, make)

    def _callback_then(self, id: str, change: StateChange) -> Callback | None:
        """The callback of *change* when it is due; None if it did not come to pass."""
        entry = self.ledger.get(id)  # whoever replaced the ledger wants to hear no more of it
        return None if entry is None or change not in entry.plan else self.callback(entry, change)

    async def respond(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Reply, Fault | None]:
        """Do the work of one request, and return the answer with what is to happen to it.

        The vendor without its web server: for tests that bring requests by a line of their own.
        *target* is the path with its query, as sent; *headers* are looked up in any case.
        """
        path, _, query = target.partition("?")
        inside = path.removeprefix(self.path) if path.startswith(self.path) else None
        match = Match() if inside is None else find_operation(self.operations(), method, inside)
        request = ReceivedRequest(
            method=method,
            path=path,
            query=query,
            headers=headers,
            body=body,
            at=self.clock.now(),
            operation=match.operation.name if match.operation else None,
            parameters=match.parameters,
        )
        self.requests.append(request)
        first: list[Maker] = []
        self._before_answer = first if self.posting().before_answer else None
        try:
            reply, fault = self._answer(request, match)
        finally:
            self._before_answer = None
        self._handled += 1
        self._progress.set()
        await self._callbacks.post_at_once(first)
        return reply, fault

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        reply, fault = await self.respond(
            request.method, request.raw_path, request.headers.copy(), body
        )
        return await put(request, reply, fault, self._closing)

    def _answer(self, request: ReceivedRequest, match: Match) -> tuple[Reply, Fault | None]:
        """Decide what *request* gets; a number's own fault shows only once it was accepted."""
        ordered = self._script.take(request)
        if ordered is not None and not ordered.takes_request:
            return self.fault_reply(ordered, Reply(200)), ordered
        refusal = self.refuse(request)
        if refusal is not None or match.operation is None:
            known = match.allowed
            reply = refusal or (
                self.wrong_method(request, known) if known else self.unknown_path(request)
            )
            return (self.fault_reply(ordered, reply), ordered) if ordered else (reply, None)
        numbers = tuple(match.operation.recipients(request))
        if ordered is None and self._limits.tell(numbers):
            return self.fault_reply(Fault.RATE_LIMITED, Reply(200)), Fault.RATE_LIMITED
        before = len(self.ledger)
        reply = match.operation.handle(request)
        fault = ordered or (fault_of(numbers) if len(self.ledger) > before else None)
        return (self.fault_reply(fault, reply), fault) if fault else (reply, None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
