"""The function that takes an application's events: what may be one, and when it accepted one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import TypeAlias

from omni_common.callbacks.area import CallbackArea
from omni_common.callbacks.events import Event
from omni_common.callbacks.incidents import log_failed
from omni_common.errors import ConfigurationError

__all__ = ["EventHandler", "Handler"]

EventHandler: TypeAlias = Callable[[Event], object]
"""What an application does with an event: a function, or an async one."""


class Handler:
    """Calls the application's function, and tells whether it accepted an event by returning."""

    def __init__(self, handle: EventHandler) -> None:
        """Take *handle*, async or not.

        Raises:
            ConfigurationError: It is no function, or one that yields, whose call does nothing.
        """
        if not callable(handle):
            raise _wrong("handler must be a function of one event")
        self._handle = handle
        if self._is(inspect.isgeneratorfunction) or self._is(inspect.isasyncgenfunction):
            raise _wrong("handler must not yield: nothing runs it any further than to be called")

    @property
    def is_async(self) -> bool:
        """Whether it is an async function, as far as that can be told without a call."""
        return self._is(inspect.iscoroutinefunction)

    async def accepts(self, event: Event, area: CallbackArea) -> bool:
        """Hand it *event*, and wait for its end; False, with a record, if it raised.

        An ``asyncio.CancelledError`` is raised further only if the task that this runs in is being
        cancelled: otherwise it is what something within the function came to.
        """
        try:
            outcome = self._handle(event)
            if inspect.isawaitable(outcome):
                await outcome
            else:
                _refuse_unrun(outcome)
        except asyncio.CancelledError as error:
            if _is_being_cancelled():
                raise
            log_failed("handler", area, error)
        except Exception as error:  # noqa: BLE001 - the handler is the application's; it is logged
            log_failed("handler", area, error)
        else:
            return True
        return False

    def accepts_blocking(self, event: Event, area: CallbackArea) -> bool:
        """Do what ``accepts`` does where nothing awaits; nothing there is cancelled either."""
        try:
            _refuse_unrun(self._handle(event))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as in accepts
            log_failed("handler", area, error)
            return False
        return True

    def _is(self, kind: Callable[[object], bool]) -> bool:
        return kind(self._handle) or kind(type(self._handle).__call__)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _refuse_unrun(outcome: object) -> None:
    """What nobody awaits or iterates over did nothing yet: the event is not accepted."""
    if inspect.isawaitable(outcome):
        if inspect.iscoroutine(outcome):
            outcome.close()
        raise _wrong("the handler is async and nothing awaits it")
    if inspect.isgenerator(outcome) or inspect.isasyncgen(outcome):
        raise _wrong("the handler yields and nothing iterates over it")


def _wrong(text: str) -> ConfigurationError:
    return ConfigurationError(text, field="handler")
