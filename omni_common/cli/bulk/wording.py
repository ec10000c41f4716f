"""What a campaign says to each row's recipient."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from omni_common.cli.bulk.columns import Header
from omni_common.cli.bulk.recipient import RowRefusedError
from omni_common.cli.bulk.template import Template
from omni_common.cli.message import ContentOptions
from omni_common.cli.usage import UsageError
from omni_common.errors import InvalidMessageError
from omni_common.message import Message

__all__ = ["Wording"]

_NEVER = {
    "sender": "--sender",
    "callback_url": "--callback-url",
    "image_url": "--image-url",
    "button_url": "--button-url",
}


@frozen
class Wording:
    """Makes each row's message."""

    options: ContentOptions
    text: Template | None
    subject: Template | None
    button_text: Template | None

    @classmethod
    def of(cls, options: ContentOptions, text: str | None, header: Header) -> Wording:
        """Read the templates.

        Raises:
            UsageError: One cannot be read, names a column that there is not, or stands where there
                can be none.
        """
        for name, option in _NEVER.items():
            if any(brace in (getattr(options, name) or "") for brace in "{}"):
                raise UsageError(
                    f"{option} is the same for all rows and cannot hold braces; columns may stand"
                    " in --text, --subject and --button-text",
                    field=option,
                )

        def template(value: str | None, option: str) -> Template | None:
            return None if value is None else Template.of(value, header, option)

        return cls(
            options,
            template(text, "--text"),
            template(options.subject, "--subject"),
            template(options.button_text, "--button-text"),
        )

    @property
    def has_sms(self) -> bool:
        """Whether SMS is among the channels."""
        return "sms" in (self.options.channel, *self.options.then)

    def message(self, address: str, cells: Sequence[str], reference: str) -> Message:
        """The message of a row.

        Raises:
            RowRefusedError: The row lacks something, or what it has makes no message.
        """
        options = self.options
        if self.subject is not None or self.button_text is not None:
            options = evolve(
                options,
                subject=_filled(self.subject, cells),
                button_text=_filled(self.button_text, cells),
            )
        text = _filled(self.text, cells)
        try:
            return options.message(address, text, reference=reference)
        except InvalidMessageError as error:
            reason = error.text
        raise RowRefusedError(reason)  # out here, where no exception that knows more is at hand

    def check(self, *, emails: bool) -> None:
        """See that there is a message to be made at all, whatever the rows hold.

        Raises:
            UsageError: An option cannot be read, or one is missing.
            InvalidMessageError: No row's message could be right for any vendor.
        """
        to = "ann@example.com" if emails else "+37251000000"
        self.options.message(to, None if self.text is None else "x")


def _filled(template: Template | None, cells: Sequence[str]) -> str | None:
    return None if template is None else template.filled(cells)
