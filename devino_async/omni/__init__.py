"""OMNI over Devino: tasks that try several channels, and transactional messages through them.

Times of tasks are the account's wall-clock times, since Devino names no zone (T30).
"""

from devino_async.omni.callbacks import OmniEvent, omni_state, read_callbacks
from devino_async.omni.channel import OmniChannel
from devino_async.omni.creation import create_task_request, read_created_task
from devino_async.omni.messages import OmniRecipient, OmniTemplates, send_request
from devino_async.omni.outcomes import (
    OmniAnswer,
    OmniAnswers,
    OmniRefusal,
    OmniResult,
    RefusedContact,
    assign,
    read_answers,
)
from devino_async.omni.push_templates import (
    PushTemplate,
    PushWalletTemplate,
)
from devino_async.omni.resource import OmniResource
from devino_async.omni.task import (
    AddressBookSource,
    AddressBookSourceType,
    NewTask,
    Period,
    TaskInfo,
    TaskType,
)
from devino_async.omni.tasks import (
    Task,
    TaskCounters,
    TaskFilters,
    TaskMacros,
    TaskOrder,
    TaskState,
    TriggerInfo,
    macros_request,
    read_macros,
    read_task,
    read_tasks,
    task_request,
    tasks_request,
)
from devino_async.omni.templates import (
    EmailTemplate,
    OmniTemplate,
    SmsTemplate,
    ViberTemplate,
    VkTemplate,
    VkTemplatePolicy,
)
from devino_async.omni.trigger import (
    EventCollectorSettings,
    EventSource,
    EventType,
    EventValue,
    GeoSettings,
    NoEventSourceSettings,
    Trigger,
    TriggerType,
)

__all__ = [
    "AddressBookSource",
    "AddressBookSourceType",
    "EmailTemplate",
    "EventCollectorSettings",
    "EventSource",
    "EventType",
    "EventValue",
    "GeoSettings",
    "NewTask",
    "NoEventSourceSettings",
    "OmniAnswer",
    "OmniAnswers",
    "OmniChannel",
    "OmniEvent",
    "OmniRecipient",
    "OmniRefusal",
    "OmniResource",
    "OmniResult",
    "OmniTemplate",
    "OmniTemplates",
    "Period",
    "PushTemplate",
    "PushWalletTemplate",
    "RefusedContact",
    "SmsTemplate",
    "Task",
    "TaskCounters",
    "TaskFilters",
    "TaskInfo",
    "TaskMacros",
    "TaskOrder",
    "TaskState",
    "TaskType",
    "Trigger",
    "TriggerInfo",
    "TriggerType",
    "ViberTemplate",
    "VkTemplate",
    "VkTemplatePolicy",
    "assign",
    "create_task_request",
    "macros_request",
    "omni_state",
    "read_answers",
    "read_callbacks",
    "read_created_task",
    "read_macros",
    "read_task",
    "read_tasks",
    "send_request",
    "task_request",
    "tasks_request",
]
