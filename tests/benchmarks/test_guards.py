from __future__ import annotations

import pytest

from benchmarks.contestants.unguarded import GUARDS, replace


def test_a_guard_that_is_gone_is_told_of() -> None:
    with pytest.raises(AttributeError, match=r"unguarded\.py has to be told"):
        replace("omni_common.provider", "OmniProvider.no_such_guard", None)
    with pytest.raises(AttributeError, match=r"unguarded\.py has to be told"):
        replace("omni_common.provider", "NoSuchClass.no_such_guard", None)


def test_there_are_guards() -> None:
    assert GUARDS
