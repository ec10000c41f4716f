"""RCS as a part of an omnimessage: text, a file, or rich cards, with suggested answers.

Known from the OpenAPI document only; lengths are in characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import optional

from messente_async import _rules as rules
from omni_common.redaction import mask_number, mask_sender, mask_text, mask_url

__all__ = [
    "Rcs",
    "RcsCardContent",
    "RcsCardOrientation",
    "RcsCardWidth",
    "RcsCarouselCard",
    "RcsContentInfo",
    "RcsCreateCalendarEventAction",
    "RcsDialAction",
    "RcsImageAlignment",
    "RcsLatLng",
    "RcsMedia",
    "RcsMediaHeight",
    "RcsOpenUrlAction",
    "RcsOpenUrlApplication",
    "RcsRichCard",
    "RcsShareLocationAction",
    "RcsStandaloneCard",
    "RcsSuggestedAction",
    "RcsSuggestedReply",
    "RcsSuggestion",
    "RcsViewLocationAction",
    "RcsWebviewViewMode",
]

_LABEL = 25
_URL = 2048
_POSTBACK = 2048


class RcsCardOrientation(StrEnum):
    """Whether a card's picture lies above its text or beside it."""

    VERTICAL = "VERTICAL"
    HORIZONTAL = "HORIZONTAL"


class RcsImageAlignment(StrEnum):
    """On which side of a horizontal card its picture is."""

    LEFT = "LEFT"
    RIGHT = "RIGHT"


class RcsCardWidth(StrEnum):
    """How wide the cards of a carousel are."""

    SMALL = "SMALL"
    MEDIUM = "MEDIUM"


class RcsMediaHeight(StrEnum):
    """How high a card's picture is."""

    SHORT = "SHORT"
    MEDIUM = "MEDIUM"
    TALL = "TALL"


class RcsOpenUrlApplication(StrEnum):
    """Where an address opens."""

    BROWSER = "BROWSER"
    WEBVIEW = "WEBVIEW"


class RcsWebviewViewMode(StrEnum):
    """How much of the screen a webview takes."""

    FULL = "FULL"
    HALF = "HALF"
    TALL = "TALL"


def _as_orientation(value: RcsCardOrientation | str) -> RcsCardOrientation:
    return rules.member(RcsCardOrientation, value, "card_orientation")


def _as_alignment(value: RcsImageAlignment | str) -> RcsImageAlignment:
    return rules.member(RcsImageAlignment, value, "thumbnail_image_alignment")


def _as_width(value: RcsCardWidth | str) -> RcsCardWidth:
    return rules.member(RcsCardWidth, value, "card_width")


def _as_height(value: RcsMediaHeight | str) -> RcsMediaHeight:
    return rules.member(RcsMediaHeight, value, "height")


def _as_application(value: RcsOpenUrlApplication | str) -> RcsOpenUrlApplication:
    return rules.member(RcsOpenUrlApplication, value, "application")


def _as_view_mode(value: RcsWebviewViewMode | str | None) -> RcsWebviewViewMode | None:
    return None if value is None else rules.member(RcsWebviewViewMode, value, "webview_view_mode")


@frozen
class RcsDialAction:
    """Calls a number, ``+`` and 7 to 15 digits."""

    phone_number: str = field(repr=mask_number, validator=rules.phone())


@frozen
class RcsLatLng:
    """A place on the globe, in degrees."""

    latitude: float = field(repr=False, validator=rules.degrees(90))
    longitude: float = field(repr=False, validator=rules.degrees(180))


@frozen(kw_only=True)
class RcsViewLocationAction:
    """Shows a place on a map: a point with an optional label, or what a search for ``query`` finds.

    Raises:
        InvalidMessageError: Neither ``lat_long`` nor ``query`` is given, or a value is malformed.
    """

    lat_long: RcsLatLng | None = field(default=None, validator=optional(rules.a(RcsLatLng)))
    label: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))
    query: str | None = field(default=None, repr=mask_text, validator=optional(rules.text()))

    def __attrs_post_init__(self) -> None:
        if self.lat_long is None and self.query is None:
            raise rules.invalid(self, "lat_long", "or query must be given")


@frozen(kw_only=True)
class RcsCreateCalendarEventAction:
    """Puts an event into the recipient's calendar.

    Times are aware; they are written in UTC as ISO-8601 (their form is not documented).
    """

    start_time: datetime = field(validator=rules.aware())
    end_time: datetime = field(validator=rules.aware())
    title: str = field(repr=mask_text, validator=rules.text(at_most=100))
    description: str = field(repr=mask_text, validator=rules.text(at_most=500))


@frozen
class RcsOpenUrlAction:
    """Opens an address, in the browser or in a webview."""

    url: str = field(repr=mask_url, validator=rules.link(at_most=_URL))
    application: RcsOpenUrlApplication = field(converter=_as_application)
    webview_view_mode: RcsWebviewViewMode | None = field(
        default=None, kw_only=True, converter=_as_view_mode
    )
    description: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=optional(rules.text())
    )


@frozen
class RcsShareLocationAction:
    """Asks where the recipient is."""


@frozen
class RcsSuggestedAction:
    """A button that does something: exactly one of the actions.

    Attributes:
        text: The button's label, at most 25 characters.
        postback_data: What comes back when it is pressed, at most 2048 characters.
        fallback_url: What opens where the action is not possible, at most 2048 characters.
        dial_action: Calls a number.
        view_location_action: Shows a map.
        create_calendar_event_action: Adds to the calendar.
        open_url_action: Opens an address.
        share_location_action: Asks for the recipient's place.

    Raises:
        InvalidMessageError: Not exactly one action is given, or a value is malformed.
    """

    text: str = field(repr=mask_text, validator=rules.text(at_most=_LABEL))
    postback_data: str = field(repr=mask_text, validator=rules.text(at_most=_POSTBACK))
    fallback_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=optional(rules.link(at_most=_URL))
    )
    dial_action: RcsDialAction | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsDialAction))
    )
    view_location_action: RcsViewLocationAction | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsViewLocationAction))
    )
    create_calendar_event_action: RcsCreateCalendarEventAction | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsCreateCalendarEventAction))
    )
    open_url_action: RcsOpenUrlAction | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsOpenUrlAction))
    )
    share_location_action: RcsShareLocationAction | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsShareLocationAction))
    )

    def __attrs_post_init__(self) -> None:
        rules.exactly_one(
            self,
            "dial_action",
            "view_location_action",
            "create_calendar_event_action",
            "open_url_action",
            "share_location_action",
        )


@frozen
class RcsSuggestedReply:
    """A button that answers: its label (at most 25 characters), and what comes back (2048)."""

    text: str = field(repr=mask_text, validator=rules.text(at_most=_LABEL))
    postback_data: str = field(repr=mask_text, validator=rules.text(at_most=_POSTBACK))


@frozen(kw_only=True)
class RcsSuggestion:
    """A suggested answer: either a reply or an action."""

    reply: RcsSuggestedReply | None = field(
        default=None, validator=optional(rules.a(RcsSuggestedReply))
    )
    action: RcsSuggestedAction | None = field(
        default=None, validator=optional(rules.a(RcsSuggestedAction))
    )

    def __attrs_post_init__(self) -> None:
        rules.exactly_one(self, "reply", "action")


def _as_suggestions(values: Iterable[RcsSuggestion]) -> tuple[RcsSuggestion, ...]:
    return rules.as_tuple(values)


@frozen
class RcsContentInfo:
    """A file by its address. ``force_refresh`` makes the network fetch it anew."""

    file_url: str = field(repr=mask_url, validator=rules.web_link())
    force_refresh: bool = field(validator=rules.a(bool))
    thumbnail_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=optional(rules.web_link())
    )


@frozen
class RcsMedia:
    """A card's picture or video."""

    height: RcsMediaHeight = field(converter=_as_height)
    content_info: RcsContentInfo = field(validator=rules.a(RcsContentInfo))


@frozen(kw_only=True)
class RcsCardContent:
    """What a card shows: title (at most 200), description (2000), picture, up to 4 suggestions."""

    title: str | None = field(
        default=None, repr=mask_text, validator=optional(rules.text(at_most=200))
    )
    description: str | None = field(
        default=None, repr=mask_text, validator=optional(rules.text(at_most=2000))
    )
    media: RcsMedia | None = field(default=None, validator=optional(rules.a(RcsMedia)))
    suggestions: tuple[RcsSuggestion, ...] = field(
        default=(),
        converter=_as_suggestions,
        validator=rules.several(RcsSuggestion, at_most=4),
    )


def _as_contents(values: Iterable[RcsCardContent]) -> tuple[RcsCardContent, ...]:
    return rules.as_tuple(values)


@frozen(kw_only=True)
class RcsStandaloneCard:
    """One card."""

    card_orientation: RcsCardOrientation = field(converter=_as_orientation)
    thumbnail_image_alignment: RcsImageAlignment = field(converter=_as_alignment)
    card_content: RcsCardContent = field(validator=rules.a(RcsCardContent))


@frozen(kw_only=True)
class RcsCarouselCard:
    """Two to ten cards to swipe through."""

    card_width: RcsCardWidth = field(converter=_as_width)
    card_contents: tuple[RcsCardContent, ...] = field(
        converter=_as_contents,
        validator=rules.several(RcsCardContent, at_least=2, at_most=10),
    )


@frozen(kw_only=True)
class RcsRichCard:
    """Either one card or several."""

    standalone_card: RcsStandaloneCard | None = field(
        default=None, validator=optional(rules.a(RcsStandaloneCard))
    )
    carousel_card: RcsCarouselCard | None = field(
        default=None, validator=optional(rules.a(RcsCarouselCard))
    )

    def __attrs_post_init__(self) -> None:
        rules.exactly_one(self, "standalone_card", "carousel_card")


@frozen
class Rcs:
    """An RCS message: exactly one of ``text``, ``content_info`` and ``rich_card``.

    Attributes:
        text: What it says, at most 3072 characters.
        sender: The agent registered for the account. Required here, unlike on other channels (T49).
        content_info: A file.
        rich_card: One card or several.
        suggestions: Up to 11 suggested answers.
        ttl: How long this channel is tried before the next one's turn comes (T40), in whole
            seconds; None leaves it to Messente.
        validity: The same in whole minutes (T38); only one of the two may be given.

    Raises:
        InvalidMessageError: A value is malformed, or not exactly one content is given.
    """

    channel: ClassVar[str] = "rcs"

    text: str | None = field(
        default=None, repr=mask_text, validator=optional(rules.text(at_most=3072))
    )
    sender: str = field(kw_only=True, repr=mask_sender, validator=rules.text())
    content_info: RcsContentInfo | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsContentInfo))
    )
    rich_card: RcsRichCard | None = field(
        default=None, kw_only=True, validator=optional(rules.a(RcsRichCard))
    )
    suggestions: tuple[RcsSuggestion, ...] = field(
        default=(),
        kw_only=True,
        converter=_as_suggestions,
        validator=rules.several(RcsSuggestion, at_most=11),
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=optional(rules.seconds()))
    validity: rules.Minutes | None = field(
        default=None, kw_only=True, validator=optional(rules.minutes())
    )

    def __attrs_post_init__(self) -> None:
        rules.one_lifetime(self)
        rules.exactly_one(self, "text", "content_info", "rich_card")
