"""The references of messages that were given none."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from omni_common.message import Message, Sms
from omni_common.reference import random_reference


def test_they_are_random_uuids_as_uuid_writes_them() -> None:
    references = [random_reference() for _ in range(2_000)]
    read = [UUID(reference) for reference in references]

    assert [str(uuid) for uuid in read] == references
    assert {uuid.version for uuid in read} == {4}
    assert {uuid.variant for uuid in read} == {RFC_4122}
    assert len(set(references)) == len(references)
    # Every digit is drawn: none of the 30 that are neither version nor variant stands still.
    digits = list(zip(*(uuid.hex for uuid in read), strict=True))
    assert [len(set(place)) for place in digits] == [16] * 12 + [1] + [16] * 3 + [4] + [16] * 15


def test_each_message_has_its_own() -> None:
    assert Message("+37251000000", Sms("Hi")).reference != (
        Message("+37251000000", Sms("Hi")).reference
    )
