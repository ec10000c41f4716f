"""Shapes of scenarios and their names, by which they are found again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, permutations, product
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from devino_async.routes.scenario import NAME_PREFIX, Shape, Step
from devino_async.routes.scenario_shape import LETTERS, LONGEST_NAME, is_shape_name
from omni_common.errors import InvalidMessageError
from omni_common.message import Channel

SECOND = timedelta(seconds=1)
LONGEST_WAIT = timedelta.max - timedelta.max % SECOND
SMS_FIELDS = frozenset(LETTERS[Channel.SMS])


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    channels = draw(st.permutations(sorted(LETTERS)))[: draw(st.integers(1, 4))]
    waits = st.integers(1, LONGEST_WAIT // SECOND).map(lambda each: each * SECOND)
    return Shape(
        Step(
            channel,
            draw(st.sets(st.sampled_from(sorted(LETTERS[channel])), min_size=1)),
            None if place == len(channels) - 1 else draw(waits),
        )
        for place, channel in enumerate(channels)
    )


def shape_called(name: str) -> Shape:
    """The shape behind a name; that there is such a function proves that no two share one."""
    assert name.startswith(NAME_PREFIX)
    steps = []
    for step in name.removeprefix(NAME_PREFIX).split("."):
        word, letters, *wait = step.split("-")
        names = {letter: field for field, letter in LETTERS[Channel(word)].items()}
        fields = [names[letter] for letter in letters]
        steps.append(Step(Channel(word), fields, int(wait[0]) * SECOND if wait else None))
    return Shape(steps)


def single_steps(wait: timedelta | None) -> Iterator[Step]:
    for channel, letters in LETTERS.items():
        for size in range(1, len(letters) + 1):
            for fields in combinations(letters, size):
                yield Step(channel, fields, wait)


def test_a_name_says_the_channels_their_fields_and_the_waits() -> None:
    viber = Step(Channel.VIBER, ["text", "sender", "validity"], 300 * SECOND)
    sms = Step(Channel.SMS, ["sender", "text"])
    assert Shape([viber, sms]).name == "omni-async.viber-ftv-300.sms-ft"


def test_no_two_letters_of_a_channel_are_the_same() -> None:
    for letters in LETTERS.values():
        assert len(set(letters.values())) == len(letters)


@given(shapes())
def test_the_shape_can_be_read_out_of_its_name(shape: Shape) -> None:
    assert shape_called(shape.name) == shape


@given(shapes(), shapes())
def test_shapes_have_one_name_if_and_only_if_they_are_equal(one: Shape, other: Shape) -> None:
    assert (one.name == other.name) == (one == other)
    assert len({one, other}) == len({one.name, other.name})


def test_all_shapes_of_two_steps_have_names_of_their_own() -> None:
    leading = [step for wait in (1, 15) for step in single_steps(wait * SECOND)]
    pairs = product(leading, single_steps(None))
    names = [Shape(pair).name for pair in pairs if pair[0].channel is not pair[1].channel]
    assert len(names) > 10_000
    assert len(set(names)) == len(names)


def test_no_name_is_longer_than_devino_takes() -> None:
    longest = 0
    for channels in permutations(LETTERS):
        *leading, last = channels
        steps = [*(Step(each, LETTERS[each], LONGEST_WAIT) for each in leading)]
        longest = max(longest, len(Shape([*steps, Step(last, LETTERS[last])]).name))
    assert LONGEST_NAME == 100
    assert 90 < longest <= LONGEST_NAME


@given(shapes())
def test_a_name_needs_no_quotes_anywhere(shape: Shape) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", shape.name)
    assert quote(shape.name, safe="") == shape.name


@given(shapes())
def test_a_name_of_a_shape_is_told_from_others(shape: Shape) -> None:
    assert is_shape_name(shape.name)
    assert not is_shape_name(shape.name + ".")
    assert not is_shape_name(shape.name.removeprefix(NAME_PREFIX))
    assert not is_shape_name(shape.name.upper())


@pytest.mark.parametrize(
    "name",
    [
        *("", "NEW_SMS", NAME_PREFIX, "omni-async.sms", "omni-async.sms-", "omni-async.sms-ft-5"),
        *(
            "omni-async.sms-tf",
            "omni-async.sms-fx",
            "omni-async.sms-ft-05.vk-ir",
            "omni-async.push-f",
        ),
        *("omni-async.sms-ft.vk-ir", "omni-async.sms-ft-5.vk-ir\n", "omni-asyncxsms-ft", None, 5),
    ],
)
def test_what_no_shape_is_called_is_no_name(name: object) -> None:
    assert not is_shape_name(name)


def test_a_wait_of_another_length_is_another_shape() -> None:
    last = Step(Channel.VK, ["template_id"])
    names = {
        Shape([Step(Channel.SMS, SMS_FIELDS, wait * SECOND), last]).name for wait in (1, 2, 10, 12)
    }
    assert len(names) == 4


def test_the_order_of_channels_is_part_of_a_shape() -> None:
    names = {
        Shape([Step(one, ["text"], SECOND), Step(other, ["text"])]).name
        for one, other in permutations([Channel.SMS, Channel.VIBER])
    }
    assert len(names) == 2


@pytest.mark.parametrize("wait", [timedelta(), -SECOND, timedelta(milliseconds=1500), 5])
def test_a_wait_is_of_whole_seconds(wait: timedelta) -> None:
    with pytest.raises(InvalidMessageError):
        Step(Channel.SMS, SMS_FIELDS, wait)


@pytest.mark.parametrize(
    ("channel", "fields"),
    [(Channel.SMS, ["subject"]), (Channel.WHATSAPP, ["text"]), (Channel.EMAIL, ["validity"])],
)
def test_a_field_that_no_name_could_say_is_refused(channel: Channel, fields: list[str]) -> None:
    with pytest.raises(InvalidMessageError):
        Step(channel, fields)


SMS_LEADS = Step(Channel.SMS, SMS_FIELDS, SECOND)
SMS_LAST = Step(Channel.SMS, SMS_FIELDS)
VK_LAST = Step(Channel.VK, ["template_id"])


@pytest.mark.parametrize(
    "steps", [[], [SMS_LEADS], [SMS_LAST, VK_LAST], [SMS_LEADS, SMS_LAST], ["sms"]]
)
def test_every_step_but_the_last_waits_and_has_a_channel_of_its_own(steps: list[Step]) -> None:
    with pytest.raises(InvalidMessageError):
        Shape(steps)
