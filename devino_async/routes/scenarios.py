"""The scenarios of an account: found again by their names, made where there is none, remembered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Unpack

from attrs import frozen

from devino_async.client import DevinoClient
from devino_async.omni import NewTask, Task, TaskFilters, TaskState, TaskType
from devino_async.routes.route import PROVIDER
from devino_async.routes.scenario import new_task
from devino_async.routes.scenario_settings import ScenarioSettings
from devino_async.routes.scenario_shape import NAME_PREFIX, Shape
from devino_async.routes.scenario_task import (
    Scenario,
    called,
    end_of,
    flaw,
    has_known_state,
    is_told,
    lasts,
    misfit,
    scenario_of,
    standing,
    standstill,
)
from omni_common.clock import Clock
from omni_common.errors import (
    InvalidMessageError,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ReadError,
    RefusedError,
)
from omni_common.history import accounting, nowhere
from omni_common.redaction import shown_id

__all__ = ["MOST_OF_A_NAME", "MOST_SCENARIOS", "SECONDS_BETWEEN_LOOKS", "Scenarios"]

MOST_SCENARIOS = 20
"""Scenarios of ours that an account may have: so many shapes of messages."""
MOST_OF_A_NAME = 3
"""Tasks of one name that stand there and are of no use: none is made beside so many of them."""
SECONDS_BETWEEN_LOOKS = 3600.0
"""After which a scenario that is used is looked for again: it may have been stopped."""
_SECONDS_BETWEEN_DOUBTS = 60.0
_MOST_IDS_TOLD = 5


class Scenarios:
    """Gives the scenario for messages of a shape.

    Whoever asks for one shape at the same time shares one search, which goes on as long as anybody
    waits for it. Whatever keeps a scenario from being found or made keeps the message from being
    sent, and nothing that was asked on the way is an attempt to send it. One that is used already
    goes on being used where Devino cannot be asked about it.
    """

    def __init__(self, client: DevinoClient, settings: ScenarioSettings, clock: Clock) -> None:
        """Look for scenarios over *client*, and make them as *settings* say."""
        self._client = client
        self._settings = settings
        self._clock = clock
        self._known: dict[str, Scenario] = {}
        self._look_at: dict[str, float] = {}
        self._searches: dict[str, _Search] = {}
        self._made: set[str] = set()
        self._unread: dict[str, set[str]] = {}
        self._begun: Counter[str] = Counter()
        self._unfit: dict[str, str] = {}
        self._trusted: dict[str | None, str | None] = {}
        self._doubted_at: dict[str, float] = {}

    async def of(self, shape: Shape) -> Scenario:
        """The scenario for messages of *shape*.

        Raises:
            NotSentError: It was neither found nor made; the cause says why.
            InvalidMessageError: The account has as many of our scenarios as it may (field ``ttl``).
        """
        known = self._good(shape.name)
        if known is not None and self._clock.monotonic() < self._look_at[shape.name]:
            return known
        return await self._shared_search(shape)

    def doubt(self, shape: Shape, scenario: Scenario) -> None:
        """Look again before the next send: a message by *scenario* was refused.

        That may be the message's own fault, so it happens once a minute at most.
        """
        now = self._clock.monotonic()
        last = self._doubted_at.get(shape.name)
        is_due = last is None or now - last >= _SECONDS_BETWEEN_DOUBTS
        if is_due and self._known.get(shape.name) is scenario:
            self._doubted_at[shape.name] = self._look_at[shape.name] = now

    def _good(self, name: str) -> Scenario | None:
        """The scenario that is used, unless its end is near."""
        known = self._known.get(name)
        if known is None or known.end is None or lasts(known.end, self._clock.now()):
            return known
        return None

    def _remember(self, name: str, scenario: Scenario, seconds: float) -> None:
        self._known[name] = scenario
        self._look_at[name] = self._clock.monotonic() + seconds

    async def _shared_search(self, shape: Shape) -> Scenario:
        search = self._searches.get(shape.name)
        if search is None or not search.can_be_joined:
            search = self._searches[shape.name] = _Search(self._search(shape))
        try:
            return await search.result()
        finally:
            if self._searches.get(shape.name) is search and not search.is_wanted:
                del self._searches[shape.name]

    async def _search(self, shape: Shape) -> Scenario:
        accounting.set(nowhere)  # in this task: each message that waits leaves its own record
        try:
            return await self._found_or_made(shape)
        except NotSentError:
            raise
        except Exception as error:  # whatever it is, no message was sent
            kind = type(error).__name__
            why = f"{kind} ({error.text})" if isinstance(error, OmniError) else kind
            problem = f"the scenario {shape.name} was neither found nor made: {why}"
            raise _unusable(problem) from error

    async def _found_or_made(self, shape: Shape) -> Scenario:
        name, known = shape.name, self._good(shape.name)
        try:
            found = await self._looked_for(shape)
        except NotSentError as error:
            if known is None or not isinstance(error.__cause__, ReadError):
                self._known.pop(name, None)
                raise
            self._remember(name, known, _SECONDS_BETWEEN_DOUBTS)  # nothing is known against it
            return known
        if not isinstance(found, Scenario):
            self._known.pop(name, None)
            found = await self._make(shape, found)
        self._remember(name, found, SECONDS_BETWEEN_LOOKS)
        return found

    async def _looked_for(self, shape: Shape) -> Scenario | _Useless:
        """The scenario for *shape*, or what there is instead.

        Raises:
            NotSentError: The task of the settings is of no use; or, with a ``ReadError`` as its
                cause, Devino could not be asked.
        """
        if (task_id := self._settings.task_ids.get(shape.name)) is not None:
            return await self._appointed(shape, task_id)
        name, types = shape.name, [TaskType.API]
        with _or_not_sent(f"the scenario {name} could not be looked for", right=_instead(name)):
            tasks = await self._tasks(name, name=name, types=types)
            if (found := await self._usable(tasks, shape)) is not None:
                return found
            states = [TaskState.NEW, TaskState.STARTED]
            # Among all of them it would be found, too, if the vendor's filter did not let it pass.
            ours = await self._tasks(NAME_PREFIX, included_states=states, types=types)
            if (found := await self._usable(ours, shape)) is not None:
                return found
            # A list may be late, or know it by another name; it is made anew only if it is gone.
            if (found := await self._still_in_use(shape)) is not None:
                return found
        names = frozenset(str(task.task_name) for task in ours)
        return _Useless(names, standing(name, [*tasks, *ours]))

    async def _still_in_use(self, shape: Shape) -> Scenario | None:
        """The scenario that is used, which no list shows as usable, if Devino says it is."""
        known = self._good(shape.name)
        if known is None:
            return None
        try:
            return self._judged(await self._client.omni.task(known.task_id), shape)
        except ReadError as error:
            if type(error.__cause__) is RefusedError:  # Devino does not know it any more
                return None
            raise

    async def _appointed(self, shape: Shape, task_id: str) -> Scenario:
        """The task that the settings name for *shape*, which is never made here."""
        what = f"the task {task_id}, which the setting scenarios names for {shape.name},"
        with _or_not_sent(
            f"{what} could not be read",
            right="the key needs the right to read the tasks that the setting scenarios names",
            field="scenarios",
        ):
            task = await self._client.omni.task(task_id)
        if (problem := standstill(task) or misfit(task, shape)) is not None:
            raise _unusable(f"{what} {problem}", field="scenarios")
        return scenario_of(task, shape, None)

    async def _tasks(self, beginning: str, **filters: Unpack[TaskFilters]) -> list[Task]:
        """Every task that passes the *filters* and whose name has that *beginning*."""
        tasks = self._client.omni.tasks(**filters)
        return [task async for task in tasks if (task.task_name or "").startswith(beginning)]

    async def _usable(self, tasks: list[Task], shape: Shape) -> Scenario | None:
        """The first of *tasks*, which a list showed, that messages of *shape* can go by."""
        for listed in called(shape.name, tasks, self._trusted):
            task = listed if is_told(listed) else await self._client.omni.task(listed.id or "")
            if (found := self._judged(task, shape)) is not None:
                self._unread.pop(shape.name, None)  # what was made here is found in lists
                self._begun.pop(shape.name, None)
                return found
        return None

    def _judged(self, task: Task, shape: Shape) -> Scenario | None:
        """*task* as the scenario of *shape*; None if it is of no use, or ends too soon."""
        end, known = end_of(task.triggers_info), self._known.get(shape.name)
        if end is None and known is not None and known.task_id == task.id:
            end = known.end  # that which it was made with
        if standstill(task, self._trusted) or misfit(task, shape):
            return None
        return scenario_of(task, shape, end) if lasts(end, self._clock.now()) else None

    async def _make(self, shape: Shape, others: _Useless) -> Scenario:
        name, right = shape.name, _instead(shape.name)
        if name in self._unfit:  # or each message would make another one of the kind
            raise _unusable(self._unfit[name])
        with _or_not_sent(f"the scenario {name} could not be made", right=right):
            new = new_task(shape, self._settings, self._wall_clock())
        self._check_times(new)
        self._check_number(name, others.ids)
        self._check_begun(name)
        self._check_room(name, others.names)
        self._made.add(name)  # before it is: those that are being made now count as well
        self._begun[name] += 1
        with _or_not_sent(f"the scenario {name} could not be made", right=right):
            try:
                task_id = await self._client.omni.create_task(new)
            except NotSentError:
                self._made.discard(name)
                self._begun[name] -= 1
                raise
        self._unread.setdefault(name, set()).add(task_id)
        with _or_not_sent(f"the scenario {name} was made and could not be read", right=right):
            task = await self._client.omni.task(task_id)
        end = end_of(task.triggers_info) or end_of(new.triggers)
        if (problem := flaw(task, shape, end, self._clock.now())) is not None:
            self._unfit[name] = (
                f"the scenario {name} was made and {problem}: look at the task"
                f" {shown_id(task_id)} at Devino, or set scenarios to {name}=ID, a task of yours"
            )
            raise _unusable(self._unfit[name])
        if not has_known_state(task):
            self._trusted[task.id] = task.state
        return scenario_of(task, shape, end)

    def _wall_clock(self) -> datetime:
        """What the account's clocks show, in UTC where its zone is not known."""
        return self._clock.now().astimezone(self._client.zone or UTC).replace(tzinfo=None)

    def _check_times(self, new: NewTask) -> None:
        """Refuse to make what would not be used: it would be made again for each message."""
        if not lasts(end_of(new.triggers), self._clock.now()):
            problem = "scenario_end must be more than two days away, or no scenario is of use"
            raise _unusable(problem, field="scenario_end")
        if self._settings.start is not None and self._settings.start > self._wall_clock():
            problem = (
                "scenario_start must not lie in the future, by the clock of the setting"
                " account_zone or else of UTC: until then a new scenario refuses every message"
            )
            raise _unusable(problem, field="scenario_start")

    def _check_number(self, name: str, listed: Iterable[str]) -> None:
        ids = sorted({*listed, *self._unread.get(name, ())}, key=lambda id: (len(id), id))
        if len(ids) >= MOST_OF_A_NAME:
            more = f" and {len(ids) - _MOST_IDS_TOLD} more" if len(ids) > _MOST_IDS_TOLD else ""
            told = ", ".join(map(shown_id, ids[:_MOST_IDS_TOLD])) + more
            problem = (
                f"there are already {len(ids)} tasks {name} that cannot be used ({told}), so no"
                f" further one is made: look at them at Devino, or set scenarios to {name}=ID, a"
                " task of yours"
            )
            raise _unusable(problem)

    def _check_begun(self, name: str) -> None:
        """Refuse to go on making what no list shows afterwards: the answers may have been lost."""
        if self._begun[name] >= MOST_OF_A_NAME:
            problem = (
                f"{self._begun[name]} tasks {name} were made here, or may have been, and none can"
                f" be used: look at them at Devino, or set scenarios to {name}=ID, a task of yours"
            )
            raise _unusable(problem)

    def _check_room(self, name: str, others: frozenset[str]) -> None:
        if len((others | self._made) - {name}) >= MOST_SCENARIOS:
            text = (
                f"{PROVIDER}: there is no scenario {name}, and the account has {MOST_SCENARIOS}"
                " others, which is as many as are made: each set of channels, ttls and filled"
                " fields needs its own. Use few different ttls, not one computed for each message,"
                " or name a task of yours in the setting scenarios. The message was not sent"
            )
            raise InvalidMessageError(text, provider=PROVIDER, field="ttl")


@frozen
class _Useless:
    """What there is of ours in the account where a scenario was looked for and not found.

    Attributes:
        names: What those are called that are new or started.
        ids: Those of the tasks of just the name that was looked for, whose state is not final.
    """

    names: frozenset[str]
    ids: tuple[str, ...]


class _Search:
    """A search that all share who wait for its result; it ends when nobody does any more."""

    def __init__(self, search: Coroutine[Any, Any, Scenario]) -> None:
        self._task = asyncio.create_task(search)
        self._waiting = 0

    @property
    def can_be_joined(self) -> bool:
        """Whether it is under way, in the loop that runs: a provider may outlive one."""
        return self.is_wanted and self._task.get_loop() is asyncio.get_running_loop()

    @property
    def is_wanted(self) -> bool:
        """Whether anybody waits for it still."""
        return self._waiting > 0 and not self._task.done()

    async def result(self) -> Scenario:
        self._waiting += 1
        try:
            await asyncio.wait([self._task])
        finally:
            self._waiting -= 1
            # If it has failed already, nobody is left to be told.
            if self._waiting == 0 and not self._task.get_loop().is_closed():
                self._task.cancel()
        error = self._task.exception()
        if error is None or isinstance(error, Exception):
            return self._task.result()
        # Ctrl-C, say, which has been raised already: by the loop, and once.
        raise _unusable(f"the search for a scenario was interrupted ({type(error).__name__})")


@contextmanager
def _or_not_sent(what: str, *, right: str, field: str | None = None) -> Iterator[None]:
    """Turn any error of the calls inside into one that says that the message was not sent.

    Its class is kept where that proves as much, so that it says more.

    Args:
        what: What could not be done.
        right: What to do about a right that the key lacks.
        field: The setting concerned; a field of the task itself is none of the message's.
    """
    try:
        yield
    except (NotSentError, OutcomeUnknownError, ReadError) as error:
        said = error.__cause__ if isinstance(error, ReadError) else error
        kind = type(said) if isinstance(said, NotSentError) else NotSentError
        # What follows the first sentence is about the task, and what to do about that.
        why = error.text.removeprefix(f"{PROVIDER}: ").partition(". ")[0]
        if issubclass(kind, PermissionDeniedError):
            why += f"; {right}"
        raise kind(
            f"{PROVIDER}: {what}: {why}. The message was not sent",
            provider=PROVIDER,
            retry_after=error.retry_after,
            vendor_code=error.vendor_code,
            field=field,
            raw=error.raw,
        ) from error


def _unusable(problem: str, *, field: str | None = None) -> NotSentError:
    text = f"{PROVIDER}: {problem}. The message was not sent"
    return NotSentError(text, provider=PROVIDER, field=field)


def _instead(name: str) -> str:
    """What helps a key that may not list or make tasks."""
    return f"a key without that right can send by a task of yours: set scenarios to {name}=ID"
