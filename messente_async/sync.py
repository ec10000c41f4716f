"""Messente's own client for code without asyncio: the same names, blocking."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from messente_async import client as _client
from omni_common.clock import Clock
from omni_common.errors import hides_arguments
from omni_common.secret import Secret
from omni_common.settings import TransportOptions
from omni_common.sync.client import BlockingClient, blocking, cancelling, reading

__all__ = ["MessenteClient"]


class MessenteClient(BlockingClient[_client.MessenteClient]):
    """Messente's omnichannel API; see ``messente_async.MessenteClient`` for each method.

    Safe to use from many threads, inside a running event loop (it warns there, since it blocks the
    loop), and after a fork. Use it as a context manager, or call :meth:`close`.
    """

    @hides_arguments
    def __init__(
        self,
        user: str,
        password: str | Secret,
        *,
        clock: Clock | None = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        """Prepare a client; see ``messente_async.MessenteClient`` for the arguments and errors."""
        make = partial(_client.MessenteClient, user, password, clock=clock, **options)
        super().__init__(make, package="messente_async")

    send = blocking(_client.MessenteClient.send)
    send_bulk = blocking(_client.MessenteClient.send_bulk)
    status = reading(_client.MessenteClient.status)
    cancel = cancelling(_client.MessenteClient.cancel)
