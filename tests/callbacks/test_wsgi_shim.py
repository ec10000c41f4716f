"""What a WSGI server says of a request, to the letter: where its body ends, and who may run it."""

from __future__ import annotations

import io
from typing import Any
from wsgiref.validate import validator

import pytest

from omni_common import ConfigurationError
from omni_common.callbacks import CallbackReceiver, Event, wsgi_application
from tests.callbacks.genuine import BODIES, SECRETS, genuine

AREA = "devino.sms"


def test_wsgi_refuses_an_async_handler() -> None:
    async def handle(_: Event) -> None: ...

    with pytest.raises(ConfigurationError) as refused:
        wsgi_application(CallbackReceiver(handle, secrets=SECRETS))
    assert refused.value.field == "handler"


def wsgi_status(environ: dict[str, Any], handler: Any = repr, *, strict: bool = False) -> int:
    application: Any = wsgi_application(CallbackReceiver(handler, secrets=SECRETS))
    if strict:
        application = validator(application)
    statuses: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        assert ("Content-Length", "0") in headers
        statuses.append(status)

    whole = {"REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": genuine(AREA).path}
    result = application(whole | environ, start_response)
    assert b"".join(result) == b""
    if strict:
        result.close()
    return int(statuses[0].split()[0])


def test_wsgi_does_as_its_standard_says() -> None:
    environ = {
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(BODIES[AREA])),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(BODIES[AREA]),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    assert wsgi_status(environ, strict=True) == 200


class Endless(io.RawIOBase):
    """An input that never ends, and knows how much of it was read."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "a socket would wait for its end"
        self.taken += size
        return b" " * size


class Broken(io.RawIOBase):
    """The input of a client that is gone."""

    def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError(size)


def framed(**environ: Any) -> dict[str, Any]:
    body = io.BytesIO(BODIES[AREA])
    return {
        "wsgi.input": body,
        **{name.replace("wsgi_", "wsgi."): v for name, v in environ.items()},
    }


LENGTH = str(len(BODIES[AREA]))


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        (framed(CONTENT_LENGTH=LENGTH), 200),
        (framed(CONTENT_LENGTH=LENGTH, wsgi_input_terminated=True), 200),
        (framed(wsgi_input_terminated=True), 200),
        (framed(CONTENT_LENGTH="", wsgi_input_terminated=True), 200),
        (framed(HTTP_TRANSFER_ENCODING="chunked", wsgi_input_terminated=True), 200),
        (framed(HTTP_TRANSFER_ENCODING="chunked"), 411),
        (framed(HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH=LENGTH), 411),
        (framed(), 400),
        (framed(CONTENT_LENGTH=""), 400),
        (framed(CONTENT_LENGTH="many"), 400),
        (framed(CONTENT_LENGTH="-1"), 400),
        (framed(CONTENT_LENGTH="²"), 400),
        (framed(CONTENT_LENGTH="9" * 10_000), 400),
        (framed(CONTENT_LENGTH=str(len(BODIES[AREA]) + 1)), 400),
        (framed(CONTENT_LENGTH=LENGTH, wsgi_input=Broken()), 400),
        (framed(CONTENT_LENGTH=str(2**20 + 1), wsgi_input=Broken()), 413),
        (framed(wsgi_input_terminated=True, wsgi_input=Endless()), 413),
        (framed(CONTENT_LENGTH=LENGTH, PATH_INFO=""), 404),
    ],
)
def test_wsgi_reads_a_body_only_as_far_as_it_goes(environ: dict[str, Any], status: int) -> None:
    assert wsgi_status(environ) == status
    if isinstance(environ["wsgi.input"], Endless):
        assert environ["wsgi.input"].taken == 2**20 + 1
