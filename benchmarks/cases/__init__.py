"""The cases, by their names, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from benchmarks.case import Case, Plan
from benchmarks.cases import (
    bulk,
    callbacks,
    detail,
    devino,
    growth,
    guards,
    imports,
    masks,
    messente,
    outbox,
    parts,
    statuses,
    sync,
)

__all__ = ["CASES"]

CaseOf: TypeAlias = Callable[[Plan], Case]

CASES: Mapping[str, CaseOf] = {
    "messente": messente.case,
    "devino": devino.case,
    "sync": sync.case,
    "bulk": bulk.case,
    "growth": growth.case,
    "outbox": outbox.case,
    "statuses": statuses.case,
    "detail": detail.case,
    "callbacks": callbacks.case,
    "imports": imports.case,
    "parts": parts.case,
    "guards": guards.case,
    "masks": masks.case,
}
