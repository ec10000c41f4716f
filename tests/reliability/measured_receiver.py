"""A receiver of callbacks in a process of its own, which tells how much memory it came to need.

``python -m tests.reliability.measured_receiver SERVER`` serves behind one of the servers of
``tests.callbacks.servers`` and prints where, as JSON. For each line that it reads it prints
the memory that was needed beyond that at the start, and how many events there were.
"""

from __future__ import annotations

import sys

from tests.callbacks.genuine import genuine
from tests.callbacks.office import Office
from tests.callbacks.servers import SERVERS
from tests.reliability.measured_client import Memory, tell

__all__ = ["main"]


def main(server: str) -> None:
    office = Office(remembered=0)
    with SERVERS[server](office.receiver) as office.url:
        office.post(genuine("devino.sms"))
        office.events.clear()
        memory = Memory()
        tell({"url": office.url})
        for _ in sys.stdin:
            tell({"growth": memory.growth, "events": len(office.events)})


if __name__ == "__main__":
    main(sys.argv[1])
