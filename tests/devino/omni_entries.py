"""Answers to transactional calls, and what they are taken to say of each recipient."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from devino_async.omni import OmniAnswers, OmniRecipient, read_answers
from omni_common.errors import Outcome
from tests.devino.answering import answer

JAMES = OmniRecipient(phone="+79103398080", email="James@jamesmail.com")
ANNA = OmniRecipient(phone="79103398081")
BORIS = OmniRecipient(email="boris@example.com")
IDS = ["3111e47182ca9c11-3111e4711103c800", "3111e47182ca9c11-3111e4711103c900", "b-1"]

ACCEPTED, NOT_SENT, UNKNOWN = Outcome.ACCEPTED, Outcome.NOT_SENT, Outcome.UNKNOWN


def ok(message_id: Any = "1", key: Any = IDS[0], **more: Any) -> dict[str, Any]:
    return {"code": "OK", "mergeKey": key, "result": message_id, **more}


def no(contact: Any = None, key: str = "invalid.phone.size", **more: Any) -> dict[str, Any]:
    """A refusal as the vendor writes it: the contact, and why, in one sentence."""
    quoted = json.dumps({"email": None, "fields": None, "phone": None} | (contact or {}))
    description = f"{quoted} #{key}; Invalid phone size"
    return {"code": "REJECTED", "result": None, "description": description, **more}


def body(sent: Any = (), refused: Any = (), ids: Any = ()) -> dict[str, Any]:
    listed = {"contactIds": ids, "sendAnswers": sent, "errorAnswers": refused}
    return {"result": {k: list(v) if isinstance(v, tuple) else v for k, v in listed.items()}}


def read(
    given_body: Any, *contacts: OmniRecipient, ids: Sequence[str] = (), status: int = 200
) -> OmniAnswers:
    answers = read_answers(answer(given_body, status), contacts, ids)
    assert isinstance(answers, OmniAnswers)
    assert len(answers.results) == len(contacts) + len(ids)
    return answers


def told(answers: OmniAnswers) -> list[tuple[Outcome, str | None]]:
    return [(result.outcome, result.message_id) for result in answers.results]
