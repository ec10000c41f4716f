"""What the reports about SMS answer, as JSON."""

from __future__ import annotations

from typing import Any

from devino_async.sandbox.answers import with_extra
from devino_async.sandbox.behaviour import DevinoBehaviour
from omni_common.sandbox import Reply

__all__ = ["page_answer", "statistics_answer"]


def page_answer(page: dict[str, Any], behaviour: DevinoBehaviour) -> Reply:
    """The answer that holds a page of the detail report."""
    rows = [with_extra(row, behaviour) for row in page["data"]]
    return _answer({**page, "data": rows}, behaviour)


def statistics_answer(result: dict[str, Any], behaviour: DevinoBehaviour) -> Reply:
    """The answer that holds statistics."""
    return _answer({key: with_extra(by, behaviour) for key, by in result.items()}, behaviour)


def _answer(result: dict[str, Any], behaviour: DevinoBehaviour) -> Reply:
    return Reply.json(200, with_extra({"result": with_extra(result, behaviour)}, behaviour))
