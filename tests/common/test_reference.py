"""The names of messages that were given none."""

from __future__ import annotations

import time
from itertools import pairwise
from uuid import RFC_4122, UUID

from omni_common import Message, Sms
from omni_common.reference import new_reference


def test_a_new_reference_is_a_uuid_of_its_own_in_the_usual_form() -> None:
    drawn = [new_reference() for _ in range(2000)]
    assert len(set(drawn)) == 2000
    for text in drawn:
        assert str(UUID(text)) == text
        assert (UUID(text).version, UUID(text).variant) == (7, RFC_4122)
    assert {UUID(text).clock_seq_hi_variant >> 4 for text in drawn} == {8, 9, 10, 11}


def test_every_bit_but_the_fixed_ones_and_the_time_is_drawn() -> None:
    drawn = [UUID(new_reference()).int for _ in range(400)]
    changing = 0
    for one, other in pairwise(drawn):
        changing |= one ^ other
    assert (changing & (1 << 80) - 1).bit_count() == 80 - 4 - 2


def test_it_begins_with_the_time_so_that_later_ones_come_later() -> None:
    before = time.time_ns() // 1_000_000
    first = new_reference()
    moments = [UUID(text).int >> 80 for text in (first, new_reference())]
    after = time.time_ns() // 1_000_000
    assert before <= moments[0] <= moments[1] <= after


def test_a_message_without_a_reference_gets_one() -> None:
    one, other = (Message("+37251000000", Sms("Hi")).reference for _ in range(2))
    assert one != other
    assert str(UUID(one)) == one
