"""The commands of ``omni outbox`` and their arguments; each is carried out in its own module."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import App, Parameter

from omni_common.cli.account import CONFIGURED, Account
from omni_common.cli.message import duration
from omni_common.cli.output import PLAIN, Output

__all__ = ["outbox"]

_StateName: TypeAlias = Literal[
    "queued", "claimed", "accepted", "refused", "unknown", "cancelled", "expired"
]
_PurgedName: TypeAlias = Literal["accepted", "refused", "cancelled", "expired"]
_Journal = Annotated[Path, Parameter(help="The path of the outbox's journal.")]
_Json = Annotated[
    bool, Parameter(name="--json", help="Print one JSON document.", show_default=False)
]
_Prefix = Annotated[
    str, Parameter(help="Only those whose reference begins so.", show_default=False)
]
_References = Annotated[
    str, Parameter(help="References of messages, or ids that begin with outbox:.")
]
outbox = App(
    name="outbox",
    help="Send what an outbox holds, look into its journal, and decide what nobody else can."
    " Only `run` and `reconcile` need an account.",
    sort_key=5,
)


@outbox.command(sort_key=1)
def run(
    journal: Annotated[
        Path | None,
        Parameter(help="The path of the journal; not needed where the account is an outbox."),
    ] = None,
    /,
    *,
    until_empty: Annotated[
        bool, Parameter(help="End when nothing is queued any more.", show_default=False)
    ] = False,
    rate: Annotated[
        float | None,
        Parameter(help="Messages a second at most; as fast as the vendor goes unless given."),
    ] = None,
    account: Account = CONFIGURED,
    json: _Json = False,
) -> int:
    """Send what falls due, until Ctrl-C or SIGTERM.

    What is being sent then is waited for, and the rest stays queued. The exit code is 0 for
    SIGTERM and 130 for Ctrl-C; with --until-empty 0 when nothing is queued any more, and 75 when
    something still is: the outbox was paused, or ended by SIGTERM.
    """
    from omni_common.cli.outbox.run import Wanted, run_outbox

    wanted = Wanted(journal=journal, until_empty=until_empty, rate=rate)
    return Output(json=json).show(run_outbox(wanted, account, json=json))


@outbox.command(sort_key=2)
def status(journal: _Journal, /, *, prefix: _Prefix = "", json: _Json = False) -> int:
    """Count the messages in each state; 0 whenever the journal could be read."""
    from omni_common.cli.outbox.status import status_of

    return Output(json=json).show(status_of(journal, prefix))


@outbox.command(name="list", sort_key=3)
def list_(
    journal: _Journal,
    /,
    *,
    state: Annotated[
        tuple[_StateName, ...],
        Parameter(
            help="Only those in this state; may be repeated.",
            consume_multiple=False,
            show_default=False,
        ),
    ] = (),
    prefix: _Prefix = "",
    limit: Annotated[int | None, Parameter(help="So many at most; all unless given.")] = None,
    output: Output = PLAIN,
) -> int:
    """List messages, without their texts, in the order they came."""
    from omni_common.cli.outbox.list import list_messages

    return list_messages(journal, state, prefix, limit, output)


@outbox.command(sort_key=4)
def cancel(
    journal: _Journal,
    /,
    *references: _References,
    all_queued: Annotated[
        bool, Parameter(help="Take back all that are queued.", show_default=False)
    ] = False,
    output: Output = PLAIN,
) -> int:
    """Take queued messages back; 0 if all of them were, else 2."""
    from omni_common.cli.outbox.cancel import cancel_messages

    return output.show(cancel_messages(journal, references, output, all_queued=all_queued))


@outbox.command(sort_key=5)
def resend(
    journal: _Journal,
    /,
    *references: _References,
    all_unknown: Annotated[
        bool, Parameter(help="Queue all that are unknown; needs --yes.", show_default=False)
    ] = False,
    yes: Annotated[
        bool,
        Parameter(help="Accept that messages may arrive twice.", show_default=False),
    ] = False,
    output: Output = PLAIN,
) -> int:
    """Queue unknown messages again, which may deliver them twice; 0 if all were unknown, else 2."""
    from omni_common.cli.outbox.resend import resend_messages

    return output.show(
        resend_messages(journal, references, output, all_unknown=all_unknown, yes=yes)
    )


@outbox.command(sort_key=6)
def reconcile(journal: _Journal, /, *, account: Account = CONFIGURED, json: _Json = False) -> int:
    """Accept unknown messages that the vendor lists as sent; needs an account, and sends nothing.

    Only where no doubt is left: exactly one listed message that no other one here has, to the same
    recipient, from the same sender, with the same text, within a day. The exit code is 0 when the
    vendor could be asked, whatever was found.
    """
    from omni_common.cli.outbox.reconcile import reconciled

    return Output(json=json).show(reconciled(journal, account))


@outbox.command(sort_key=7)
def purge(
    journal: _Journal,
    /,
    *,
    older_than: Annotated[
        str, Parameter(help="For how long nothing has become of them: 12h or 30d.")
    ],
    state: Annotated[
        tuple[_PurgedName, ...],
        Parameter(
            help="Only those in this state; may be repeated.",
            consume_multiple=False,
            show_default=False,
        ),
    ] = (),
    unknown: Annotated[
        bool, Parameter(help="Also those that are unknown.", show_default=False)
    ] = False,
    json: _Json = False,
) -> int:
    """Delete settled messages with their texts and numbers, and make the file smaller.

    A reference that was deleted is new again: handed over once more, the message goes out once
    more.
    """
    from omni_common.cli.outbox.purge import purge_messages

    age = duration(older_than, "--older-than")
    return Output(json=json).show(purge_messages(journal, age, state, unknown=unknown))
