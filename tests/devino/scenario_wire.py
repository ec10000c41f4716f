"""Tasks and templates of scenarios as they stand on the wire."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from devino_async.omni import (
    NewTask,
    create_task_request,
    send_request,
)
from devino_async.routes.scenario import (
    ScenarioSettings,
    new_task,
    recipient_of,
    shape_of,
    templates_of,
)
from omni_common.message import Message
from tests.devino.scenarios import SETTINGS

__all__ = ["NOW", "task_for", "written_task", "written_templates"]

NOW = datetime.fromisoformat("2026-05-17 12:34:56.789")


def task_for(sent: Message, with_settings: ScenarioSettings = SETTINGS) -> NewTask:
    return new_task(shape_of(sent, with_settings), with_settings, NOW)


def written_task(task: NewTask) -> Any:
    body = create_task_request(task).body
    assert body is not None
    return json.loads(body)


def written_templates(sent: Message) -> list[dict[str, Any]]:
    """The templates of a send, as they stand on the wire, in the order to try."""
    templates = templates_of(sent, SETTINGS)
    by_trigger = {str(number): each for number, each in enumerate(templates.values())}
    contacts = [recipient_of(sent, {})]
    body = send_request("7004", contacts=contacts, templates=by_trigger).body
    assert body is not None
    return list(json.loads(body)["templates"].values())
