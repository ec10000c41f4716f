"""The blocking facade, made to be awaited: each call blocks a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from omni_common import Capabilities, DeliveryReport, Message, OmniProvider, Receipt, sync
from omni_common.exchange import OnUnknown
from omni_common.receipt import SendOutcome
from omni_common.report import StatusResult

__all__ = ["blocking"]


class _Outcomes:
    """The outcomes of ``send_many``, all taken in one thread."""

    def __init__(self, take: Callable[[], list[SendOutcome]]) -> None:
        self._take = take

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is held."""

    async def __aiter__(self) -> AsyncIterator[SendOutcome]:
        for outcome in await asyncio.to_thread(self._take):
            yield outcome


class _Blocking(OmniProvider):
    def __init__(self, provider: sync.OmniProvider) -> None:
        self._provider = provider

    @property
    def capabilities(self) -> Capabilities:
        return self._provider.capabilities

    async def send(self, message: Message, *, on_unknown: OnUnknown = "raise") -> Receipt:
        return await asyncio.to_thread(self._provider.send, message, on_unknown=on_unknown)

    def send_many(self, messages: Any) -> Any:
        def take() -> list[SendOutcome]:
            with self._provider.send_many(messages) as outcomes:
                return list(outcomes)

        return _Outcomes(take)

    async def status(self, id: str) -> DeliveryReport:
        return await asyncio.to_thread(self._provider.status, id)

    async def status_many(self, ids: Any) -> AsyncIterator[StatusResult]:
        def take(ids: Iterable[str]) -> list[StatusResult]:
            return list(self._provider.status_many(ids))

        for result in await asyncio.to_thread(take, ids):
            yield result

    async def wait(self, id: str, *, timeout: timedelta = timedelta(minutes=2)) -> DeliveryReport:
        return await asyncio.to_thread(self._provider.wait, id, timeout=timeout)

    async def cancel(self, id: str) -> None:
        await asyncio.to_thread(self._provider.cancel, id)

    async def close(self) -> None:
        await asyncio.to_thread(self._provider.close)


def blocking(make: Callable[[], OmniProvider]) -> OmniProvider:
    """The blocking twin of what *make* makes, as a provider that is awaited."""
    return _Blocking(sync.OmniProvider(make))
