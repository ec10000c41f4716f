"""Models and questions with anything in any of their fields: sent as they should be, or refused."""

from __future__ import annotations

import inspect
import json
import pickle
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NoReturn

import attrs
import pytest

import devino_async
import messente_async
from messente_async.omnimessage import from_wire, send_request, to_wire
from omni_common.converter import JsonError, loads
from omni_common.errors import ForeignIdError, InvalidMessageError, InvalidQueryError
from omni_common.exchange import Request
from tests.reliability.cases import Tally, every
from tests.reliability.conftest import Size
from tests.reliability.genuine_calls import CALLS, Call
from tests.reliability.genuine_omnimessages import OMNIMESSAGES
from tests.reliability.hostile_json import Place, changed
from tests.reliability.hostile_values import ODD_THINGS, places_in, spoilt, with_thing
from tests.support.figures import RecordProperty

REFUSALS = (InvalidMessageError, InvalidQueryError, ForeignIdError)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_every_odd_thing_in_every_field_is_sent_or_refused(
    call: Call, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()
    places = [place for place in places_in(call.arguments) if place]
    every_case = [(place, thing) for place in places for thing in ODD_THINGS]
    # A short run takes one in so many, and not the same things in each field.
    for place, thing in every_case[:: size(short=len(ODD_THINGS) // 2 - 1, full=1)]:
        made_of(call, tally, (place, thing))
    record_property("fuzzed models", dict(tally.figures))
    tally.assert_teeth(accepted=0, refused=0.2)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_anything_in_any_field_is_sent_or_refused(
    call: Call, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()
    count = size(short=8, full=500)
    every(spoilt(call.arguments), count, lambda changes: made_of(call, tally, *changes))
    record_property("fuzzed models", dict(tally.figures))
    tally.assert_teeth(accepted=0, refused=0)
    assert tally.figures["refused"] >= size(short=0, full=20)


def made_of(call: Call, tally: Tally, *changes: tuple[Place, Any]) -> None:
    """Make the request of *call* with its arguments changed, or see it refused."""

    def made() -> Request:
        arguments: Any = call.arguments
        for place, thing in changes:
            arguments = with_thing(arguments, place, thing)
        assert all(repr(model).encode() for model in models_in(arguments))
        request = call.request(**arguments, **call.given)
        check_request(request)
        check_values(arguments)
        return request

    tally.tried(made, *REFUSALS)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_what_is_spoilt_can_be_sent_before(call: Call) -> None:
    check_request(call.request(**call.arguments, **call.given))
    check_values(call.arguments)


@pytest.mark.parametrize("name", OMNIMESSAGES)
def test_any_object_is_read_as_an_omnimessage_or_refused(
    name: str, size: Size, record_property: RecordProperty
) -> None:
    tally = Tally()

    def read(body: bytes) -> None:
        try:
            wire = loads(body)
        except JsonError:
            return
        tally.tried(lambda: check_request(send_request(from_wire(wire))), InvalidMessageError)

    every(changed(to_wire(OMNIMESSAGES[name])), size(short=8, full=500), read)
    record_property("fuzzed models", dict(tally.figures))
    tally.assert_teeth(accepted=0, refused=0)
    assert tally.figures["refused"] >= size(short=0, full=20)


def models_in(arguments: Mapping[str, Any]) -> Iterator[Any]:
    """The attrs objects among *arguments*, alone or in a list."""
    for argument in arguments.values():
        several = argument if isinstance(argument, list | tuple) else [argument]
        yield from (each for each in several if attrs.has(type(each)))


def check_values(arguments: Mapping[str, Any]) -> None:
    """Assert that attrs objects in *arguments* are equal to their copies, and hashed like them."""
    for model in models_in(arguments):
        copied = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
        assert copied == model
        assert hash(copied) == hash(model)


def check_request(request: Request) -> None:
    """Assert that *request* can be sent: its address is printable ASCII, its body whole JSON."""
    assert request.target.isascii()
    assert request.target.isprintable()
    assert " " not in request.target
    for name, value in request.headers.items():
        assert f"{name}{value}".isascii()
        assert f"{name}{value}".isprintable()
    if request.body is not None and "Content-Type" not in request.headers:
        json.loads(request.body.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


# --- All of them ----------------------------------------------------------------------------------

NOT_PASSED = {"ScenarioSettings", "Selection", "Shape", "Step"}
"""Made by the library itself, of arguments."""
MADE_HERE = {"ContactUpload", "NewContact"}
"""Made of arguments by the call of an upload."""


def test_no_model_is_left_out() -> None:
    tried = {type(part) for call in CALLS for part in _parts(call.arguments)}
    models = set(_models())

    assert models - tried == set()


def _parts(value: Any) -> Iterator[Any]:
    for place in places_in(value):
        part = value
        for name in place:
            part = getattr(part, str(name)) if attrs.has(type(part)) else part[name]
        yield part


def _models() -> Iterator[type]:
    """Every public class of the two packages whose fields are checked."""
    for package in (messente_async, devino_async):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            for name, kind in inspect.getmembers(module, inspect.isclass):
                if not attrs.has(kind):
                    continue
                public = not name.startswith("_") and name not in NOT_PASSED | MADE_HERE
                ours = kind.__module__ == found.name and ".sandbox" not in found.name
                checked = any(each.validator or each.converter for each in attrs.fields(kind))
                if public and ours and checked:
                    yield kind
