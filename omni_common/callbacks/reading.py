"""From a post to its events: first who posted it, then what it says. No I/O, no framework."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import evolve, field, frozen

from omni_common.callbacks.area import CallbackArea, Sign, callback_area
from omni_common.callbacks.events import Event, IncomingMessage, SubscriptionChanged
from omni_common.errors import (
    CallbackError,
    CallbackRefusedError,
    ConfigurationError,
    hides_arguments,
)
from omni_common.report import DeliveryReport
from omni_common.rules import tuple_of
from omni_common.secret import Secret

__all__ = [
    "CallbackHeaders",
    "CallbackSecrets",
    "SignedPost",
    "check_genuine",
    "read_callback",
    "read_events",
    "secrets_of",
    "sign",
]

CallbackSecrets: TypeAlias = Secret | str | Iterable[Secret | str]
"""What proves that a post is genuine; several while one replaces another."""
CallbackHeaders: TypeAlias = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a request: a mapping, or pairs, of which a name may come twice."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}", re.ASCII)
"""Nothing that a URL, a proxy or a log would write in two ways; long enough not to be guessed."""


@frozen
class SignedPost:
    """What a genuine post of some body has beside it; for tests of receivers.

    ``path`` is where it goes, below the receiver's own path; ``headers`` hold the signature.
    """

    path: str = field(repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)


@hides_arguments
def read_callback(
    area: str,
    headers: CallbackHeaders,
    body: bytes,
    *,
    secrets: CallbackSecrets,
    token: str | None = None,
) -> list[Event]:
    """Check that a post is genuine, then read it.

    ::

        events = read_callback("messente.delivery", request.headers, body, secrets=api_password)
        events = read_callback("devino.sms", {}, body, secrets=[new, old], token=last_part_of_path)

    Messente signs the raw bytes of *body*; a signature holds no time, so that whoever saw a genuine
    post can post the same bytes again (contract sheet, B7). Devino signs nothing (T68): what is
    secret there is the *token* at the end of the URL that Devino was given.

    Args:
        area: What was posted, such as ``messente.delivery``; see ``callback_area_names``.
        headers: The headers of the request; only that of a signature is looked at.
        body: The raw bytes that were posted.
        secrets: The secret, or several of which any is good: the API password for Messente's
            delivery reports, the *Shared Secret* of its inbound numbers for messages from people
            (T69), tokens of at least 16 letters, digits, ``-`` and ``_`` for Devino.
        token: What the path of the request ended with, where the vendor does not sign.

    Returns:
        A ``DeliveryReport``, ``IncomingMessage`` or ``SubscriptionChanged`` for everything that the
        post tells. A status that nobody documents is UNKNOWN, with the vendor's word beside it.

    Raises:
        CallbackRefusedError: It is not genuine, or cannot be read.
        ConfigurationError: There is no such *area*, or no usable secret is given.
    """
    kind = callback_area(area)
    check_genuine(kind, headers, body, secrets_of(kind, secrets), token=token)
    return read_events(kind, body)


@hides_arguments
def sign(area: str, body: bytes, secret: Secret | str) -> SignedPost:
    """Make the post of *body* that a receiver with *secret* takes for genuine; for your own tests.

    Raises:
        ConfigurationError: There is no such *area*, or *secret* cannot be its secret.
    """
    kind = callback_area(area)
    (key,) = secrets_of(kind, secret)
    if kind.sign is None or kind.signature_header is None:
        return SignedPost(f"{kind.path}/{key.reveal()}")
    return SignedPost(kind.path, {kind.signature_header: kind.sign(body, key.reveal())})


def secrets_of(area: CallbackArea, secrets: CallbackSecrets) -> tuple[Secret, ...]:
    """*secrets* as a tuple, each fit for *area*.

    Raises:
        ConfigurationError: There is none, one is empty or has white space around it, or a token is
            too short or could be written in two ways in a URL.
    """
    given = (secrets,) if isinstance(secrets, Secret | str) else tuple_of(secrets)
    if not given or not all(isinstance(each, Secret | str) for each in given):
        raise _unusable(area, f"the callbacks {area.name} need a secret: without one anybody could")
    found = tuple(Secret(each) for each in given)
    if not all(each.reveal().strip() for each in found):
        raise _unusable(area, f"an empty secret for the callbacks {area.name} is none: anybody can")
    if any(each.reveal() != each.reveal().strip() for each in found):
        text = (
            f"a secret for the callbacks {area.name} begins or ends with white space, such as the"
            " line break at the end of a file: strip it"
        )
        raise ConfigurationError(text, provider=area.provider, field="secrets")
    if not area.is_signed and not all(_TOKEN.fullmatch(each.reveal()) for each in found):
        msg = (
            f"a token for the callbacks {area.name} must be 16 or more letters, digits, - and _;"
            " secrets.token_urlsafe() makes one"
        )
        raise ConfigurationError(msg, provider=area.provider, field="secrets")
    return found


def check_genuine(
    area: CallbackArea,
    headers: CallbackHeaders,
    body: bytes,
    secrets: Iterable[Secret],
    *,
    token: str | None = None,
) -> None:
    """Return only if one of *secrets* proves the post; all are compared, each in constant time.

    Raises:
        CallbackRefusedError: None does, it holds two signatures, or none can be made to compare.
    """
    if area.sign is None or area.signature_header is None:
        matches = [_same(token or "", each.reveal()) for each in secrets]
    else:
        given = _only(headers, area.signature_header, area).lower()
        matches = [_same(given, _signature(area, area.sign, body, each)) for each in secrets]
    if not any(matches):
        proof = "signature" if area.is_signed else "token"
        raise _refused(area, f"the {proof} of the callback is missing or wrong")


def read_events(area: CallbackArea, body: bytes) -> list[Event]:
    """The events in a genuine *body*, each with the area's name.

    Raises:
        CallbackRefusedError: It cannot be read.
    """
    try:
        return [_told_by(area, event) for event in area.read(body)]
    except CallbackError as error:
        problem = error.text
    except RecursionError:  # deep enough to be read as JSON, and too deep for what comes after
        problem = "the callback is nested too deeply"
    raise _refused(area, problem, raw=body)


def _told_by(area: CallbackArea, event: Event) -> Event:
    """*event* with the name of its area; what is none, an area's own bug, stays what it is."""
    is_event = isinstance(event, DeliveryReport | IncomingMessage | SubscriptionChanged)
    return evolve(event, area=area.name) if is_event else event


def _only(headers: CallbackHeaders, wanted: str, area: CallbackArea) -> str:
    """The one value of a header; what comes twice is nobody's word."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = [_text(value) for name, value in pairs if _text(name).lower() == wanted.lower()]
    if len(found) > 1:
        raise _refused(area, "the callback has two signatures")
    return found[0].strip() if found else ""


def _signature(area: CallbackArea, sign: Sign, body: bytes, secret: Secret) -> str:
    """What the vendor would have signed with; a *sign* that raises, or makes none, proves nothing.

    It may be another author's, and what it raises may hold the secret: only its class is told.
    """
    made: object = None
    try:
        made = sign(body, secret.reveal())
        problem = "makes no text"
    except Exception as error:  # noqa: BLE001 - told of in the refusal
        problem = f"raised {type(error).__name__}"
    if isinstance(made, str) and made.strip():
        return made.lower()
    raise _refused(area, f"the signature of the callback cannot be checked: sign {problem}")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _same(given: str, expected: str) -> bool:
    """Compared as bytes: texts could be compared in constant time only if they are ASCII."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def _refused(area: CallbackArea, text: str, *, raw: bytes | None = None) -> CallbackRefusedError:
    return CallbackRefusedError(f"{area.name}: {text}", provider=area.provider, raw=raw)


def _unusable(area: CallbackArea, text: str) -> ConfigurationError:
    return ConfigurationError(f"{text} post them", provider=area.provider, field="secrets")
