"""The receiving end of callbacks: which post is taken, who hears of it, what is answered.

There is no framework in here: a shim, or code of one's own, says what was requested and carries the
answer back. See ``aiohttp_application``, ``asgi_application`` and ``wsgi_application``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus

from attrs import evolve, field, frozen

from omni_common.callbacks.answers import CallbackAnswer
from omni_common.callbacks.area import CallbackArea
from omni_common.callbacks.entrances import Entrance, Entrances
from omni_common.callbacks.events import Event
from omni_common.callbacks.handler import EventHandler, Handler
from omni_common.callbacks.incidents import log_failed, log_refused
from omni_common.callbacks.masking import ACCESS_LOGGERS, TokenMask, mask_loggers
from omni_common.callbacks.reading import (
    CallbackHeaders,
    CallbackSecrets,
    check_genuine,
    read_events,
)
from omni_common.callbacks.references import asked_with, named_by
from omni_common.callbacks.repeats import Repeats, repeat_key
from omni_common.callbacks.words import UnknownStates
from omni_common.capabilities import Capabilities
from omni_common.errors import (
    CallbackRefusedError,
    ConfigurationError,
    InvalidMessageError,
    UnsupportedMessageError,
    hides_arguments,
)
from omni_common.message import Message
from omni_common.settings import TransportSettings

__all__ = ["CallbackReceiver"]

_TAKEN = CallbackAnswer(HTTPStatus.OK)
_UNREADABLE = CallbackAnswer(HTTPStatus.BAD_REQUEST)
_NOT_GENUINE = CallbackAnswer(HTTPStatus.FORBIDDEN)
_NOT_FOUND = CallbackAnswer(HTTPStatus.NOT_FOUND)
_NOT_POSTED = CallbackAnswer(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
_TOO_LARGE = CallbackAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_FAILED = CallbackAnswer(HTTPStatus.INTERNAL_SERVER_ERROR)


@frozen
class _Told:
    """An event, and what it has in common with those that repeat it."""

    event: Event = field(repr=False)
    key: bytes | None


@frozen
class _Posted:
    """What a genuine post tells, in its order."""

    area: CallbackArea
    all_told: list[_Told]


class CallbackReceiver:
    """Takes what vendors post, hands the events to a function of yours, and answers.

    ::

        receiver = CallbackReceiver(
            keep,
            secrets={"messente.delivery": api_password, "devino.omni": [new_token, old_token]},
            base_url="https://shop.example/callbacks",
        )
        application.mount("/callbacks", asgi_application(receiver))
        await omni.send(receiver.addressed(message, omni.capabilities))

    Each area has one path: ``/messente/delivery``, ``/devino/omni/TOKEN``. Only that very path is
    its, without a slash behind it. A post is answered, always without a body, with

    - 200 when the handler returned for every event of it;
    - 404 for any other path, an area without secrets, and a token that is missing or wrong, which
      is thus no other thing than a path that does not exist;
    - 405 for another method than POST;
    - 413 for a body of more than ``size_limit`` bytes, as soon as that is known;
    - 403 when the signature is missing or wrong;
    - 400 when it is genuine and cannot be read;
    - 500 when the handler raises, or the reader of an area that somebody else wrote.

    The shims for aiohttp and ASGI answer 408 to a body that takes longer than 10 seconds to come.

    **Delivery to the handler is at least once.** An event counts as accepted when the handler has
    returned. If it raises, it gets the other events of the body all the same, then the vendor is
    answered 500, and when it posts the same again the handler gets what it did not accept, which is
    thus out of its order. Only Devino's OMNI is documented to post again (A14): of all others a
    report may be lost with the exception, so write an event into a journal of yours first, and do
    the rest from there. Repeats that say nothing new (T60) are held back while the receiver
    remembers them: the last ``remembered`` events, in this process alone. A repeat that comes while
    the first is still being handled is handed out too. Posts are handled as they come, several at a
    time; the events of one body in its order.

    **Nobody can tell a genuine post from a copy of it.** Signatures and tokens hold no time (B7),
    so that whoever saw a post can post it again, after a restart or when it is forgotten here.
    Take news of money and consent for a hint, and ask the vendor (T68).

    A function that is not async is called where the server runs it: on the event loop under aiohttp
    and ASGI, where it must not block, in the request's thread under WSGI, where several may call
    it at a time. If the task of a request is cancelled while an async handler runs, the event is
    not accepted, and no answer is given. A handler that lets an ``asyncio.CancelledError`` out
    although nobody cancels that task has raised like any other.

    What a handler raises is logged by its class and where it was raised, not by its text nor with
    its traceback, which may hold whatever was posted: to log more, catch it in the handler, which
    knows what may be shown. A post that is refused is logged by its area and why.

    With areas whose vendor does not sign, access logs are masked: see ``TokenMask``, which also
    says what cannot be masked from here.

    Attributes:
        size_limit: The bytes of the largest body that is taken.
        token_mask: Masks the tokens of this receiver's areas in log records, for handlers of your
            own: ``handler.addFilter(receiver.token_mask)``.
    """

    @hides_arguments
    def __init__(
        self,
        handler: EventHandler,
        *,
        secrets: Mapping[str, CallbackSecrets],
        base_url: str | None = None,
        size_limit: int = 2**20,
        remembered: int = 100_000,
        insecure: bool = False,
        access_loggers: Iterable[str] = (),
    ) -> None:
        """Make a receiver; every area is loaded, every secret checked, before anything is taken.

        Args:
            handler: Called with each event; async or not.
            secrets: For each area that is taken, by its name, its secret or several of which any
                is good; the first makes its URL. See ``read_callback`` for which secret it is.
            base_url: Where the receiver is mounted, as vendors reach it; only ``url`` and
                ``addressed`` need it.
            size_limit: Bytes of a body that are read at most; 1 MiB unless told otherwise.
            remembered: How many accepted events are remembered; 0 for none.
            insecure: Allow a *base_url* of plain HTTP on other machines than this one, where
                tokens and people's data can be read on the way.
            access_loggers: Names of further loggers on which tokens are masked.

        Raises:
            ConfigurationError: No area is given, there is no such area, a secret is missing,
                empty or too weak, *base_url* is no usable address, a number is out of its range,
                or *handler* is no function, or one that yields.
        """
        if isinstance(access_loggers, str):
            raise _wrong("access_loggers", "a list of names")
        _check_count("size_limit", size_limit, least=1)
        _check_count("remembered", remembered, least=0)
        self.size_limit = size_limit
        self._handler = Handler(handler)
        self._entrances = Entrances(secrets)
        self._base_url = _address(base_url, insecure=insecure)
        self._repeats = Repeats(remembered)
        self._unknown = UnknownStates()
        self.token_mask = TokenMask(self._entrances.unsigned)
        if self._entrances.unsigned:
            mask_loggers(self.token_mask, (*ACCESS_LOGGERS, *access_loggers))

    @property
    def has_async_handler(self) -> bool:
        """Whether the handler is an async function, as far as that can be told without a call."""
        return self._handler.is_async

    @property
    def unknown_states(self) -> Counter[tuple[str, str]]:
        """How many reports with an undocumented status were accepted, by area and vendor's word.

        A word that may hold personal data is shown by its length. Beyond 100 different words, all
        further ones of an area are counted as ``<others>``.
        """
        return self._unknown.counts

    def url(self, area: str) -> str:
        """The URL to give to the vendor; where it does not sign, its end is the first token.

        Keep that one secret: whoever knows it can post.

        Raises:
            ConfigurationError: The receiver has no ``base_url``, or no secrets for *area*.
        """
        if self._base_url is None:
            raise ConfigurationError(
                "base_url: needed to tell where callbacks are received", field="base_url"
            )
        return f"{self._base_url}{self._entrances.named(area).path}"

    def addressed(
        self, message: Message, capabilities: Capabilities, *, reference: bool = False
    ) -> Message:
        """The same message, with the URL where this receiver takes the posts about it.

        Args:
            message: What is about to be sent.
            capabilities: Those of the provider that is to send it.
            reference: Whether the URL holds the message's reference, so that reports have it. Then
                they can be put to a message whose id never came, as that of one whose send is
                unknown. It is no proof: signatures do not cover the URL.

        Raises:
            UnsupportedMessageError: The provider takes no ``callback_url`` for such a message.
            InvalidMessageError: The message has another ``callback_url`` already.
            ConfigurationError: See ``url``.
        """
        area = capabilities.callback_area(message.channels)
        possible = capabilities.together(message.channels)
        unable = [
            channel
            for channel in message.channels
            if channel not in possible or not possible[channel].callback
        ]
        if unable or area is None:
            raise _no_callback_url(message, capabilities.provider, area)
        url = self.url(area)
        if reference:
            url = asked_with(url, message.reference)
        if message.callback_url not in {None, url}:
            raise InvalidMessageError(
                "callback_url is set already; leave it out to have the receiver set it",
                field="callback_url",
                reference=message.reference,
                provider=capabilities.provider,
            )
        return evolve(message, callback_url=url)

    def refusal(self, method: str, path: str, length: int = 0) -> CallbackAnswer | None:
        """What to answer to a request before its body is read; None if it is worth reading.

        Args:
            method: The HTTP method, in capital letters.
            path: The path below where the receiver is mounted, decoded: ``/messente/delivery``.
            length: The bytes of the body, as far as they are known.
        """
        admitted = self._admit(method, path, length)
        return admitted if isinstance(admitted, CallbackAnswer) else None

    async def receive(
        self, method: str, path: str, headers: CallbackHeaders, body: bytes, query: str = ""
    ) -> CallbackAnswer:
        """Check and read a request, hand its events to the handler, and say what to answer.

        Args:
            method: See ``refusal``.
            path: See ``refusal``.
            headers: The headers, as ``read_callback`` takes them.
            body: The raw bytes of the body. Of one that is too large, a byte more than
                ``size_limit`` is enough.
            query: The query of the URL, as it came. Its ``reference`` is that of reports which
                have none of their own.
        """
        posted = self._read(method, path, headers, body, query)
        if isinstance(posted, CallbackAnswer):
            return posted
        answer = _TAKEN
        for told in self._unheard(posted):
            if await self._handler.accepts(told.event, posted.area):
                self._remember(told, posted.area)
            else:
                answer = _FAILED
        return answer

    def receive_blocking(
        self, method: str, path: str, headers: CallbackHeaders, body: bytes, query: str = ""
    ) -> CallbackAnswer:
        """Do what ``receive`` does without an event loop; the handler must not be async."""
        posted = self._read(method, path, headers, body, query)
        if isinstance(posted, CallbackAnswer):
            return posted
        answer = _TAKEN
        for told in self._unheard(posted):
            if self._handler.accepts_blocking(told.event, posted.area):
                self._remember(told, posted.area)
            else:
                answer = _FAILED
        return answer

    def _admit(self, method: str, path: str, length: int) -> Entrance | CallbackAnswer:
        try:
            entrance = self._entrances.at(path)
        except CallbackRefusedError as error:
            log_refused(error)
            return _NOT_FOUND
        if entrance is None:
            return _NOT_FOUND
        if method != "POST":
            return _NOT_POSTED
        if length > self.size_limit:
            log_refused(_too_large(entrance.area, self.size_limit))
            return _TOO_LARGE
        return entrance

    def _read(
        self, method: str, path: str, headers: CallbackHeaders, body: bytes, query: str
    ) -> _Posted | CallbackAnswer:
        entrance = self._admit(method, path, len(body))
        if isinstance(entrance, CallbackAnswer):
            return entrance
        area = entrance.area
        try:
            if area.is_signed:
                check_genuine(area, headers, body, entrance.secrets)
        except CallbackRefusedError as error:
            log_refused(error)
            return _NOT_GENUINE
        try:
            events = named_by(query, read_events(area, body))
            return _Posted(area, [_Told(each, repeat_key(area.name, each)) for each in events])
        except CallbackRefusedError as error:
            log_refused(error)
            return _UNREADABLE
        except Exception as error:  # noqa: BLE001 - the area may be another author's; it is logged
            log_failed("reader", area, error)
            return _FAILED

    def _unheard(self, posted: _Posted) -> Iterator[_Told]:
        """What is not remembered, looked up when its turn comes: a body may repeat itself."""
        return (told for told in posted.all_told if told.key not in self._repeats)

    def _remember(self, told: _Told, area: CallbackArea) -> None:
        self._repeats.remember(told.key)
        self._unknown.count(area.name, told.event)


def _address(base_url: str | None, *, insecure: bool) -> str | None:
    """*base_url*, if a token may travel there: the rule is the one for credentials."""
    if base_url is None:
        return None
    return TransportSettings(base_url=base_url, insecure=insecure).base_url


def _check_count(name: str, value: object, *, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _wrong(name, f"a whole number from {least}")


def _wrong(name: str, accepted: str) -> ConfigurationError:
    return ConfigurationError(f"{name} must be {accepted}", field=name)


def _no_callback_url(message: Message, provider: str, area: str | None) -> UnsupportedMessageError:
    text = f"{provider} takes no callback_url for a message over {', '.join(message.channels)}"
    if area is not None:
        text += f"; set the URL of {area} once for the whole account, with the vendor"
    return UnsupportedMessageError(
        text, field="callback_url", reference=message.reference, provider=provider
    )


def _too_large(area: CallbackArea, limit: int) -> CallbackRefusedError:
    text = f"{area.name}: the callback has more than {limit} bytes"
    return CallbackRefusedError(text, provider=area.provider)
