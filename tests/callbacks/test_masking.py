"""Tokens in access logs: what a mask does to a record, and what real servers write."""

from __future__ import annotations

import asyncio
import copy
import io
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from aiohttp import web
from attrs import evolve

from omni_common.callbacks import (
    CallbackReceiver,
    TokenMask,
    aiohttp_application,
    asgi_application,
)
from omni_common.callbacks.masking import ACCESS_LOGGERS
from tests.callbacks.genuine import SECRETS, UNSIGNED, Post, genuine
from tests.callbacks.servers import request

TOKEN = "canary-token-of-a-path"
MASK = TokenMask(["/devino/sms", "/devino/omni"])
LINE = f"POST /callbacks/devino/sms/{TOKEN} HTTP/1.1"
MASKED = "POST /callbacks/devino/sms/*** HTTP/1.1"


def record(msg: object, *args: Any, **extra: Any) -> logging.LogRecord:
    return logging.getLogger("x").makeRecord(
        "x", logging.INFO, __file__, 1, msg, args, None, extra=extra
    )


def masked(msg: object, *args: Any, **extra: Any) -> logging.LogRecord:
    made = record(msg, *args, **extra)
    assert MASK.filter(made)
    return made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (LINE, MASKED),
        (f'"{LINE}" 200', f'"{MASKED}" 200'),
        (f"/devino/sms/{TOKEN}", "/devino/sms/***"),
        (f"/devino/sms/{TOKEN}/{TOKEN}", "/devino/sms/***"),
        (f"/devino/sms//{TOKEN}", "/devino/sms//***"),
        (f"//devino//sms/{TOKEN}", "//devino//sms/***"),
        (f"/devino%252fsms%252f{TOKEN}", "/devino%252fsms%252f***"),
        (f"/devino/sms/{TOKEN}?x={1}#y", "/devino/sms/***?x=1#y"),
        (f"'https://a.b/devino/sms/{TOKEN}'", "'https://a.b/devino/sms/***'"),
        (f"%2Fdevino%2fsms%2F{TOKEN}", "%2Fdevino%2fsms%2F***"),
        (f"/%64evino/%73ms/{TOKEN}", "/%64evino/%73ms/***"),
        (f"/devino/sms/{TOKEN} and /devino/omni/{TOKEN}", "/devino/sms/*** and /devino/omni/***"),
        ("/devino/sms", "/devino/sms"),
        (f"/devino/sms/***/{TOKEN}", "/devino/sms/***"),
        (f"/devino/sms/{'-' * 16}", "/devino/sms/***"),
        ("/devino/sms/", "/devino/sms/"),
        ("/devino/sms_incoming/x", "/devino/sms_incoming/x"),
        ("/messente/delivery", "/messente/delivery"),
        ("", ""),
    ],
)
def test_what_follows_the_path_of_an_unsigned_area_is_masked(text: str, shown: str) -> None:
    assert masked(text).getMessage() == shown
    once = masked("%s: %d", text, 200)
    assert (once.getMessage(), once.args) == (f"{shown}: 200", (shown, 200))
    assert masked("x", url=text).__dict__["url"] == shown
    assert masked("x", url=text.encode()).__dict__["url"] == shown.encode()
    # A record that went through once, or through two masks, is as it was after the first.
    again = masked(masked(text).msg)
    assert again.msg == shown


def test_a_record_without_a_token_is_left_as_it_is() -> None:
    args = ("127.0.0.1:5", "POST", "/messente/delivery", "1.1", 200)
    made = record('%s - "%s %s HTTP/%s" %d', *args, headers={"a": ["b"]})
    before = dict(vars(made))
    assert MASK.filter(made)
    assert vars(made) == before
    assert all(vars(made)[name] is value for name, value in before.items())


def test_the_arguments_keep_their_number_and_kinds() -> None:
    made = masked('%s - "%s %s HTTP/%s" %d', "::1", "POST", f"/devino/sms/{TOKEN}", "1.1", 200)
    assert made.args == ("::1", "POST", "/devino/sms/***", "1.1", 200)


class Atoms(dict[str, Any]):
    """Like those of gunicorn and hypercorn: a name that is missing is a dash."""

    def __init__(self, request: str, status: int) -> None:
        super().__init__(r=request, s=status, U=request.split()[1])

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name) if name in self else "-"


class Request:
    """What a server logs a failed request as: its path shows when it is written."""

    def __str__(self) -> str:
        return f"<Request {LINE}>"

    __repr__ = __str__


@pytest.mark.parametrize(
    ("text", "args", "shown"),
    [
        ("%s", (Request(),), f"<Request {MASKED}>"),
        ("%r: %d", (Request(), 500), f"<Request {MASKED}>: 500"),
        ("%(request)s", ({"request": Request()},), f"<Request {MASKED}>"),
        ("%s", ([[[[[Request()]]]]],), f"[[[[[<Request {MASKED}>]]]]]"),
        ("/devino/sms/%s", (TOKEN,), "/devino/sms/***"),
        (Request(), (), f"<Request {MASKED}>"),
    ],
    ids=repr,
)
def test_a_token_that_shows_only_in_the_message_is_masked(
    text: object, args: tuple[Any, ...], shown: str
) -> None:
    made = masked(text, *args)
    assert made.getMessage() == shown
    assert TOKEN not in f"{made.msg} {made.args}"


def test_a_message_that_cannot_be_put_together_is_left_to_logging() -> None:
    made = masked(f"%s %s {LINE}", f"/devino/sms/{TOKEN}")
    assert (made.msg, made.args) == (f"%s %s {MASKED}", ("/devino/sms/***",))


def test_a_mapping_of_a_servers_own_stays_one() -> None:
    atoms = Atoms(LINE, 200)
    made = masked("%(r)s %(s)s %(U)s %({referer}i)s", atoms)
    assert made.getMessage() == f"{MASKED} 200 /callbacks/devino/sms/*** -"
    assert isinstance(made.args, Atoms)
    assert atoms["r"] == LINE


def test_texts_within_extras_are_masked() -> None:
    made = masked("x", request_header={"Referer": [LINE, 1]}, kept={"a": (LINE, None)})
    assert made.__dict__["request_header"] == {"Referer": [MASKED, 1]}
    assert made.__dict__["kept"] == {"a": (MASKED, None)}


def test_extras_that_hold_themselves_are_no_harm() -> None:
    loop: dict[str, Any] = {"line": LINE}
    loop["self"] = loop
    assert masked("x", loop=loop).__dict__["loop"]["line"] == MASKED


def test_a_traceback_with_a_token_is_masked() -> None:
    made = record("failed")
    made.exc_info = (ValueError, ValueError(LINE), None)
    assert MASK.filter(made)
    text = logging.Formatter().format(made)
    assert TOKEN not in text
    assert f"ValueError: {MASKED}" in text


def test_a_mask_without_paths_masks_nothing() -> None:
    made = record(LINE)
    assert TokenMask([]).filter(made)
    assert made.getMessage() == LINE


@pytest.fixture
def clean_loggers() -> Iterator[None]:
    """Take the filters of other tests away, and put them back."""
    names = (*ACCESS_LOGGERS, "my.access")
    before = {name: logging.getLogger(name).filters for name in names}
    for name in names:
        logging.getLogger(name).filters = []
    yield
    for name, filters in before.items():
        logging.getLogger(name).filters = filters


@pytest.mark.usefixtures("clean_loggers")
def test_a_logger_gets_one_mask_however_many_receivers_there_are() -> None:
    for _ in range(3):
        CallbackReceiver(print, secrets=SECRETS, access_loggers=["my.access"])
    for name in (*ACCESS_LOGGERS, "my.access"):
        assert len(logging.getLogger(name).filters) == 1


@pytest.mark.usefixtures("clean_loggers")
def test_areas_of_two_receivers_are_both_masked() -> None:
    for area in ("devino.sms", "devino.omni"):
        CallbackReceiver(print, secrets={area: TOKEN})
    logger = logging.getLogger("aiohttp.access")
    made = record(f"/devino/sms/{TOKEN} /devino/omni/{TOKEN}")
    assert logger.filter(made)
    assert made.getMessage() == "/devino/sms/*** /devino/omni/***"


@pytest.mark.usefixtures("clean_loggers")
def test_where_every_vendor_signs_no_logger_is_touched() -> None:
    CallbackReceiver(print, secrets={"messente.delivery": "password"}, access_loggers=["my.access"])
    assert all(not logging.getLogger(name).filters for name in (*ACCESS_LOGGERS, "my.access"))


def test_a_handler_of_ones_own_masks_what_comes_from_any_logger() -> None:
    receiver = CallbackReceiver(print, secrets={"devino.sms": TOKEN})
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(receiver.token_mask)
    handler.handle(record(LINE))
    assert stream.getvalue() == f"{MASKED}\n"


@asynccontextmanager
async def behind_aiohttp(receiver: CallbackReceiver) -> AsyncIterator[str]:
    application = web.Application()
    application.add_subapp("/callbacks", aiohttp_application(receiver))
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks"
    await runner.cleanup()


@asynccontextmanager
async def behind_uvicorn(receiver: CallbackReceiver) -> AsyncIterator[str]:
    # The logging that uvicorn sets up by itself, trace of its messages included.
    application = asgi_application(receiver)
    server = uvicorn.Server(uvicorn.Config(application, log_level="trace", use_colors=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server._serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
def uvicorn_loggers() -> Iterator[None]:
    """What uvicorn does to its loggers is undone."""
    names = ("uvicorn", "uvicorn.access", "uvicorn.error", "uvicorn.asgi")
    loggers = [logging.getLogger(name) for name in names]
    before = [(copy.copy(each.handlers), each.level, each.propagate) for each in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def near(post: Post) -> Post:
    """The same with a token that somebody mistyped, who has the right one."""
    return evolve(post, path=post.path[:-1])


async def test_the_access_log_of_aiohttp_shows_no_token(caplog: pytest.LogCaptureFixture) -> None:
    receiver = CallbackReceiver(print, secrets=SECRETS)
    with caplog.at_level(logging.DEBUG):
        async with behind_aiohttp(receiver) as url:
            for area in UNSIGNED:
                await asyncio.to_thread(request, url, genuine(area))
                await asyncio.to_thread(request, url, near(genuine(area)))
                # Not HTTP: aiohttp logs such a request with its own error.
                await asyncio.to_thread(request, url, evolve(genuine(area), method="NO METHOD"))
    written = "\n".join(logging.Formatter().format(each) for each in caplog.records)
    extras = [vars(each).get("first_request_line", "") for each in caplog.records]
    for area in UNSIGNED:
        path = "/callbacks/" + area.replace(".", "/")
        assert f'"POST {path}/*** HTTP/1.1" 200' in written
        assert f'"POST {path}/*** HTTP/1.1" 404' in written
        assert SECRETS[area][0][:-1] not in written
        assert f"POST {path}/*** HTTP/1.1" in extras
        assert SECRETS[area][0][:-1] not in "".join(extras)


@pytest.mark.usefixtures("uvicorn_loggers")
async def test_the_access_log_of_uvicorn_shows_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    receiver = CallbackReceiver(repr, secrets=SECRETS)
    async with behind_uvicorn(receiver) as url:
        for area in UNSIGNED:
            await asyncio.to_thread(request, url, genuine(area))
            await asyncio.to_thread(request, url, near(genuine(area)))
    written = "".join(capsys.readouterr())
    for area in UNSIGNED:
        path = "/" + area.replace(".", "/")
        assert f'"POST {path}/*** HTTP/1.1" 200' in written
        assert f'"POST {path}/*** HTTP/1.1" 404' in written
        assert SECRETS[area][0][:-1] not in written
