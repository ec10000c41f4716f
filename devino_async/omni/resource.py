"""OMNI over the wire: each call of the resource carries one request of this package."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import tzinfo
from functools import partial
from typing import Unpack

from devino_async.omni.creation import create_task_request, read_created_task
from devino_async.omni.messages import OmniRecipient, OmniTemplates, send_request
from devino_async.omni.outcomes import OmniAnswers, read_answers
from devino_async.omni.task import NewTask
from devino_async.omni.tasks import (
    Task,
    TaskFilters,
    TaskMacros,
    TaskOrder,
    TaskState,
    macros_request,
    read_macros,
    read_task,
    read_tasks,
    task_request,
    tasks_request,
)
from devino_async.paging import PAGE_SIZE, every_row
from devino_async.query import whole
from omni_common.exchange import Request
from omni_common.transport import Transport

__all__ = ["OmniResource"]


class OmniResource:
    """``DevinoClient.omni``: tasks that try several channels, and messages sent through them.

    A transactional message needs a task of the type API first; what the message shall say beside
    the task's own texts needs the ids of its triggers, which only the task tells (T73)::

        task_id = await devino.omni.create_task(task)
        [trigger] = (await devino.omni.task(task_id)).triggers_info
        answers = await devino.omni.send(
            task_id,
            contacts=[OmniRecipient(phone="79001234567")],
            templates={str(trigger.trigger_id): SmsTemplate(sender="Shop", text="Hello")},
        )
    """

    def __init__(self, transport: Transport, zone: tzinfo | None = None) -> None:
        """Use *transport* for every call; *zone* is the account's, where it is known."""
        self._transport = transport
        self._zone = zone

    async def create_task(self, task: NewTask) -> str:
        """Create a task; returns its id.

        Repeating the call makes another task, which may write to everybody once more.

        Raises:
            NotSentError: Nothing was created: the task was refused, cannot be written, or never
                left.
            OutcomeUnknownError: The task may have been created; look for it with :meth:`tasks`.
        """
        request = create_task_request(task, zone=self._zone)
        return await self._transport.exchange(request, read_created_task)

    async def task(self, task_id: str | int) -> Task:
        """Ask for one task.

        Raises:
            ReadError: Devino does not know the task, or the answer did not come or could not be
                read.
            InvalidQueryError: *task_id* cannot be an id of a task.
        """
        return await self._transport.exchange(task_request(task_id), read_task)

    def tasks(
        self,
        *,
        order_by: TaskOrder | str = TaskOrder.ID,
        ascending: bool = True,
        page_size: int = PAGE_SIZE,
        offset: int = 0,
        **filters: Unpack[TaskFilters],
    ) -> AsyncIterator[Task]:
        """Every task, read page by page as it is needed.

        ::

            async for task in devino.omni.tasks(included_states=[TaskState.STARTED]):
                print(task.id, task.task_name)

        The list tells neither its length nor whether more follows (T65), so that one more page is
        asked for than there is. Tasks that are created meanwhile may move others from page to page.

        Args:
            order_by: ``orderBy``: what to sort by.
            ascending: ``ascending``: whether the least comes first.
            page_size: ``count``: tasks to ask for at a time.
            offset: Tasks to leave out.
            **filters: See :class:`~devino_async.omni.TaskFilters`.

        Raises:
            InvalidQueryError: A value is wrong; ``field`` names the parameter. Raised at once,
                before anything is asked.
            ReadError: Raised by the iteration: an answer did not come or could not be read.
        """
        whole(page_size, name="page_size", least=1, required=True)

        def request(start: int) -> Request:
            return tasks_request(
                count=page_size,
                offset=start,
                order_by=order_by,
                ascending=ascending,
                zone=self._zone,
                **filters,
            )

        return every_row(self._transport, request, read_tasks, offset=offset)

    async def tasks_page(
        self,
        *,
        count: int,
        offset: int = 0,
        order_by: TaskOrder | str = TaskOrder.ID,
        ascending: bool = True,
        **filters: Unpack[TaskFilters],
    ) -> tuple[Task, ...]:
        """One page of the list of tasks; an empty one lies behind the end.

        Args:
            count: ``count``: tasks at most.
            offset: ``offset``: tasks to leave out.
            order_by: ``orderBy``: what to sort by.
            ascending: ``ascending``: whether the least comes first.
            **filters: See :class:`~devino_async.omni.TaskFilters`.

        Raises:
            InvalidQueryError: A value is wrong; ``field`` names the parameter.
            ReadError: An answer did not come or could not be read.
        """
        request = tasks_request(
            count=count,
            offset=offset,
            order_by=order_by,
            ascending=ascending,
            zone=self._zone,
            **filters,
        )
        return await self._transport.exchange(request, partial(read_tasks, limit=count))

    async def macros(
        self,
        *,
        task_ids: Collection[str | int] | None = None,
        task_states: Collection[TaskState | str] | None = None,
    ) -> list[TaskMacros]:
        """Ask which macros the texts of tasks hold.

        Args:
            task_ids: ``taskIds``: only of these tasks.
            task_states: ``taskStates``: only of tasks in these states.

        Raises:
            InvalidQueryError: A value is wrong, or a list is empty.
            ReadError: An answer did not come or could not be read.
        """
        request = macros_request(task_ids=task_ids, task_states=task_states)
        return list(await self._transport.exchange(request, read_macros))

    async def send(
        self,
        task_id: str | int,
        *,
        contacts: Sequence[OmniRecipient] = (),
        contact_ids: Sequence[str] = (),
        templates: OmniTemplates | None = None,
    ) -> OmniAnswers:
        """Send through a task of the type API, to one recipient or several.

        A recipient whom Devino refuses does not raise: look at each result's ``outcome``. Only a
        call for one recipient has an answer that surely is about them; of several, those stay
        UNKNOWN of whom the answer does not surely speak. How many recipients a call may have is not
        documented.

        Args:
            task_id: ``taskId``, digits.
            contacts: ``contacts``: whom to write to.
            contact_ids: ``contactIds``: contacts of the address book to write to.
            templates: ``templates``: what to send instead of the task's own templates, by the ids
                of its triggers.

        Raises:
            NotSentError: The whole call was refused, cannot be written, or never left.
            OutcomeUnknownError: Nothing certain is known of any recipient.
        """
        request = send_request(
            task_id,
            contacts=contacts,
            contact_ids=contact_ids,
            templates=templates,
            zone=self._zone,
        )
        people, ids = tuple(contacts), tuple(contact_ids)  # as they are now, whatever comes later
        return await self._transport.exchange(
            request,
            lambda answer: read_answers(answer, people, ids),
            timeout=self._transport.settings.bulk_timeout if len(people + ids) > 1 else None,
        )
