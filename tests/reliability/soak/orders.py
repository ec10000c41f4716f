"""What a soak is told to do, by the process that started it."""

from __future__ import annotations

import json
from urllib.parse import unquote, urlsplit

from attrs import asdict, frozen

__all__ = ["ADMITTED", "Orders"]

_PASSWORD = "sandbox-password"
_TOKEN = "token-0a1b2c3d4e5f60718293"
ADMITTED = {"messente.delivery": _PASSWORD, "devino.sms": _TOKEN, "devino.omni": _TOKEN}
"""What proves the vendors' posts."""
_OPTIONS = "&timeout=5&bulk_timeout=8&batch_size=20&response_limit=1000000"
_OWN_OPTIONS = {"messente": "", "devino": "&email_sender=shop%40shop.example"}


@frozen(kw_only=True)
class Orders:
    """What to do.

    Attributes:
        urls: The vendors' connection URLs, by their names.
        vendors_pid: Their process.
        warm_up: Seconds before anything is measured.
        seconds: Seconds for which it is.
        tasks: How many tasks there are.
        threads: How many threads.
        cascades: How many cascades each of Messente's clients sends first: it remembers them up to
            a bound, which is reached then.
        seed: Of all that is done at random.
    """

    urls: dict[str, str]
    vendors_pid: int
    warm_up: float
    seconds: float
    tasks: int
    threads: int
    cascades: int
    seed: int

    @classmethod
    def read(cls, text: str) -> Orders:
        """The orders in *text*, as :meth:`written`."""
        return cls(**json.loads(text))

    def written(self) -> str:
        """The orders as JSON."""
        return json.dumps(asdict(self))

    def connection_url(self, vendor: str) -> str:
        """Where the vendor is, with all options."""
        return f"{self.urls[vendor]}{_OPTIONS}{_OWN_OPTIONS[vendor]}"

    def key_and_address(self, vendor: str) -> tuple[str, str]:
        """What a native client of a vendor is made with."""
        parts = urlsplit(self.urls[vendor])
        return unquote(parts.username or ""), f"http://{parts.hostname}:{parts.port}"

    def share_of(self, workers: int) -> int:
        """How many of *workers* use one vendor."""
        return workers // len(self.urls)

    def cascades_of(self, vendor: str) -> int:
        """How many cascades are sent over a vendor before anything else."""
        return self.cascades if vendor == "messente" else 0
