"""Carries a request to a vendor and brings back what its reader makes of the answer.

Here meet the gate, the wire and the retry decision. What a failure proves is decided in ``retry``,
and what an answer says by the vendor's reader; this room only carries out both.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from traceback import extract_tb
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from attrs import evolve

from omni_common.clock import Clock, SystemClock
from omni_common.errors import (
    ClientClosedError,
    ConfigurationError,
    Outcome,
)
from omni_common.exchange import (
    Answer,
    Failure,
    FailureKind,
    OnUnknown,
    Operation,
    Reader,
    Request,
    check_on_unknown,
)
from omni_common.failure import described, error_of
from omni_common.gate import Gate, Precedence
from omni_common.history import History, is_unheard
from omni_common.retry import (
    RULES,
    Raise,
    RetryPolicy,
    attempt_seconds,
    decide,
    kind_of_status,
    parse_retry_after,
    pauses,
)
from omni_common.secret import Secret
from omni_common.settings import TransportSettings

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Transport"]

T = TypeVar("T")
_log = logging.getLogger(__name__)
# Longer than any call, and short enough for every unit of time that it is turned into.
_FOREVER = timedelta(days=10_000).total_seconds()


class Transport:
    """One vendor account's way out: bounded, paced, retried only where that is safe."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        provider: str,
        authorization: Secret,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare; opens nothing and needs no running loop.

        Args:
            settings: Address, limits and timeouts.
            provider: The provider's name, for errors and logs.
            authorization: The whole value of the ``Authorization`` header.
            session: An ``aiohttp.ClientSession`` whose connector to use: its pool, TLS settings and
                resolver. It is not closed here; its tracing goes on, and none of its defaults
                (timeout, headers, login, cookies, middlewares, proxies) is relied on.
            clock: Where the time comes from; the system's unless given.
        """
        # Loads aiohttp: with the first client, so that whoever only builds messages or reads
        # callbacks does without, and not with the first send, which would hold up the event loop.
        from omni_common.wire import Wire

        self.settings = settings
        self.provider = provider
        self.clock: Clock = clock or SystemClock()
        self._policy = RetryPolicy(max_attempts=settings.max_attempts)
        self._wire = Wire(settings, authorization, session)
        self._gate: Gate | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def exchange(
        self,
        request: Request,
        read: Reader[T],
        *,
        reference: str | None = None,
        on_unknown: OnUnknown = "raise",
        timeout: float | None = None,
        history: History | None = None,
    ) -> T:
        """Make *request*, again where that is safe, and return what *read* makes of the answer.

        Args:
            request: What to ask.
            read: Reads a whole answer.
            reference: The message's own name, for errors and for the record that an interrupted
                send leaves; without one the record names the call.
            on_unknown: ``"resend"`` repeats a send although it may have arrived.
            timeout: Seconds for all attempts and waits together, from the moment the call has its
                connection slot; the setting ``timeout`` unless given.
            history: Where to write down the attempts.

        Raises:
            OmniError: As ``omni_common.errors`` draws it; for ``Operation.READ`` always a
                ``ReadError``.
        """
        check_on_unknown(on_unknown, reference)
        history = History() if history is None else history
        allowance = self.settings.timeout if timeout is None else timeout
        call = _Call(request, read, history, allowance, resend=on_unknown == "resend")
        try:
            return await self._until_decided(call, reference=reference)
        except BaseException as error:
            if request.operation is Operation.SEND and is_unheard(error):
                name = f"{request.method} {request.path}" if reference is None else reference
                history.record_interrupted(self.provider, name)
            raise

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client holds connections and credentials of this process, so it cannot be copied or"
            " pickled; make another one from the same settings"
        )

    async def close(self) -> None:
        """Turn away waiting calls and close the session, if it is our own. Safe to repeat.

        Calls under way in our own session are cut off, and say so: close when they have ended.

        Raises:
            ConfigurationError: The client is in use in another event loop.
        """
        self._check_loop()
        if self._gate is not None:
            self._gate.close()
        await self._wire.close()

    async def _until_decided(self, call: _Call[T], *, reference: str | None) -> T:
        waits = pauses(self._policy)
        waited = timedelta()
        number = 0
        while True:
            number += 1
            verdict = await self._attempt(call, number, waited)
            if not isinstance(verdict, Failure):
                return verdict
            decision = decide(
                call.request.operation,
                verdict.kind,
                attempt=number,
                pause=next(waits),
                remaining=timedelta(seconds=call.remaining(self.clock)),
                retry_after=verdict.retry_after,
                resend=call.resend,
                policy=self._policy,
            )
            _log.debug(
                "%s %s attempt %d: %s (%s), then %s",
                self.provider,
                call.request.operation.name,
                number,
                verdict.kind.name,
                verdict.status,
                decision,
            )
            if isinstance(decision, Raise):
                raise error_of(
                    verdict,
                    call.request.operation,
                    self.provider,
                    makes=call.request.makes,
                    reference=reference,
                    attempts=call.history.attempts,
                    arrived_before=call.history.outcome is Outcome.UNKNOWN,
                    because=decision.because,
                )
            waited = decision.pause
            await self.clock.sleep(waited.total_seconds())

    async def _attempt(self, call: _Call[T], number: int, waited: timedelta) -> T | Failure:
        request = call.request
        try:
            gate = self._gate_of_running_loop()
            await call.enter(gate, self.clock)
        except ClientClosedError:
            return Failure(FailureKind.CLIENT_CLOSED, sent=False)
        except TimeoutError:
            return Failure(FailureKind.UNREACHABLE, "no free connection in time", sent=False)
        try:
            started_at = self.clock.now()
            seconds = attempt_seconds(
                request.operation,
                number,
                call.remaining(self.clock),
                call.allowance,
                self._policy,
                resend=call.resend,
            )
            if seconds <= 0:  # to aiohttp, zero seconds is forever
                return Failure(FailureKind.UNREACHABLE, "no time left", sent=False)
            answer = await self._wire.attempt(request, seconds, call.history.begin)
        finally:
            gate.leave()
        verdict = self._read(answer, call.read) if isinstance(answer, Answer) else answer
        failed = verdict if isinstance(verdict, Failure) else None
        call.history.end(
            started_at=started_at,
            sent=True if failed is None else failed.sent,
            detail="answered" if failed is None else described(failed),
            status=answer.status,
            waited=waited,
            proves_not_sent=failed is not None and RULES[failed.kind].not_sent,
        )
        return verdict

    def _read(self, answer: Answer, read: Reader[T]) -> T | Failure:
        try:
            verdict = read(answer)
        except Exception as error:  # noqa: BLE001 - a reader that trips proves nothing about the send
            # Its text may quote the answer, so only the place is logged.
            _log.error("%s: no sense in an answer: %s", self.provider, _place(error))
            verdict = Failure(FailureKind.UNREADABLE, type(error).__name__, raw=answer.body)
        if verdict is None:
            verdict = Failure(
                kind_of_status(answer.status), f"HTTP {answer.status}", raw=answer.body
            )
        if isinstance(verdict, Failure):
            asked = parse_retry_after(answer.headers.get("retry-after"), self.clock.now())
            retry_after = verdict.retry_after if asked is None else asked
            return evolve(verdict, status=answer.status, retry_after=retry_after)
        return verdict

    def _gate_of_running_loop(self) -> Gate:
        if self._wire.closed:
            msg = "the client is closed"
            raise ClientClosedError(msg)
        self._check_loop()
        loop = asyncio.get_running_loop()
        if self._gate is None or self._loop is not loop:
            self._gate = Gate(self._wire.slots, self.settings.rate, self.clock)
            self._loop = loop
        return self._gate

    def _check_loop(self) -> None:
        loop = self._loop
        if loop is not None and loop is not asyncio.get_running_loop() and loop.is_running():
            msg = "this client is in use in another event loop; make one client for each loop"
            raise ConfigurationError(msg, provider=self.provider)


class _Call(Generic[T]):
    """What stays the same for all attempts of one call, and the time that is left for them.

    The time begins to run when the call is first let through.
    """

    def __init__(
        self,
        request: Request,
        read: Reader[T],
        history: History,
        allowance: float,
        *,
        resend: bool,
    ) -> None:
        self.request = request
        self.read = read
        self.history = history
        self.allowance = min(allowance, _FOREVER)
        self.resend = resend
        self._deadline: float | None = None

    def remaining(self, clock: Clock) -> float:
        """Seconds left; all of them while the call still waits for its first slot."""
        if self._deadline is None:
            return self.allowance
        return self._deadline - clock.monotonic()

    async def enter(self, gate: Gate, clock: Clock) -> None:
        """Wait at the gate: as long as it takes the first time, within the deadline after that.

        Raises:
            TimeoutError: The deadline came first.
        """
        if self._deadline is None:
            reads = self.request.operation is Operation.READ
            await gate.enter(Precedence.READ if reads else Precedence.SEND)
            self._deadline = clock.monotonic() + self.allowance
        else:
            await gate.enter(Precedence.REPEAT, patience=self.remaining(clock))


def _place(error: Exception) -> str:
    """What an exception is and where it was raised, without what it says."""
    frame = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
