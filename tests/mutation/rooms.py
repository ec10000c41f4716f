"""The rooms whose tests are put to the test: pure code that decides, each with its quick tests."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["ROOMS", "Room"]


@frozen
class Room:
    """Some modules, and the least share of faults that their tests must find.

    ``tests`` are the test files of each module, the one that finds most first: they are run until
    one test fails.
    """

    name: str
    floor: float
    tests: Mapping[str, tuple[str, ...]]


ROOMS = (
    Room(
        "retry decision",
        0.98,
        {
            "omni_common/retry.py": ("tests/common/test_retry.py",),
            "omni_common/failure.py": ("tests/common/test_failure.py",),
            "omni_common/history.py": ("tests/common/test_history.py",),
        },
    ),
    Room(
        "state merge",
        0.98,
        {
            "omni_common/report.py": ("tests/common/test_report.py",),
            "omni_common/track.py": (
                "tests/common/test_track_finer.py",
                "tests/common/test_track.py",
                "tests/common/test_track_laws.py",
            ),
        },
    ),
    Room("segments", 0.98, {"omni_common/segments.py": ("tests/common/test_segments.py",)}),
    Room(
        "redaction",
        0.99,
        {
            "omni_common/redaction.py": (
                "tests/common/test_redaction_words.py",
                "tests/common/test_redaction.py",
            ),
            "omni_common/secret.py": ("tests/common/test_secret.py",),
        },
    ),
    Room(
        "message checks",
        0.99,
        {
            "omni_common/message.py": (
                "tests/common/test_message_as_value.py",
                "tests/common/test_message.py",
            ),
            "omni_common/rules.py": ("tests/common/test_rules.py",),
            "omni_common/check.py": ("tests/common/test_check.py",),
        },
    ),
    Room(
        "Messente's checks",
        0.99,
        {
            "messente_async/message.py": ("tests/messente/test_message.py",),
            "messente_async/_rules.py": ("tests/messente/test_rules.py",),
        },
    ),
    Room(
        "Devino's checks",
        0.94,
        {
            "devino_async/problems.py": ("tests/devino/test_rules.py",),
            "devino_async/rules.py": ("tests/devino/test_rules.py",),
            "devino_async/sms/message.py": ("tests/devino/test_sms.py",),
            "devino_async/routes/sms_message.py": ("tests/devino/test_message.py",),
            "devino_async/routes/email_letter.py": (
                "tests/devino/test_letter_of_message.py",
                "tests/devino/test_provider_email.py",
            ),
        },
    ),
)
