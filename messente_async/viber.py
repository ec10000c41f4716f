"""Viber as a part of an omnimessage: text, image, button, video, template, carousel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import optional

from messente_async import _rules as rules
from omni_common.redaction import mask_sender, mask_text, mask_url

__all__ = [
    "ACCEPTED_COMBINATIONS",
    "LARGEST_VIDEO",
    "LONGEST_VIDEO",
    "Viber",
    "ViberCarousel",
    "ViberCarouselButton",
    "ViberCarouselItem",
    "ViberTemplate",
    "ViberVideo",
    "is_accepted_combination",
]

LARGEST_VIDEO = 200 * 1024 * 1024
"""Bytes. The limit is given as 200 MB, and which megabyte is meant is not said, so that what lies
between the two is left to Messente."""
LONGEST_VIDEO = timedelta(seconds=600)
_LONGEST_TEXT = 1000  # only the older, hand-written reference says so

ACCEPTED_COMBINATIONS: tuple[tuple[str, ...], ...] = (
    ("text",),
    ("image_url",),
    ("text", "button_text", "button_url"),
    ("text", "image_url", "button_text", "button_url"),
    ("video",),
    ("text", "video"),
    ("text", "video", "button_text"),
    ("text", "video", "button_text", "button_url"),
    ("text", "carousel"),
    ("template",),
)
"""The fields that make a Viber message together, as the OpenAPI document has them (T50). A template
is in none of its combinations, and is accepted alone."""


def is_accepted_combination(fields: Collection[str]) -> bool:
    """Whether exactly these content fields make a Viber message together."""
    return any(set(fields) == set(accepted) for accepted in ACCEPTED_COMBINATIONS)


@frozen
class ViberVideo:
    """A video and its preview picture.

    Attributes:
        url: Where the video is.
        thumbnail: Where its preview picture is.
        file_size: Bytes, at most :data:`LARGEST_VIDEO`.
        duration: Whole seconds, at most :data:`LONGEST_VIDEO`.

    Raises:
        InvalidMessageError: A value is malformed or out of range; ``field`` names it.
    """

    url: str = field(repr=mask_url, validator=rules.web_link())
    thumbnail: str = field(repr=mask_url, validator=rules.web_link())
    file_size: int = field(validator=rules.whole(at_least=1, at_most=LARGEST_VIDEO))
    duration: timedelta = field(validator=rules.seconds(at_most=LONGEST_VIDEO))


@frozen
class ViberTemplate:
    """A registered template, and the values of its placeholders.

    ``lang`` is the template's language code, such as ``"en"``.
    """

    id: str = field(validator=rules.text())
    lang: str = field(validator=rules.text())
    params: Mapping[str, str] | None = field(
        default=None,
        converter=rules.copied,
        repr=rules.names_only,
        validator=optional(rules.texts_by_name()),
        hash=False,
    )


@frozen
class ViberCarouselButton:
    """A button of a carousel item: its label, and the address that it opens."""

    label: str = field(repr=mask_text, validator=rules.text())
    action_url: str = field(repr=mask_url, validator=rules.link())


@frozen
class ViberCarouselItem:
    """One card of a carousel: a title of 2 to 38 characters, a picture, and one or two buttons."""

    title: str = field(repr=mask_text, validator=rules.text(at_least=2, at_most=38))
    image_url: str = field(repr=mask_url, validator=rules.web_link())
    primary_button: ViberCarouselButton = field(validator=rules.a(ViberCarouselButton))
    secondary_button: ViberCarouselButton | None = field(
        default=None, validator=optional(rules.a(ViberCarouselButton))
    )


def _as_items(items: Iterable[ViberCarouselItem]) -> tuple[ViberCarouselItem, ...]:
    return rules.as_tuple(items)


@frozen
class ViberCarousel:
    """Two to five cards to swipe through."""

    items: tuple[ViberCarouselItem, ...] = field(
        converter=_as_items,
        validator=rules.several(ViberCarouselItem, at_least=2, at_most=5),
    )


@frozen
class Viber:
    """A Viber message, in one of the :data:`ACCEPTED_COMBINATIONS` of its content fields.

    Attributes:
        text: What it says, at most 1000 characters.
        image_url: A picture.
        button_text: The button's label. Without a ``button_url`` it opens the video.
        button_url: The address that the button opens.
        video: A video.
        template: A registered template.
        carousel: Cards to swipe through.
        sender: A sender registered for the account; None means the account's default.
        ttl: How long this channel is tried before the next one's turn comes (T40), in whole
            seconds; None leaves it to Messente.
        validity: The same in whole minutes (T38); only one of the two may be given.

    Raises:
        InvalidMessageError: A value is malformed (``field`` names it), or the fields do not go
            together.
    """

    channel: ClassVar[str] = "viber"

    text: str | None = field(
        default=None, repr=mask_text, validator=optional(rules.text(at_most=_LONGEST_TEXT))
    )
    image_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=optional(rules.web_link())
    )
    button_text: str | None = field(
        default=None, kw_only=True, repr=mask_text, validator=optional(rules.text())
    )
    button_url: str | None = field(
        default=None, kw_only=True, repr=mask_url, validator=optional(rules.link())
    )
    video: ViberVideo | None = field(
        default=None, kw_only=True, validator=optional(rules.a(ViberVideo))
    )
    template: ViberTemplate | None = field(
        default=None, kw_only=True, validator=optional(rules.a(ViberTemplate))
    )
    carousel: ViberCarousel | None = field(
        default=None, kw_only=True, validator=optional(rules.a(ViberCarousel))
    )
    sender: str | None = field(
        default=None, kw_only=True, repr=mask_sender, validator=optional(rules.text())
    )
    ttl: timedelta | None = field(default=None, kw_only=True, validator=optional(rules.seconds()))
    validity: rules.Minutes | None = field(
        default=None, kw_only=True, validator=optional(rules.minutes())
    )

    def __attrs_post_init__(self) -> None:
        rules.one_lifetime(self)
        names = ("text", "image_url", "button_text", "button_url", "video", "template", "carousel")
        given = [name for name in names if getattr(self, name) is not None]
        if is_accepted_combination(given):
            return
        accepted = "; ".join(" + ".join(fields) for fields in ACCEPTED_COMBINATIONS)
        demand = f"does not go with the rest ({' + '.join(given)})" if given else "is missing"
        raise rules.invalid(
            self, given[-1] if given else "text", f"{demand}; accepted together are: {accepted}"
        )
