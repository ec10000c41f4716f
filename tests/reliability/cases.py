"""How hostile cases are tried and counted: what is taken, what is refused, and nothing else."""

from __future__ import annotations

import pickle
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.errors import HypothesisWarning

from omni_common.errors import OmniError

__all__ = ["Tally", "every", "everything_about"]

T = TypeVar("T")
_MANY = 1_000
"""From so many cases on, shares of them say something."""


class Tally:
    """The figures of one kind of cases."""

    def __init__(self) -> None:
        self.figures = Counter(cases=0, accepted=0, refused=0, failures=0)

    def tried(self, attempt: Callable[[], T], *refusals: type[OmniError]) -> T | OmniError:
        """What *attempt* returned, or the one of *refusals* that it raised; anything else fails."""
        self.figures["cases"] += 1
        try:
            result = attempt()
        except refusals as error:
            self.figures["refused"] += 1
            return error
        except BaseException:
            self.figures["failures"] += 1
            raise
        self.figures["accepted"] += 1
        return result

    def answered(
        self, attempt: Callable[[], T], *, is_refusal: Callable[[T], bool] = lambda _: False
    ) -> T:
        """What *attempt* returned, which may say no; if it raises, that is a failure."""
        self.figures["cases"] += 1
        try:
            result = attempt()
        except BaseException:
            self.figures["failures"] += 1
            raise
        self.figures["refused" if is_refusal(result) else "accepted"] += 1
        return result

    def assert_teeth(self, *, accepted: float = 0.02, refused: float = 0.02) -> None:
        """Nothing failed, and both ends were reached: at least these shares of all cases.

        Of the few cases of a short run at least one, where a share is asked for at all.
        """
        figures = self.figures
        assert figures["failures"] == 0
        is_short = figures["cases"] < _MANY
        for name, share in (("accepted", accepted), ("refused", refused)):
            least = min(1, share * figures["cases"]) if is_short else share * figures["cases"]
            assert figures[name] >= least, figures


def every(strategy: st.SearchStrategy[T], count: int, check: Callable[[T], object]) -> None:
    """Let *check* look at *count* cases of *strategy*, and shrink the first that fails.

    They are the same in every run, so that what it finds can be found again.
    """

    @st.composite
    def drawn(draw: st.DrawFn) -> T:  # to show the strategy itself takes long, or cannot be done
        return draw(strategy)

    # What is slow or large is meant to be.
    @settings(max_examples=count, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=drawn())
    def one(case: T) -> None:
        check(case)

    with warnings.catch_warnings():
        # Hypothesis shows what it draws from when it has to draw anew, be it large or not.
        warnings.simplefilter("ignore", HypothesisWarning)
        one()


def everything_about(error: BaseException) -> str:
    """What a log, a debugger, a crash reporter or another process would see of an error."""
    chain = list(_chain(error))
    data = (repr(value) for link in chain for value in (link.args, *vars(link).values()))
    lines = traceback.TracebackException.from_exception(error).format(chain=True)
    # The lines of source code that a traceback quotes are this project's, not data.
    messages = (line for line in "".join(lines).splitlines() if not line.startswith("  "))
    pickles = (
        pickle.dumps(link).decode("latin-1") for link in chain if isinstance(link, OmniError)
    )
    return "\n".join([*map(repr, chain), *map(str, chain), *data, *messages, *pickles])


def _chain(error: BaseException) -> Iterator[BaseException]:
    """*error*, and all that it was raised for."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__]
        inner: Any = getattr(link, "exceptions", ())
        waiting += inner
