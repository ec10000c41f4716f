"""A server on a thread of its own that callbacks are posted to, for tests without asyncio."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any, Self

__all__ = ["BlockingReceiver"]

_PATIENCE = 30
"""Real seconds after which a callback that has not come is missing."""


class BlockingReceiver(HTTPServer):
    """Keeps every body that is posted to it, and what each request's headers were."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self._arrivals: Queue[Any] = Queue()
        self._thread = threading.Thread(target=self.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/callback"

    def wait(self, count: int) -> list[Any]:
        """The next *count* bodies, once they have come."""
        return [self._arrivals.get(timeout=_PATIENCE) for _ in range(count)]

    def take(self, body: Any, headers: dict[str, str]) -> None:
        self.bodies.append(body)
        self.headers.append(headers)
        self._arrivals.put(body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Post(BaseHTTPRequestHandler):
    server: BlockingReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.take(json.loads(body), dict(self.headers))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
