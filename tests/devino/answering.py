"""Answers as Devino gives them, documented or not, for tests that need no socket."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from omni_common.exchange import Answer

SENT_ID = "3701172084729885952"
ROUNDED_ID = "3701172084729885700"
"""What the vendor's own example makes of :data:`SENT_ID` (T18)."""

STATUSES = st.sampled_from(
    [*(200, 201, 202, 204, 302, 400, 401, 402, 403, 404, 408, 409, 418, 425, 429), *range(500, 506)]
)

_KEYS = st.sampled_from(
    [
        *("result", "code", "messageId", "segmentsId", "reasons", "key", "ref", "defaultMessage"),
        *("smsId", "status", "statusDateTime", "description"),
    ]
)
_WORDS = st.sampled_from(
    [
        *("OK", "REJECTED", "ok", "Rejected", "billing.error", "forbidden", "unknown", ""),
        *("to", "messages[0].to", "messages[1].from", "messages[]", f"messages[{'9' * 5000}].to"),
        *(SENT_ID, ROUNDED_ID, "\ud800", "DELIVERED", "2022-09-09 19:29:34", "0000-00-00 00:00:00"),
    ]
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([int(SENT_ID), int(ROUNDED_ID), 10**400])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | _WORDS
)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(), inner, max_size=6)
    ),
    max_leaves=25,
)
ANY_ITEM = ANY_JSON | st.fixed_dictionaries(
    {
        "code": st.sampled_from(["OK", "REJECTED", "QUEUED", "ok", None, 1]),
        "messageId": st.integers(1, 4).map(str) | st.integers(1, 4) | _LEAVES,
    },
    optional={
        "segmentsId": ANY_JSON,
        "reasons": st.lists(
            st.fixed_dictionaries({"key": _WORDS, "ref": _WORDS, "defaultMessage": _WORDS}),
            max_size=2,
        )
        | ANY_JSON,
        "addedLater": ANY_JSON,
    },
)
ANY_ENVELOPE = (
    ANY_JSON
    | st.fixed_dictionaries({"result": st.lists(ANY_ITEM, max_size=4)}, optional={"code": _WORDS})
    | st.fixed_dictionaries({"result": st.none(), "reasons": ANY_JSON})
    | st.fixed_dictionaries({"code": _WORDS, "reasons": st.lists(ANY_JSON, max_size=2)})
)


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def accepted(message_id: Any = SENT_ID, **more: Any) -> dict[str, Any]:
    return {"code": "OK", "messageId": message_id, **more}


def rejected(*reasons: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "code": "REJECTED",
        "messageId": None,
        "segmentsId": None,
        "reasons": list(reasons),
        **more,
    }


def reason(key: str | None, ref: str | None = None, text: str = "Error") -> dict[str, Any]:
    return {"key": key, "ref": ref, "defaultMessage": text}


def row(sms_id: Any, status: Any = "DELIVERED", at: Any = "2022-09-09 19:29:34") -> dict[str, Any]:
    return {"smsId": sms_id, "status": status, "statusDateTime": at}
