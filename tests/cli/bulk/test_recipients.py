"""Who a cell means: written in many ways, never guessed, and told from others by digests."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, strategies as st

from omni_common import Message, Sms
from omni_common.cli.bulk.recipient import RowRefusedError, normalised
from omni_common.cli.bulk.recipients import Recipients
from omni_common.cli.bulk.reference import References

DIGITS = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True)
SEPARATORS = st.sampled_from(["", " ", "-", "\u00a0", "\u2011", "(", ")", "[", "]", "\u200e"])


@given(
    DIGITS,
    st.lists(SEPARATORS, min_size=15, max_size=15),
    st.sampled_from(["+", "00"]),
    st.sampled_from(["{}", " {} ", "'{}", '="{}"', "\ufeff{}", "({}"]),
)
def test_how_a_number_is_written_does_not_change_it(
    digits: str, between: list[str], prefix: str, around: str
) -> None:
    written = prefix + "".join(a + b for a, b in zip(digits, between, strict=False))
    assume(not {"(0)", "[0]"} & {written[at : at + 3] for at in range(len(written))})
    assume(not written.endswith((")", "]")))  # an extension, it may be
    assert normalised(around.format(written), emails=False) == f"+{digits}"
    Message(f"+{digits}", Sms("x"))


@given(DIGITS)
def test_a_number_without_a_plus_is_never_given_a_country_unless_told(digits: str) -> None:
    with pytest.raises(RowRefusedError, match="--add-plus"):
        normalised(digits, emails=False)
    assume(not (len(digits) == 11 and digits.startswith(("87", "89"))))
    assert normalised(digits, emails=False, add_plus=True) == f"+{digits}"


@given(st.text() | st.text("+0123456789 ()-.'", min_size=7))
def test_what_comes_out_is_a_recipient_of_a_message_and_stays_what_it_is(cell: str) -> None:
    try:
        found = normalised(cell, emails=False, add_plus=True)
    except RowRefusedError:
        return
    assert Message(found, Sms("x")).phone == found
    assert normalised(found, emails=False) == found


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("3.72512E+11", "rounded"),
        ("3,72512e+11", "rounded"),
        ("'3.72512E+11", "rounded"),
        ("37251000000.0", "decimals"),
        ("+37251000000.00", "decimals"),
        ("37 251 000 000.00", "decimals"),
        ("37\u00a0251\u202f000\u00a0000.0", "decimals"),
        ("+44 (0)20 7946 0000", r"\(0\)"),
        ("+44 [0] 20 7946 0000", r"\(0\)"),
        ("+372 5100000 (2)", "digits in brackets"),
        ("+372 (51) 00000 [ 12 ] ", "digits in brackets"),
        ("+37251000000 / +37251000001", "no phone number"),
        ("+37251000000,+37251000001", "no phone number"),
        ("+37251000000\n+37251000001", "no phone number"),
        ("+37251000000 ext. 5", "no phone number"),
        ("+3725100000٣", "no phone number"),
        ("+0037251000000", "no phone number"),
        ("call me", "no phone number"),
        ("ann@example.com", "is an e-mail address"),
        ("  ", "is empty"),
        ('=""', "is empty"),
    ],
)
def test_what_is_not_certain_is_refused_and_says_why(cell: str, said: str) -> None:
    with pytest.raises(RowRefusedError, match=said):
        normalised(cell, emails=False)


@pytest.mark.parametrize("cell", ["89123456789", "8 (912) 345-67-89", "8 701 234 56 78"])
def test_an_eight_that_is_dialled_inside_a_country_is_not_taken_for_its_code(cell: str) -> None:
    with pytest.raises(RowRefusedError, match="write 7 for the 8"):
        normalised(cell, emails=False, add_plus=True)
    assert normalised("84951234567", emails=False, add_plus=True) == "+84951234567"


@pytest.mark.parametrize("cell", ["+372 (51) 00000", "(+37251) 00000", "(+372)(51) 00-000"])
def test_brackets_before_the_end_are_taken_away(cell: str) -> None:
    assert normalised(cell, emails=False) == "+3725100000"


def test_dots_between_pairs_of_digits_are_no_decimals() -> None:
    assert normalised("+33 1.23.45.67.00", emails=False) == "+33123456700"


def test_an_email_address_is_taken_as_it_stands() -> None:
    assert normalised(" 'Ann@Example.com ", emails=True) == "Ann@Example.com"
    with pytest.raises(RowRefusedError, match="no e-mail address"):
        normalised("+37251000000", emails=True)


@given(st.text(min_size=1), st.text(min_size=1), DIGITS, DIGITS)
def test_a_reference_is_the_same_for_the_same_and_another_for_another(
    campaign: str, other: str, digits: str, others: str
) -> None:
    references = References(campaign)
    reference = references.of(digits)
    assert reference == References(campaign).of(digits)
    assert reference.startswith(references.prefix)
    assert (reference == references.of(others)) == (digits == others)
    assert (reference == References(other).of(digits)) == (campaign == other)
    assert (references.prefix == References(other).prefix) == (campaign == other)
    assert digits not in reference
    assert Message(f"+{digits}", Sms("x"), reference=reference).reference == reference


def test_upper_and_lower_case_are_one_mailbox() -> None:
    assert References("x").of("Ann@Example.com") == References("x").of("ann@example.com")


@given(st.lists(DIGITS), st.lists(DIGITS))
def test_everybody_is_new_once_in_each_pass_and_the_stopped_stay_so(
    stopped: list[str], addresses: list[str]
) -> None:
    with Recipients() as recipients:
        for address in stopped:
            recipients.stop(address)
        for _ in range(2):
            recipients.begin()
            seen = set[str]()
            for address in addresses:
                assert recipients.is_stopped(address) == (address in stopped)
                assert recipients.is_new(address) == (address not in seen)
                seen.add(address)
