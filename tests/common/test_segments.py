"""Segment counting, pinned by the alphabet's boundaries and checked against two other codes."""

from __future__ import annotations

import gsmcodecs  # noqa: F401 - registers its codecs
import pytest
import smsutil
from hypothesis import assume, example, given, strategies as st

from omni_common.segments import Encoding, Segments, segments

EURO = "€"
EMOJI = "😀"
FAMILY = "👨‍👩‍👧‍👦"

GSM_TEXT = st.text(st.sampled_from("aZ9 @Ç\n\r\fΩ€[]{}|^~\\"), max_size=500)
MIXED_TEXT = st.text(st.sampled_from(f"aé€ç\u2126я{EMOJI}\u200d"), max_size=250)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=250)


@pytest.mark.parametrize(
    ("text", "count", "left"),
    [
        ("a" * 159, 1, 1),
        ("a" * 160, 1, 0),
        ("a" * 161, 2, 145),
        ("a" * 306, 2, 0),
        ("a" * 307, 3, 152),
        (EURO * 80, 1, 0),
        (EURO * 81, 2, 143),
        (EURO * 152, 2, 1),
        (EURO * 153, 3, 151),
        ("a" * 152 + EURO + "a" * 152, 3, 152),
        ("a" * 151 + EURO + "a" * 153, 2, 0),
    ],
)
def test_gsm_text_fills_segments_of_160_or_153_septets(text: str, count: int, left: int) -> None:
    found = segments(text)
    assert (found.encoding, found.count, found.left) == (Encoding.GSM_7, count, left)
    assert found.per_segment == (160 if count == 1 else 153)
    assert found.forced_by == ()


@pytest.mark.parametrize(
    ("text", "count", "left"),
    [
        ("я" * 70, 1, 0),
        ("я" * 71, 2, 63),
        ("я" * 134, 2, 0),
        ("я" * 135, 3, 66),
        (EMOJI * 35, 1, 0),
        (EMOJI * 36, 2, 61),
        (EMOJI * 66, 2, 1),
        (EMOJI * 67, 3, 65),
        ("a" * 66 + EMOJI + "a" * 66, 3, 66),
        ("a" * 65 + EMOJI + "a" * 67, 2, 0),
    ],
)
def test_other_text_fills_segments_of_70_or_67_units(text: str, count: int, left: int) -> None:
    found = segments(text)
    assert (found.encoding, found.count, found.left) == (Encoding.UCS_2, count, left)
    assert found.per_segment == (70 if count == 1 else 67)
    assert found.forced_by == tuple({*text} - {"a"})


@pytest.mark.parametrize(
    ("text", "units"),
    [(EURO * 153, 306), (EMOJI * 67, 134), (FAMILY, 11), (f"{EURO}я", 2), ("a[b", 4)],
)
def test_units_count_the_text_without_the_gaps_before_pairs(text: str, units: int) -> None:
    assert segments(text).units == units


@pytest.mark.parametrize("character", ["ç", "`", "\t", "’", "“", "\u2126", "\x1b", "\u00a0"])
def test_a_character_outside_the_tables_forces_ucs2_and_is_named(character: str) -> None:
    found = segments(f"a{character}b{character}")
    assert found.encoding is Encoding.UCS_2
    assert found.forced_by == (character,)


@pytest.mark.parametrize("character", ["Ç", "\u03a9", "\f", "\r", "\n", "@", "_", "à", "¤"])
def test_a_character_of_the_tables_stays_gsm(character: str) -> None:
    assert segments(character).encoding is Encoding.GSM_7


def test_forcing_characters_come_once_in_order_of_appearance() -> None:
    assert segments(f"яб {EURO}я{EMOJI}б").forced_by == ("я", "б", EMOJI)


def test_an_empty_text_is_one_segment_with_everything_left() -> None:
    assert segments("") == Segments(Encoding.GSM_7, count=1, units=0, per_segment=160, left=160)


def test_unpaired_surrogates_count_one_unit_each_and_pairs_are_kept_together() -> None:
    assert segments("\ud83d").units == 1
    pair = "\ud83d\ude00"
    assert segments("a" * 66 + pair + "a" * 66).count == 3
    assert segments("a" * 66 + pair[::-1] + "a" * 66).count == 2


def test_the_repr_shows_no_character_of_the_text() -> None:
    shown = repr(segments("Жж"))
    assert "Ж" not in shown
    assert "<2 characters>" in shown


def test_encodings_are_named_as_everybody_names_them() -> None:
    assert [encoding.value for encoding in Encoding] == ["GSM-7", "UCS-2"]


@given(st.one_of(GSM_TEXT, MIXED_TEXT, ANY_TEXT))
@example(EURO * 153)
@example(EMOJI * 67)
@example("a" * 152 + EURO + "a" * 152)
def test_smsutil_counts_the_same_segments(text: str) -> None:
    assume(text and "\x1b" not in text)  # it takes ESC for a letter, and empty text for UCS-2
    oracle = smsutil.split(text)
    found = segments(text)
    assert found.count == len(oracle.parts)
    assert (found.encoding is Encoding.GSM_7) == (oracle.encoding == "gsm0338")


def test_gsmcodecs_knows_the_same_alphabet() -> None:
    for number in range(0x3000):
        character = chr(number)
        try:
            septets = len(character.encode("gsm23.038"))
        except UnicodeEncodeError:
            septets = 0
        found = segments(character)
        assert (found.units if found.encoding is Encoding.GSM_7 else 0) == septets


@given(ANY_TEXT)
def test_ucs2_units_are_those_of_utf16(text: str) -> None:
    found = segments(f"я{text}")
    assert found.units == len(f"я{text}".encode("utf-16-le")) // 2


@given(st.one_of(GSM_TEXT, MIXED_TEXT), st.one_of(GSM_TEXT, MIXED_TEXT))
def test_more_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count


@given(st.one_of(GSM_TEXT, MIXED_TEXT))
def test_what_is_used_and_left_fits_the_segments(text: str) -> None:
    found = segments(text)
    gaps = found.count * found.per_segment - found.units - found.left
    assert 0 <= found.left <= found.per_segment
    assert 0 <= gaps < found.count
