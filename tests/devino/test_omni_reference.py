"""What our transactional messages carry along: written flat, read back whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.omni.reference import callback_data, is_reserved, read_callback_data
from omni_common.message import Channel

CASCADE = {"63322": Channel.VIBER, "63323": Channel.SMS}

whole_characters = st.characters(exclude_categories=["Cs"])
texts = st.text(whole_characters, min_size=1)
trigger_ids = st.integers(1, 10**20).map(str) | texts.filter(lambda text: not text.isspace())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_it_is_a_flat_object_of_texts_with_the_reference_and_the_channels_in_order() -> None:
    assert callback_data("order-7", CASCADE, {"shop": "3"}) == {
        "shop": "3",
        "omni_reference": "order-7",
        "omni_channels": "63322:viber 63323:sms",
    }


def test_without_metadata_only_our_own_is_carried() -> None:
    assert set(callback_data("r", CASCADE, None)) == {"omni_reference", "omni_channels"}


def test_the_metadata_given_is_not_changed() -> None:
    metadata = {"shop": "3"}
    callback_data("r", CASCADE, metadata)
    assert metadata == {"shop": "3"}


@given(
    texts,
    st.dictionaries(trigger_ids, st.sampled_from(Channel), min_size=1, max_size=4),
    st.dictionaries(texts.filter(lambda name: not is_reserved(name)), texts),
)
def test_what_was_carried_is_read_back(
    reference: str, channels: dict[str, Channel], metadata: dict[str, str]
) -> None:
    data = json.loads(json.dumps(callback_data(reference, channels, metadata)))
    read, found = read_callback_data(data)
    assert read == reference
    assert list(found.items()) == list(channels.items())
    assert metadata.items() <= data.items()


@given(json_values)
def test_whatever_was_posted_is_read(data: Any) -> None:
    reference, channels = read_callback_data(data)
    assert reference is None or reference
    assert all(id and word for id, word in channels.items())


@given(json_values, json_values)
def test_whatever_stands_under_our_names_is_read(reference: Any, channels: Any) -> None:
    data = {"omni_reference": reference, "omni_channels": channels}
    read, found = read_callback_data(data)
    assert read is None or read == reference
    assert isinstance(channels, str) or found == {}


@pytest.mark.parametrize("data", [None, [], "omni_reference", 5, {}, {"shop": "3"}])
def test_what_is_not_ours_names_nothing(data: object) -> None:
    assert read_callback_data(data) == (None, {})


@pytest.mark.parametrize("reference", [None, "", 5, ["r"], {"r": 1}, "\ud800"])
def test_a_reference_that_is_no_text_is_none(reference: object) -> None:
    assert read_callback_data({"omni_reference": reference})[0] is None


def test_a_channel_of_tomorrow_stays_the_word_it_is() -> None:
    _, channels = read_callback_data({"omni_channels": "1:viber 2:rcs"})
    assert channels == {"1": Channel.VIBER, "2": "rcs"}
    assert isinstance(channels["1"], Channel)
    assert not isinstance(channels["2"], Channel)


@pytest.mark.parametrize("channels", ["", "sms", ":sms", "1:", ":", "  ", "1 sms"])
def test_what_is_no_pair_is_left_out(channels: str) -> None:
    assert read_callback_data({"omni_channels": channels})[1] == {}


@pytest.mark.parametrize("name", ["omni_", "omni_reference", "OMNI_Channels", "omni_anything"])
def test_our_names_are_reserved(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["omni", "reference", "my_omni_id", ""])
def test_all_other_names_are_free(name: str) -> None:
    assert not is_reserved(name)


def test_no_more_steps_are_read_than_a_message_may_have() -> None:
    """Anybody may post: what is named there is kept, and its like with each further post."""
    steps = " ".join(f"{number}:c{number}" for number in range(80_000))
    _, channels = read_callback_data({"omni_channels": steps})
    assert channels == {str(number): f"c{number}" for number in range(16)}
