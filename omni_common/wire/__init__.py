"""One attempt over HTTP: a connection, a request, its answer, and what a failure proves.

This is the only room that touches aiohttp's client. aiohttp connects (pool, TLS, proxies, names),
writes and parses HTTP; its session is passed by, which would follow redirects, keep cookies, repeat
requests on its own, and leave open whether one had begun to leave when it failed.
"""

from omni_common.wire.wire import Wire

__all__ = ["Wire"]
