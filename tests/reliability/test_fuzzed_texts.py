"""Texts of any kind: counted as segments, masked, read as a header, a table or JSON, or refused."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from devino_async.email import Charset, EmailStatistics, read_csv, read_statistics
from omni_common.converter import STANDARD_JSON, JsonError, dumps, loads, orjson_backend
from omni_common.exchange import Answer, Failure
from omni_common.redaction import (
    mask_number,
    mask_sender,
    mask_text,
    mask_url,
    shown_id,
    shown_key,
    shown_keys,
    shown_name,
)
from omni_common.retry import parse_retry_after
from omni_common.segments import Encoding, segments
from tests.reliability.cases import Tally, every
from tests.reliability.conftest import Size
from tests.reliability.hostile_json import bodies, damaged, texts
from tests.reliability.hostile_values import things
from tests.support.figures import RecordProperty

CANARY = "k4n4ry"
NOW = datetime(2027, 1, 1, tzinfo=UTC)
_GSM = "@\u0394 0\n\x0c^{}\\[~]|\u20ac" + string.ascii_letters
_texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=400) | texts()
_plain = st.text(st.sampled_from(_GSM), max_size=500)
_long = st.builds(
    str.__mul__, st.sampled_from(["a", "\u20ac", "\U0001f600", "\ud800"]), st.integers(60, 700)
)


def test_any_text_is_counted(size: Size, record_property: RecordProperty) -> None:
    tally = Tally()

    def check(text: str) -> None:
        found = tally.answered(lambda: segments(text))
        assert found.count >= 1
        assert 0 <= found.left <= found.per_segment
        assert found.units <= found.count * found.per_segment
        assert CANARY not in repr(found)
        assert repr(found).encode()
        if found.encoding is Encoding.UCS_2:
            assert found.units == len(text.encode("utf-16-le", "surrogatepass")) // 2
            assert set(found.forced_by) <= set(text)
        else:
            assert found.units >= len(text)

    every(
        _texts | _plain | st.builds(str.__add__, _plain, _long), size(short=60, full=4_000), check
    )
    record_property("fuzzed messages", dict(tally.figures))


SECRETS: Final = ("51234567", CANARY)
"""Digits of a number, and a word, that no mask shows wherever they stand."""
_around = st.sampled_from(
    ["", "+", "372", "+372", "tel:", "\x00", "@", "a", " ", "\n", ".", "\ud800"]
)
_secret_texts = st.builds(
    "{}{}{}".format, _around | texts(), st.sampled_from(SECRETS), _around | texts()
)
_urls = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["https", "messente", "HTTP", "a.b"]) | texts(),
    st.sampled_from(["", "me:", "me@", "a:b@", "@"]) | _around,
    _secret_texts,
    st.sampled_from(
        ["@host", "@host/x", "@[::1]", "@", "/@host", "?@host", "#@host", "@a@b", "\\@host"]
    ),
    st.just("") | texts(),
)


def test_no_mask_shows_more_than_it_promises(size: Size, record_property: RecordProperty) -> None:
    tally = Tally()
    masks = (
        mask_text,
        mask_number,
        mask_url,
        mask_sender,
        shown_id,
        shown_key,
        shown_name,
        shown_keys,
    )

    def check(thing: Any) -> None:
        shown = tally.answered(lambda: {mask: mask(thing) for mask in masks})
        assert all(each.isprintable() for each in shown.values())
        assert all(len(each) < 40 for each in (shown[mask_text],))
        assert not any(secret in shown[mask_text] for secret in SECRETS)
        assert SECRETS[0] not in shown[mask_number]
        assert SECRETS[0] not in shown[shown_key]

    every(things() | _secret_texts, size(short=60, full=4_000), check)

    def check_url(url: str) -> None:
        shown = tally.answered(lambda: mask_url(url))
        scheme, _, rest = url.partition("://")
        assert "@" not in shown
        if CANARY not in scheme and CANARY not in rest.rpartition("@")[2]:
            assert CANARY not in shown, url

    every(_urls, size(short=60, full=4_000), check_url)
    record_property("fuzzed messages", dict(tally.figures))


_headers = st.one_of(
    texts(),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    st.builds(
        "{} {} {} {} {}".format,
        st.sampled_from(["Mon,", "", "Xyz,"]),
        st.integers(-1, 99_999),
        st.sampled_from(["Jan", "Foo", "13"]),
        st.integers(-1, 10**7),
        st.sampled_from(["00:00:00 GMT", "99:99:99 +9999", "0:0:0 -2400", "::", "1e3:0:0 GMT"]),
    ),
    st.sampled_from(["9" * 5_000, "1" + "0" * 400 + ".5", "(" * 2_000, "nan", "1_0", "٣", "-0"]),
)


def test_any_retry_after_is_a_wait_or_nothing(size: Size, record_property: RecordProperty) -> None:
    tally = Tally()

    def check(header: str) -> None:
        wait = tally.answered(
            lambda: parse_retry_after(header, NOW), is_refusal=lambda wait: wait is None
        )
        assert wait is None or wait > timedelta()

    every(_headers, size(short=60, full=3_000), check)
    record_property("fuzzed messages", dict(tally.figures))
    tally.assert_teeth()


DOCUMENT = {"id": "1", "n": [1, 0.5, None, True], "text": "\u20ac\U0001f600", "o": {"a": {}}}


def test_any_bytes_are_the_same_json_to_both_libraries_or_none_to_either(
    size: Size, record_property: RecordProperty
) -> None:
    tally, other = Tally(), orjson_backend()

    def check(body: bytes) -> None:
        result = tally.answered(
            lambda: _outcome(lambda: loads(body, backend=STANDARD_JSON)),
            is_refusal=lambda result: isinstance(result, JsonError),
        )
        if other is not None:
            assert _same(result, _outcome(lambda: loads(body, backend=other)))
        if not isinstance(result, JsonError):
            written = _outcome(lambda: dumps(result))
            assert isinstance(written, JsonError) or _same(loads(written), result)

    every(bodies(DOCUMENT), size(short=60, full=4_000), check)
    record_property("fuzzed messages", dict(tally.figures))
    tally.assert_teeth()


def _outcome(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except JsonError as error:
        return error


def _same(one: Any, other: Any) -> bool:
    """Equal in value and in type: to Python 1, 1.0 and True are equal."""
    if isinstance(one, JsonError):
        return isinstance(other, JsonError)
    return json.dumps(one) == json.dumps(other)


# --- The table of statistics ----------------------------------------------------------------------

HEADER = ";".join(["Date", *(f"Column {number}" for number in range(13))]) + ";\r\n"
ROW = "01.04.2022;100;98;98.91;2;1,09%;50;51 %;10;20;1;1.0;0;0\r\n"
TABLE = (
    HEADER
    + ROW
    + ROW.replace("01.04", "02.04")
    + ROW.replace("01.04.2022", "01.04.2022 - 02.04.2022")
)
DAYS = (date(2022, 4, 1), date(2022, 4, 2))
_cells = (
    st.sampled_from(
        [
            "",
            '"',
            '"a;b"',
            '"a\r\nb"',
            '""',
            "-5",
            "9" * 41,
            "9" * 5_000,
            "1e9",
            "NaN",
            "٣",
            "31.02.2022",
            "00.00.0000",
            "01.04.2022 - ",
            " - ",
            "99.99.9999 - 01.01.0001",
            "\x00",
            "x" * 140_000,
            "{}",
            "<",
        ]
    )
    | texts()
)


def tables() -> st.SearchStrategy[bytes]:
    """Tables with other cells, other rows, other bytes, or in another encoding."""

    def spoilt(cells: list[tuple[int, str]], encoding: str) -> bytes:
        found = TABLE.split(";")
        for place, cell in cells:
            found[place % len(found)] = cell
        return ";".join(found).encode(encoding, "replace")

    changed = st.builds(
        spoilt,
        st.lists(st.tuples(st.integers(0, 60), _cells), max_size=3),
        st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1251", "utf-16"]),
    )
    whole = TABLE.encode()
    return (
        changed | changed | damaged(whole) | st.integers(0, len(whole)).map(lambda end: whole[:end])
    )


def test_any_table_of_statistics_is_read_or_refused(
    size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def check(case: tuple[bytes, Charset, int, bool]) -> None:
        body, charset, status, known = case
        answer = Answer(status, body)
        read = read_statistics(charset, days=DAYS if known else None)
        result = tally.answered(
            lambda: read(answer), is_refusal=lambda result: not isinstance(result, EmailStatistics)
        )
        if isinstance(result, EmailStatistics):
            assert repr(result).encode()
            assert all(_is_finite(row.delivery_rate) for row in result.rows)
        else:
            assert result is None or isinstance(result, Failure)
        raw = read_csv(answer)
        assert not isinstance(result, EmailStatistics) or raw == body

    cases = st.tuples(
        tables(),
        st.sampled_from(Charset),
        st.sampled_from([200, 200, 200, 201, 400, 500]),
        st.booleans(),
    )
    every(cases, size(short=80, full=4_000), check)
    record_property("fuzzed messages", dict(tally.figures))
    tally.assert_teeth()


def _is_finite(rate: Decimal | None) -> bool:
    return rate is None or rate.is_finite()
