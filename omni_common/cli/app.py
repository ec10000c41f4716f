"""The commands of ``omni`` and their arguments; each is carried out in the module of its name."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from omni_common.cli import documents
from omni_common.cli.account import CONFIGURED, Account
from omni_common.cli.bulk.options import BulkOptions
from omni_common.cli.exits import ExitCode, exit_code_of
from omni_common.cli.logs import one_line_logs
from omni_common.cli.message import MESSAGE, ContentOptions, MessageOptions, duration, read_text
from omni_common.cli.outbox import outbox
from omni_common.cli.output import PLAIN, Output, Result, write
from omni_common.cli.sandbox_callbacks import NOWHERE, CallbackUrls
from omni_common.cli.usage import UsageError, explain
from omni_common.errors import OmniError
from omni_common.exchange import OnUnknown
from omni_common.version import __version__

__all__ = ["run"]

_EXIT_CODES = """Exit codes:

- 0: accepted, or done as asked
- 2: refused or invalid; the same again would end the same way
- 3: unknown: it may have been sent; look for it before sending it again
- 64: wrong usage or configuration; nothing was sent
- 75: not sent, or not answered; the same again is safe and may help
- 130: interrupted; the last line says what became of the message
- 1: a claim of the demo does not hold; 70: omni itself failed
"""
_app = App(
    name="omni",
    help="Send messages over SMS, Viber, WhatsApp and e-mail, ask what became of them, take them"
    " back."
    " `omni demo` shows it all without an account. The other commands use the account that a"
    " connection URL in OMNI_URL or a profile of omni.toml describes.",
    help_format="markdown",
    help_epilogue=_EXIT_CODES,
    version=__version__,
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
)
_Json = Annotated[
    bool, Parameter(name="--json", help="Print one JSON document.", show_default=False)
]
_Port = Annotated[int, Parameter(help="Where to listen; 0 takes a free port.")]
_Speed = Annotated[
    int,
    Parameter(
        help="Seconds that pass for the emulators in each second: with 60, a channel that is tried"
        " for five minutes expires after five seconds."
    ),
]
_Text = Annotated[
    str, Parameter(help="The text; - reads it from standard input.", allow_leading_hyphen=True)
]
_OnUnknown = Annotated[
    OnUnknown,
    Parameter(
        group=MESSAGE,
        help="When it is not known whether the message arrived: stop and say so, or send it again,"
        " which may charge for it and deliver it twice.",
    ),
]
_AS_GIVEN = MessageOptions()
_CONTENT = ContentOptions()
_BULK = BulkOptions()


def run(tokens: Sequence[str]) -> int:
    """Run the command that *tokens* say, and return its exit code; nothing is raised."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # better a wrong sign than no answer
    with one_line_logs():
        try:
            code = _app(
                tokens, result_action="return_value", exit_on_error=False, print_error=False
            )
        except CycloptsError as error:
            return _failed(explain(error, _commands(error.command_chain or ())), tokens)
        except (UsageError, OmniError) as error:
            return _failed(error, tokens)
        except KeyboardInterrupt:
            write(sys.stderr, "omni: interrupted")
            return int(ExitCode.INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - a traceback could show what must not be seen
            write(sys.stderr, f"omni: failed by a fault of its own ({type(error).__name__})")
            return int(ExitCode.FAULT)
    return int(code or ExitCode.DONE)  # None: the help or the version was printed


@_app.command(sort_key=1)
def demo(*, json: _Json = False) -> int:
    """Show what this is about, on emulators of both vendors; needs no account."""
    from omni_common.cli.demo import play

    return play(json=json)


@_app.command(sort_key=2)
def send(
    to: Annotated[str, Parameter(help="The recipient: +37251000000, or ann@example.com.")],
    /,
    *,
    options: MessageOptions = _AS_GIVEN,
    on_unknown: _OnUnknown = "raise",
    account: Account = CONFIGURED,
    output: Output = PLAIN,
) -> int:
    """Send one message; print its id and how the send ended."""
    from omni_common.cli.interruption import ctrl_c
    from omni_common.cli.send import send_one

    with ctrl_c() as pressed:
        return output.show(send_one(to, options, on_unknown, account, output, ctrl_c=pressed))


@_app.command(sort_key=3)
def bulk(
    file: Annotated[Path, Parameter(help="A CSV file whose first line names the columns.")],
    /,
    *,
    options: BulkOptions = _BULK,
    content: ContentOptions = _CONTENT,
    account: Account = CONFIGURED,
    output: Output = PLAIN,
) -> int:
    """Send a message to each row of a CSV file: `--text "Hi {name}"` fills in its columns.

    Run again, the same command continues, and nobody gets a second message.
    """
    from omni_common.cli.bulk.command import send_bulk
    from omni_common.cli.interruption import ctrl_c

    with ctrl_c() as pressed:
        return output.show(send_bulk(file, options, content, account, output, ctrl_c=pressed))


@_app.command(sort_key=4)
def status(
    *ids: Annotated[str, Parameter(help="Ids that send printed.")],
    watch: Annotated[
        bool, Parameter(help="Go on until all are final, and show each change.", show_default=False)
    ] = False,
    timeout: Annotated[
        str | None,
        Parameter(help="How long to watch: 300, 90s, 10m, 2h or 1d; 10 minutes unless given."),
    ] = None,
    account: Account = CONFIGURED,
    output: Output = PLAIN,
) -> int:
    """Tell what became of messages."""
    if not ids:
        raise UsageError("IDS is missing; see omni status --help", field="IDS")
    if watch:
        from omni_common.cli.watch import watched

        return output.show(watched(ids, duration(timeout or "10m", "--timeout"), account, output))
    if timeout is not None:
        raise UsageError("--timeout goes with --watch", field="--timeout")
    from omni_common.cli.status import states_of

    return output.show(states_of(ids, account, output))


@_app.command(sort_key=5)
def cancel(
    id: Annotated[str, Parameter(help="The id that send printed.")],
    /,
    *,
    account: Account = CONFIGURED,
    output: Output = PLAIN,
) -> int:
    """Take a scheduled message back."""
    from omni_common.cli.cancel import cancel_one

    return output.show(cancel_one(id, account, output))


_app.command(outbox)


@_app.command(sort_key=6)
def providers(*, json: _Json = False) -> int:
    """Show what each installed provider can do; needs no account."""
    from omni_common.cli.providers import show_providers

    return show_providers(json=json)


@_app.command(sort_key=7)
def segments(text: _Text, /, *, json: _Json = False) -> int:
    """Count the SMS segments of a text, and name the characters that make it dear."""
    from omni_common.cli.segments import counted

    return Output(json=json).show(counted(read_text(text, None) or ""))


@_app.command(sort_key=8)
def sandbox(
    *,
    messente_port: _Port = 0,
    devino_port: _Port = 0,
    speed: _Speed = 1,
    callbacks: CallbackUrls = NOWHERE,
    json: _Json = False,
) -> int:
    """Run the emulators of both vendors until Ctrl-C; print their connection URLs."""
    from omni_common.cli.sandbox import Wanted, run_sandbox

    ports = {"messente": messente_port, "devino": devino_port}
    run_sandbox(Wanted(ports=ports, callbacks=callbacks, speed=speed), json=json)
    return int(ExitCode.DONE)


def _commands(chain: Sequence[str]) -> list[str]:
    """The names of the commands below the one that *chain* leads to."""
    app = _app
    for name in chain:
        app = app[name]
    return [name for name in app if not name.startswith("-")]


def _failed(error: UsageError | OmniError, tokens: Sequence[str]) -> int:
    """Answer for a command that did not get as far as to answer for itself."""
    code = ExitCode.USAGE if isinstance(error, UsageError) else exit_code_of(error)
    document = documents.nothing_done(tokens, error)
    result = Result(code=code, document=document, complaint=error.text)
    return Output(json="--json" in tokens).show(result)
