"""Messente's own client for Python, generated from its OpenAPI. It blocks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.case import Work
from benchmarks.contestants.crowd import (
    PASSWORD,
    SENDER,
    TEXT,
    USER,
    in_threads,
    one_by_one,
    phone_numbers,
)

if TYPE_CHECKING:
    import messente_api

__all__ = ["messente", "messente_bulk", "messente_bulk_in_threads", "messente_in_threads"]

_BATCH = 1000


@contextmanager
def messente(address: str) -> Iterator[Work]:
    """One SMS a call, one after another."""
    with _client(address) as client:
        send = _sender(client)
        yield lambda count: one_by_one(send, phone_numbers(count))


@contextmanager
def messente_in_threads(address: str, *, callers: int) -> Iterator[Work]:
    """One SMS a call, from as many threads as there are calls at once."""
    with _client(address, callers) as client, ThreadPoolExecutor(callers) as threads:
        yield partial(in_threads, _sender(client), threads=threads, callers=callers)


@contextmanager
def messente_bulk(address: str) -> Iterator[Work]:
    """A thousand a call, one call after another."""
    with _client(address) as client:
        send = _bulk_sender(client)
        yield lambda count: sum(map(send, _batches(count)))


@contextmanager
def messente_bulk_in_threads(address: str, *, callers: int) -> Iterator[Work]:
    """A thousand a call, from several threads."""
    with _client(address, callers) as client, ThreadPoolExecutor(callers) as threads:
        send = _bulk_sender(client)
        yield lambda count: sum(threads.map(send, _batches(count)))


@contextmanager
def _client(address: str, connections: int = 1) -> Iterator[messente_api.ApiClient]:
    import messente_api

    configuration = messente_api.Configuration(
        host=f"{address}/v1", username=USER, password=PASSWORD
    )
    configuration.connection_pool_maxsize = connections
    client = messente_api.ApiClient(configuration)
    yield client
    client.rest_client.pool_manager.clear()


def _sender(client: messente_api.ApiClient) -> Any:
    import messente_api

    api = messente_api.OmnimessageApi(client)

    def send(to: str) -> str:
        return api.send_omnimessage(_omnimessage(to)).omnimessage_id

    return send


def _bulk_sender(client: messente_api.ApiClient) -> Any:
    import messente_api

    api = messente_api.BulkMessagingApi(client)

    def send(numbers: list[str]) -> int:
        messages = [_omnimessage(to) for to in numbers]
        answer = api.send_bulk_omnimessage(messente_api.BulkOmnimessage(messages=messages))
        return sum(_is_accepted(item) for item in answer.messages)

    return send


def _is_accepted(item: Any) -> bool:
    return bool(item.actual_instance.omnimessage_id)


def _batches(count: int) -> Iterator[list[str]]:
    numbers = list(phone_numbers(count))
    return (numbers[start : start + _BATCH] for start in range(0, count, _BATCH))


def _omnimessage(to: str) -> messente_api.Omnimessage:
    import messente_api

    sms = messente_api.SMS(text=TEXT, sender=SENDER)
    return messente_api.Omnimessage(to=to, messages=[messente_api.OmnimessageMessagesInner(sms)])
