"""The messages of a soak, no two of which say the same, and the ids of those that were accepted."""

from __future__ import annotations

import random
from collections import deque
from datetime import UTC, datetime, timedelta

from omni_common import Content, Email, Message, Sms, Viber
from tests.reliability.soak.tally import Tally

__all__ = ["Correspondence"]

_REMEMBERED = 20
_TTL = timedelta(minutes=5)


class Correspondence:
    """With one vendor; for one thread."""

    def __init__(self, vendor: str, tally: Tally, dice: random.Random) -> None:
        self.vendor = vendor
        self.accepted: deque[str] = deque(maxlen=_REMEMBERED)
        """The ids of the latest messages that were accepted, for questions about them."""
        self._tally = tally
        self._dice = dice

    def message(self) -> Message:
        """A message of any kind that the vendor sends, or now and then refuses."""
        number = self._tally.number()
        text = f"Your order {number} is ready"
        content: Content | list[Content] = Sms(text)
        to = self._phone()
        match self._dice.choices(["sms", "cascade", "e-mail", "refused"], [80, 5, 10, 5])[0]:
            case "cascade":
                content = [Viber(text, ttl=_TTL), Sms(f"{text}!")]
            case "e-mail" if self.vendor == "devino":
                to = f"person{number}x@shop.example"
                content = Email(f"{text} [Unsubscribe]", subject="Your order")
            case "refused":
                to = f"{to[:-4]}0001"
        return Message(to, content)

    def cascade(self) -> Message:
        """A message over two channels."""
        text = f"Your order {self._tally.number()} is ready"
        return Message(self._phone(), [Viber(text, ttl=_TTL), Sms(f"{text}!")])

    def scheduled(self) -> Message:
        """An SMS that is due in a day."""
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        text = f"Your order {self._tally.number()} is ready"
        return Message(self._phone(), Sms(text), send_at=due)

    def sms(self) -> Message:
        """An SMS that is sent at once."""
        return Message(self._phone(), Sms(f"Your order {self._tally.number()} is ready"))

    def some_ids(self, count: int) -> list[str]:
        """The ids of up to *count* accepted messages."""
        return [*self.accepted][-count:]

    def an_id(self) -> str:
        """The id of an accepted message, or one that the vendor does not know."""
        unknown = {"messente": "messente:0", "devino": "devino:sms:1"}[self.vendor]
        return self._dice.choice(self.accepted) if self.accepted else unknown

    def _phone(self) -> str:
        prefix = {"messente": "+37251", "devino": "+79031"}[self.vendor]
        return f"{prefix}{self._dice.randrange(100):02}{self._dice.randrange(1000, 10_000)}"
