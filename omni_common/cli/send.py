"""``omni send``: one message, one outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define

from omni_common.cli import documents
from omni_common.cli.account import Account
from omni_common.cli.exits import ExitCode, exit_code_of
from omni_common.cli.interruption import CtrlC, outcome_records
from omni_common.cli.message import MessageOptions, read_text
from omni_common.cli.output import Output, Result
from omni_common.cli.usage import UsageError
from omni_common.errors import (
    Attempt,
    ConfigurationError,
    NotSentError,
    NotSupportedError,
    OmniError,
    Outcome,
    OutcomeUnknownError,
)
from omni_common.exchange import OnUnknown
from omni_common.message import Message
from omni_common.provider import OmniProvider
from omni_common.receipt import Receipt
from omni_common.redaction import shown_key

__all__ = ["send_one"]


_CERTAIN = (
    NotSentError,
    OutcomeUnknownError,
    # Those without an outcome of their own show before anything is sent.
    ConfigurationError,
    NotSupportedError,
    UsageError,
)


@define
class _Progress:
    """How far a send got, for whoever has to say it after an interruption."""

    to: str
    reference: str | None
    begun: bool = False
    receipt: Receipt | None = None


def send_one(
    to: str,
    options: MessageOptions,
    on_unknown: OnUnknown,
    account: Account,
    output: Output,
    *,
    ctrl_c: CtrlC,
) -> Result:
    """Send one message; whatever happens, the result has one of the three outcomes."""
    progress = _Progress(to, options.reference)
    with outcome_records() as records:
        try:
            # Outside the loop, where Ctrl-C ends even the reading of standard input.
            message = options.message(to, read_text(options.text, options.text_file))
            progress.reference = message.reference
            ctrl_c.hold()
            asyncio.run(_send(progress, message, on_unknown, account.connect(), ctrl_c))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return _interrupted(progress, records, output)
        except Exception as error:  # noqa: BLE001 - sorted out by _named
            if progress.receipt is None:  # else it was sent, whatever went wrong after that
                return _failed(progress, _named(error, progress), output)
    return _ended(progress, Outcome.ACCEPTED, ExitCode.DONE, output)


async def _send(
    progress: _Progress,
    message: Message,
    on_unknown: OnUnknown,
    provider: OmniProvider,
    ctrl_c: CtrlC,
) -> None:
    ctrl_c.cancels(asyncio.current_task())
    async with provider as omni:
        progress.begun = True
        progress.receipt = await omni.send(message, on_unknown=on_unknown)


def _named(error: Exception, progress: _Progress) -> OmniError | UsageError:
    """*error* as one that has an outcome; one that a provider may not raise leaves it open."""
    if isinstance(error, _CERTAIN):
        return error
    if not progress.begun:
        raise error
    kind = type(error).__name__
    text = f"the provider failed ({kind}); the message may have been sent"
    return OutcomeUnknownError(text, reference=progress.reference)


def _failed(progress: _Progress, error: OmniError | UsageError, output: Output) -> Result:
    code, outcome, made = ExitCode.USAGE, Outcome.NOT_SENT, tuple[Attempt, ...]()
    if isinstance(error, OmniError):
        code, made = exit_code_of(error), error.attempts
        outcome = error.outcome or outcome
    advice = ". The same command may be repeated safely" if code is ExitCode.AGAIN else ""
    return _ended(
        progress,
        outcome,
        code,
        output,
        error=documents.error(error),
        attempts=made,
        complaint=f"{error.text}{advice}",
    )


def _interrupted(progress: _Progress, records: Mapping[str, Outcome], output: Output) -> Result:
    """Say what Ctrl-C left: the provider's record decides, and without one only what is certain."""
    if progress.receipt is not None:
        outcome, text = Outcome.ACCEPTED, f"the message was sent: {progress.receipt.id}"
    elif not progress.begun:
        outcome, text = Outcome.NOT_SENT, "nothing was sent"
    else:
        outcome = records.get(progress.reference or "", Outcome.UNKNOWN)
        text = (
            "nothing was sent"
            if outcome is Outcome.NOT_SENT
            else f"the message {progress.reference} may have been sent; look for it at the vendor"
        )
    text = f"interrupted; {text}"
    return _ended(
        progress,
        outcome,
        ExitCode.INTERRUPTED,
        output,
        error=documents.error(UsageError(text)) | {"class": "Interrupted"},
        complaint=text,
    )


def _ended(
    progress: _Progress,
    outcome: Outcome,
    code: ExitCode,
    output: Output,
    *,
    error: Mapping[str, Any] | None = None,
    attempts: Sequence[Attempt] = (),
    complaint: str = "",
) -> Result:
    receipt = progress.receipt
    made = attempts if receipt is None else receipt.attempts
    document = {
        "outcome": outcome.value,
        "id": receipt and receipt.id,
        "provider": receipt and receipt.provider,
        "reference": progress.reference,
        "to": output.recipient(progress.to),
        "parts": documents.parts(() if receipt is None else receipt.parts, output),
        "attempts": documents.attempts(made),
        "error": error,
    }
    lines = (
        (outcome.value.replace("_", " "),) if receipt is None else _receipt_lines(receipt, output)
    )
    return Result(code=code, document=document, lines=lines, complaint=complaint)


def _receipt_lines(receipt: Receipt, output: Output) -> tuple[str, ...]:
    to = output.recipient(receipt.to)
    channels = ", then ".join(shown_key(part.channel) for part in receipt.parts)
    requests = len(receipt.attempts)
    count = f"{requests} request{'s' * (requests != 1)}"
    return (
        f"accepted {receipt.id}",
        f"  to {to} by {channels}, reference {receipt.reference}, {count}",
    )
