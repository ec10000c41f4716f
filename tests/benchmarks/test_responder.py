from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.arena import Responder, responder

NUMBERS = [f"+3725100000{place}" for place in range(5)]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Responder]:
    with responder() as started:
        yield started


def asked(
    vendor: Responder, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection(urlsplit(vendor.address).netloc)
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    told = answer.status, json.load(answer)
    connection.close()
    return told


def ask(vendor: Responder, path: str, body: Any = None) -> dict[str, Any]:
    status, answer = asked(vendor, path, body, Authorization="Basic made-up")
    assert status in {200, 201}
    return answer


def omnimessage(to: str) -> dict[str, Any]:
    return {"to": to, "messages": [{"channel": "sms", "text": "Hi"}]}


def test_it_listens_on_loopback_alone(vendor: Responder) -> None:
    assert urlsplit(vendor.address).hostname == "127.0.0.1"


def test_each_message_is_taken_once_with_an_id_of_its_own(vendor: Responder) -> None:
    before = vendor.taken()
    answers = [ask(vendor, "/v1/omnimessage", omnimessage(to)) for to in NUMBERS]
    assert [answer["to"] for answer in answers] == NUMBERS
    assert len({answer["omnimessage_id"] for answer in answers}) == len(NUMBERS)
    assert vendor.taken() - before == len(NUMBERS)


def test_a_bulk_call_is_answered_item_by_item_in_its_order(vendor: Responder) -> None:
    before = vendor.taken()
    body = {"messages": list(map(omnimessage, NUMBERS))}
    items = ask(vendor, "/v1/omnimessages", body)["messages"]
    assert [item["to"] for item in items] == NUMBERS
    assert len({item["omnimessage_id"] for item in items}) == len(NUMBERS)
    assert vendor.taken() - before == len(NUMBERS)


def test_devino_gives_an_id_for_each_message(vendor: Responder) -> None:
    before = vendor.taken()
    messages = [{"from": "Shop", "to": to, "text": "Hi"} for to in NUMBERS]
    results = ask(vendor, "/sms/messages", {"messages": messages})["result"]
    assert {result["code"] for result in results} == {"OK"}
    assert len({result["messageId"] for result in results}) == len(NUMBERS)
    assert vendor.taken() - before == len(NUMBERS)


def test_statuses_are_those_that_were_asked_for(vendor: Responder) -> None:
    before = vendor.taken()
    assert ask(vendor, "/v1/omnimessage/abc-1/status")["omnimessage_id"] == "abc-1"
    ids = ["3701172084729885952", "3701172084729885953"]
    results = ask(vendor, "/sms-stat/statuses/get-by-ids", ids)["result"]
    assert [str(result["smsId"]) for result in results] == ids
    assert vendor.taken() - before == 3


def test_a_report_has_as_many_rows_as_the_task_says(vendor: Responder) -> None:
    before = vendor.taken()
    pages = [
        ask(vendor, f"/sms-stat/detail?taskId=25&limit=10&offset={offset}")["result"]
        for offset in (0, 10, 20)
    ]
    assert [page["more"] for page in pages] == [True, True, False]
    assert len({row["messageId"] for page in pages for row in page["data"]}) == 25
    assert vendor.taken() - before == 25


@pytest.mark.parametrize("path", ["/v2/omnimessage", "/", "/v1/omnimessage/abc"])
def test_what_is_not_known_is_refused_and_not_counted(vendor: Responder, path: str) -> None:
    before = vendor.taken()
    assert asked(vendor, path, Authorization="Basic made-up") == (404, {})
    assert vendor.taken() == before


def test_who_gives_no_credentials_is_refused(vendor: Responder) -> None:
    before = vendor.taken()
    assert asked(vendor, "/v1/omnimessage", omnimessage(NUMBERS[0])) == (401, {})
    assert vendor.taken() == before


async def test_requests_may_come_in_pieces_and_several_at_a_time(vendor: Responder) -> None:
    parts = urlsplit(vendor.address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    body = json.dumps(omnimessage(NUMBERS[0])).encode()
    head = f"POST /v1/omnimessage HTTP/1.1\r\nauthorization: x\r\nContent-length: {len(body)}"
    request = head.encode() + b"\r\n\r\n" + body
    for piece in (request[:30], request[30:90], request[90:] + request):
        writer.write(piece)
        await writer.drain()
    for _ in range(2):
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
        length = int(answer.partition(b"Content-Length: ")[2].split()[0])
        assert json.loads(await reader.readexactly(length))["to"] == NUMBERS[0]
    writer.close()
    await writer.wait_closed()
