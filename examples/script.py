"""A script that writes to one person over Viber, then SMS, and waits until it has arrived.

export OMNI_URL="messente://USER:PASSWORD@default?sender=Shop"  # or devino://KEY@default?...
export CALLBACK_BASE_URL="https://shop.example"  # where the vendor reaches this machine's PORT
export CALLBACK_SECRETS="/run/secrets/callbacks"  # a file for each area, a secret on each line
python examples/script.py +37251000000 "Your order has arrived"
"""

import os
import sys
from datetime import timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from omni_common import DeliveryReport, Message, NotSentError, OutcomeUnknownError, Sms, Viber
from omni_common.callbacks import CallbackReceiver, callback_area_names, wsgi_application
from omni_common.sync import Tracker, connect

PORT = int(os.environ.get("PORT", "8080"))
FILES = {area: Path(os.environ["CALLBACK_SECRETS"], area) for area in callback_area_names()}
SECRETS = {area: file.read_text().splitlines() for area, file in FILES.items() if file.exists()}


class Server(ThreadingMixIn, WSGIServer):
    """Takes each request in a thread, so that a client that says nothing holds up nobody.

    At the end it waits for the threads, so that a post is not cut off while it is taken.
    """


class Quiet(WSGIRequestHandler):
    """Logs no requests: the path of a post that no vendor signs ends with a secret token."""

    timeout = 5  # seconds for a client to say something

    def log_message(self, *_: object) -> None:
        """Do nothing, where wsgiref prints the path to standard error."""


def send_and_follow(to: str, text: str) -> DeliveryReport:
    """Send a message, and receive its reports until it has arrived or failed for good."""
    with connect() as omni, Tracker(omni) as tracker:  # OMNI_URL alone names the vendor
        base_url = os.environ["CALLBACK_BASE_URL"]
        receiver = CallbackReceiver(tracker.record, secrets=SECRETS, base_url=base_url)
        message = Message(to, [Viber(text, ttl=timedelta(minutes=5)), Sms(text)])
        application = wsgi_application(receiver)
        with make_server("127.0.0.1", PORT, application, Server, Quiet) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            try:
                receipt = omni.send(receiver.addressed(message, omni.capabilities))
                print("accepted:", receipt.id, flush=True)
                return tracker.wait(receipt, timeout=timedelta(minutes=15))
            finally:
                server.shutdown()


def main(to: str, text: str) -> int:
    """Say what became of it; return 0 arrived, 1 not arrived, 2 not sent, 3 perhaps sent."""
    try:
        report = send_and_follow(to, text)
    except NotSentError as error:
        print("not sent:", error)
        return 2
    except OutcomeUnknownError as error:
        print("it may have been sent, so do not send it again:", error.reference)
        return 3
    print(f"{report.state.value}: over {report.channel}")
    return 0 if report.state.has_arrived else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case [to, text]:
            sys.exit(main(to, text))
        case _:
            sys.exit("usage: script.py RECIPIENT TEXT")
