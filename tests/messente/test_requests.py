"""Requests to Messente: method, path, body, and what repeating them would do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from messente_async.omnimessage import (
    Omnimessage,
    bulk_request,
    cancel_request,
    send_request,
    status_request,
    to_wire,
)
from messente_async.sms import SMS
from omni_common.errors import InvalidMessageError, UnknownMessageError
from omni_common.exchange import Operation

TO = "+37251000000"
HELLO = Omnimessage(TO, [SMS("Hi")])


def test_one_omnimessage_is_a_request_of_its_own() -> None:
    omnimessage = Omnimessage(TO, [SMS("Hi")])
    request = send_request(omnimessage)

    assert (request.method, request.path) == ("POST", "/omnimessage")
    assert request.operation is Operation.SEND
    assert json.loads(request.body or b"") == to_wire(omnimessage)


def test_many_omnimessages_are_one_request_in_their_order() -> None:
    omnimessages = [Omnimessage(f"+372510000{n:02}", [SMS("Hi")]) for n in range(12)]
    request = bulk_request(omnimessages)

    assert (request.method, request.path) == ("POST", "/omnimessages")
    assert request.operation is Operation.SEND
    assert json.loads(request.body or b"") == {"messages": [to_wire(each) for each in omnimessages]}


def test_no_omnimessages_are_no_request() -> None:
    with pytest.raises(InvalidMessageError, match="at least one"):
        bulk_request([])


def test_extra_fields_are_merged_last_into_their_own_omnimessage() -> None:
    omnimessage = Omnimessage(TO, [SMS("Hi")], priority="low")
    one = send_request(omnimessage, {"priority": "urgent", "new": 1})
    many = bulk_request([omnimessage, omnimessage], [None, {"new": 2}])

    assert json.loads(one.body or b"") == {**to_wire(omnimessage), "priority": "urgent", "new": 1}
    assert json.loads(many.body or b"")["messages"] == [
        to_wire(omnimessage),
        {**to_wire(omnimessage), "new": 2},
    ]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_are_as_many_extras_as_omnimessages(count: int) -> None:
    with pytest.raises(InvalidMessageError, match="one for each") as caught:
        bulk_request([Omnimessage(TO, [SMS("Hi")])] * 2, [None] * count)

    assert caught.value.field == "extras"


def test_extra_fields_that_have_no_json_are_refused() -> None:
    with pytest.raises(InvalidMessageError, match="extra") as caught:
        send_request(Omnimessage(TO, [SMS("Hi")]), {"new": float("nan")})

    assert caught.value.field == "extra"


@pytest.mark.parametrize("what", [None, "Hi", SMS("Hi"), {"to": TO}, [HELLO]])
def test_only_an_omnimessage_is_sent(what: Any) -> None:
    for request_for in (send_request, lambda one: bulk_request([one])):
        with pytest.raises(InvalidMessageError, match="an Omnimessage") as caught:
            request_for(what)
        assert caught.value.field == "omnimessage"


@pytest.mark.parametrize("many", [None, "Hi", 5, iter([HELLO]), {HELLO}, HELLO])
def test_omnimessages_that_have_no_order_or_no_number_are_refused(many: Any) -> None:
    with pytest.raises(InvalidMessageError, match="a list") as caught:
        bulk_request(many)

    assert caught.value.field == "messages"


@pytest.mark.parametrize("extra", [["new"], [("new", 1)], "new", 5, []])
def test_extra_fields_that_have_no_names_are_refused(extra: Any) -> None:
    for request_for in (send_request, lambda one, more: bulk_request([one], [more])):
        with pytest.raises(InvalidMessageError, match="a mapping") as caught:
            request_for(HELLO, extra)
        assert caught.value.field == "extra"


@pytest.mark.parametrize("extras", [5, "n", {"new": 1}, iter([None])])
def test_extras_that_are_no_list_are_refused(extras: Any) -> None:
    with pytest.raises(InvalidMessageError, match="a list") as caught:
        bulk_request([HELLO], extras)

    assert caught.value.field == "extras"


def test_t51_an_id_is_quoted_whole_into_the_path() -> None:
    request = status_request("5k2n/../a b?x#y%")
    cancel = cancel_request("632c6f3d-aaaa")

    assert request.path == "/omnimessage/5k2n%2F..%2Fa%20b%3Fx%23y%25/status"
    assert (request.method, request.operation, request.body) == ("GET", Operation.READ, None)
    assert cancel.path == "/omnimessage/632c6f3d-aaaa"
    assert (cancel.method, cancel.operation, cancel.body) == (
        "DELETE",
        Operation.IDEMPOTENT_WRITE,
        None,
    )


@pytest.mark.parametrize("omnimessage_id", ["", ".", "..", " ", "\ud83d", None, 5])
@pytest.mark.parametrize("request_for", [status_request, cancel_request])
def test_what_cannot_be_an_id_never_reaches_another_endpoint(
    request_for: Callable[[Any], Any], omnimessage_id: Any
) -> None:
    with pytest.raises(UnknownMessageError):
        request_for(omnimessage_id)
