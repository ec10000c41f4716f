"""One attempt: takes a connection, holds a conversation, and says what came of it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable

import aiohttp

from omni_common.exchange import Answer, Failure, FailureKind, Request
from omni_common.secret import Secret
from omni_common.settings import TransportSettings
from omni_common.wire.conversation import Conversation
from omni_common.wire.deadline import Deadlines
from omni_common.wire.head import Heads
from omni_common.wire.pool import Pool
from omni_common.wire.proof import failure_of
from omni_common.wire.upload import open_file

__all__ = ["Wire"]


class Wire:
    """A vendor's address, and how to make one request there.

    It never raises for what goes wrong on the way: an attempt ends in an :class:`Answer` or a
    :class:`Failure`; only an interruption passes through.
    """

    def __init__(
        self,
        settings: TransportSettings,
        authorization: Secret,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        """Prepare; opens nothing. A given *session* is used but never closed."""
        self._settings = settings
        self._heads = Heads(settings.base_url, authorization)
        self._pool = Pool(settings, session)
        self._deadlines: weakref.ref[Deadlines] | None = None

    @property
    def slots(self) -> int:
        """How many requests may run at once without waiting inside aiohttp's own pool."""
        return self._pool.slots

    @property
    def closed(self) -> bool:
        """Whether this, or the session that was given, is closed."""
        return self._pool.closed

    async def attempt(
        self, request: Request, timeout: float, begun: Callable[[], None]
    ) -> Answer | Failure:
        """Make one request and read its whole answer within *timeout* seconds.

        *begun* is called right before the first byte may leave.

        Raises:
            ConfigurationError: The session that was given belongs to another event loop.
        """
        if self.closed:
            return Failure(FailureKind.CLIENT_CLOSED, sent=False)
        session = await self._pool.session()
        conversation = Conversation(request, self._heads, begun)
        try:
            with self._deadlines_of_running_loop().after(timeout):
                return await self._converse(conversation, session)
        except Exception as error:  # noqa: BLE001 - whatever it is, what counts is what it proves
            return failure_of(
                error, sent=conversation.sent, status=conversation.status, closed=session.closed
            )
        except BaseException as interruption:  # noqa: BLE001 - it is raised again
            # The frames of aiohttp hold the request, its address and the proxy's password, and a
            # crash reporter shows what frames hold: those of an interruption end here.
            raise interruption.with_traceback(None)  # noqa: B904 - it is the same

    async def close(self) -> None:
        """Close our own session, if one was made. Safe to repeat."""
        await self._pool.close()
        deadlines = None if self._deadlines is None else self._deadlines()
        if deadlines is not None:
            deadlines.close()

    def _deadlines_of_running_loop(self) -> Deadlines:
        deadlines = None if self._deadlines is None else self._deadlines()
        if deadlines is None or deadlines.loop is not asyncio.get_running_loop():
            deadlines = Deadlines()
            self._deadlines = weakref.ref(deadlines)
        return deadlines

    async def _converse(
        self, conversation: Conversation, session: aiohttp.ClientSession
    ) -> Answer | Failure:
        request = conversation.request
        try:
            if session.trace_configs:
                await conversation.trace(session)
            if request.file is not None:
                conversation.file = await open_file(request.file)
            return await self._over_a_connection(conversation, session)
        except BaseException as error:
            await conversation.trace_exception(error)
            raise
        finally:
            if conversation.file is not None:
                await asyncio.to_thread(conversation.file.close)

    async def _over_a_connection(
        self, conversation: Conversation, session: aiohttp.ClientSession
    ) -> Answer | Failure:
        connection = await self._pool.connection(session, conversation.traces)
        try:
            return await conversation.hold(
                connection, self._pool.forward_proxy_headers, self._settings.response_limit
            )
        finally:
            if conversation.is_over:
                self._pool.keep(connection, session)
            else:
                connection.close()
