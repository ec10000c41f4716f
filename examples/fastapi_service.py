"""A FastAPI service that writes to people over Viber, then SMS, and hears what became of it.

export OMNI_URL="messente://USER:PASSWORD@default?sender=Shop"  # or devino://KEY@default?...
export CALLBACK_BASE_URL="https://shop.example/callbacks"  # where the vendor reaches this service
export CALLBACK_SECRETS="/run/secrets/callbacks"  # a file for each area, a secret on each line
export CALLBACK_JOURNAL="/var/lib/shop/callbacks.jsonl"
uvicorn --app-dir examples fastapi_service:app
"""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Response

from omni_common import (
    InvalidMessageError,
    Message,
    NotSentError,
    OmniError,
    OutcomeUnknownError,
    Receipt,
    RefusedError,
    Sms,
    Tracker,
    UnsupportedMessageError,
    Viber,
    connect,
)
from omni_common.callbacks import (
    CallbackReceiver,
    Event,
    asgi_application,
    callback_area,
    callback_area_names,
)

JOURNAL = Path(os.environ["CALLBACK_JOURNAL"])
FILES = {area: Path(os.environ["CALLBACK_SECRETS"], area) for area in callback_area_names()}
SECRETS = {area: file.read_text().splitlines() for area, file in FILES.items() if file.exists()}
HOPELESS = {InvalidMessageError, UnsupportedMessageError, RefusedError}
LOCK = Lock()
log = logging.getLogger("shop")


def write_down(event: Event) -> None:
    """Add a line to the journal, which holds people's data and is for this user alone."""
    now = datetime.now(UTC).isoformat()
    line = json.dumps({"at": now, "area": event.area, "raw": event.raw})
    with LOCK, open(JOURNAL, "a", opener=lambda path, how: os.open(path, how, 0o600)) as journal:
        journal.write(f"\n{line}")  # on a line of its own, even after one that was cut off


async def read_back() -> None:
    """Tell the tracker what was written down before the service was started."""
    lines = JOURNAL.read_text().splitlines() if JOURNAL.exists() else []
    for line in filter(None, lines):
        try:
            told = json.loads(line)
            events = callback_area(told["area"]).read(json.dumps(told["raw"]).encode())
        except (ValueError, LookupError, TypeError, OmniError) as error:
            log.warning("a line of the journal cannot be read back: %s", type(error).__name__)
            continue
        for event in events:
            await tracker.record(event)


async def take(event: Event) -> None:
    """Write an event down, then act on it: most vendors never post again what is lost here."""
    await asyncio.to_thread(write_down, event)
    await tracker.record(event)


omni = connect()  # OMNI_URL names the vendor; nothing else here does
tracker = Tracker(omni)  # in memory; docs/callbacks.md has a store that processes share
receiver = CallbackReceiver(take, secrets=SECRETS, base_url=os.environ["CALLBACK_BASE_URL"])


async def follow(receipt: Receipt) -> None:
    """Tell the tracker; never fail for it, or a message that was sent is sent again."""
    try:
        await tracker.add(receipt)
    except Exception:
        log.exception("the receipt %s was not kept", receipt.id)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Keep the connections for as long as the service runs."""
    await read_back()
    async with omni:
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/callbacks", asgi_application(receiver))


@app.post("/messages", status_code=201)
async def send(
    to: Annotated[str, Body()], text: Annotated[str, Body()], response: Response
) -> dict[str, str | None]:
    """Send a message: 201 if the vendor has it, 202 if it may, 422 or 503 if nothing was sent."""
    try:
        message = Message(to, [Viber(text, ttl=timedelta(minutes=5)), Sms(text)])
        receipt = await omni.send(receiver.addressed(message, omni.capabilities))
    except OutcomeUnknownError as error:
        # Not a 5xx, after which callers and proxies send again: the message may be on its way.
        response.status_code = 202
        return {"id": None, "outcome": "unknown", "reference": error.reference}
    except NotSentError as error:
        # 503 says that the same may be sent again, 422 that it would be in vain.
        raise HTTPException(422 if type(error) in HOPELESS else 503, error.text) from error
    await follow(receipt)
    return {"id": receipt.id, "outcome": "accepted", "reference": receipt.reference}


@app.get("/messages/{id}")
async def read(id: str) -> dict[str, str | bool | None]:
    """Tell where a message is, as far as the vendor has posted."""
    report = await tracker.report(id)
    if report is None:
        raise HTTPException(404, "nothing is known of this message")
    return {"state": report.state.value, "channel": report.channel, "final": report.is_final}
