"""Every omnimessage that Messente's OpenAPI document allows, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from messente_async.omnimessage import Omnimessage, Priority, TextStore
from messente_async.rcs import (
    Rcs,
    RcsCardContent,
    RcsCardOrientation,
    RcsCardWidth,
    RcsCarouselCard,
    RcsContentInfo,
    RcsCreateCalendarEventAction,
    RcsDialAction,
    RcsImageAlignment,
    RcsLatLng,
    RcsMedia,
    RcsMediaHeight,
    RcsOpenUrlAction,
    RcsOpenUrlApplication,
    RcsRichCard,
    RcsShareLocationAction,
    RcsStandaloneCard,
    RcsSuggestedAction,
    RcsSuggestedReply,
    RcsSuggestion,
    RcsViewLocationAction,
    RcsWebviewViewMode,
)
from messente_async.sms import SMS, Autoconvert
from messente_async.viber import (
    ACCEPTED_COMBINATIONS,
    LARGEST_VIDEO,
    Viber,
    ViberCarousel,
    ViberCarouselButton,
    ViberCarouselItem,
    ViberTemplate,
    ViberVideo,
)
from messente_async.whatsapp import (
    WhatsApp,
    WhatsAppAudio,
    WhatsAppComponent,
    WhatsAppCurrency,
    WhatsAppDatetime,
    WhatsAppDocument,
    WhatsAppImage,
    WhatsAppLanguage,
    WhatsAppMedia,
    WhatsAppParameter,
    WhatsAppSticker,
    WhatsAppTemplate,
    WhatsAppText,
    WhatsAppVideo,
)

CHARACTERS = st.characters(exclude_categories=["Cs"])
URLS = st.sampled_from(
    ["https://shop.example/a.png?x=1&y=%20", "http://127.0.0.1:8080/", "https://пример.example/ä"]
)
LINKS = URLS | st.sampled_from(["viber://chat", "tel:+37251000000", "https://shop.example"])
NUMBERS = st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z")
TIMES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=4)), timezone(timedelta(seconds=-9017))]
    ),
)


def texts(shortest: int = 1, longest: int = 30) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, min_size=shortest, max_size=longest)


def durations(longest: int = 10**9) -> st.SearchStrategy[timedelta]:
    return st.integers(1, longest).map(lambda seconds: timedelta(seconds=seconds))


def either(*names: str, **options: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Exactly one of the options, by its name; *names* narrow the choice."""
    return st.sampled_from(names or tuple(options)).flatmap(
        lambda name: st.fixed_dictionaries({name: options[name]})
    )


def maybe(**options: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the options, by name."""
    return st.fixed_dictionaries({}, optional=options)


def built(
    kind: type[Any], *parts: st.SearchStrategy[dict[str, Any]], **required: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """A *kind* of what is required and what the parts choose."""
    return st.tuples(st.fixed_dictionaries(required), *parts).map(
        lambda chosen: kind(**{name: value for part in chosen for name, value in part.items()})
    )


LIFETIMES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"ttl": durations()}),
    st.fixed_dictionaries({"validity": st.integers(1, 10**7).map(lambda n: timedelta(minutes=n))}),
)
SENT = st.tuples(maybe(sender=texts()), LIFETIMES).map(lambda parts: {**parts[0], **parts[1]})

SMSES = built(
    SMS,
    SENT,
    maybe(
        autoconvert=st.sampled_from(Autoconvert),
        udh=st.binary(min_size=1, max_size=9).map(bytes.hex),
    ),
    text=texts(),
)

_BUTTONS = built(ViberCarouselButton, label=texts(), action_url=LINKS)
_VIBER_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "text": texts(),
    "image_url": URLS,
    "button_text": texts(),
    "button_url": LINKS,
    "video": built(
        ViberVideo,
        url=URLS,
        thumbnail=URLS,
        file_size=st.integers(1, LARGEST_VIDEO),
        duration=durations(600),
    ),
    "template": built(
        ViberTemplate,
        maybe(params=st.dictionaries(texts(), texts(0), max_size=3)),
        id=texts(),
        lang=texts(),
    ),
    "carousel": built(
        ViberCarousel,
        items=st.lists(
            built(
                ViberCarouselItem,
                maybe(secondary_button=_BUTTONS),
                title=texts(2, 38),
                image_url=URLS,
                primary_button=_BUTTONS,
            ),
            min_size=2,
            max_size=5,
        ),
    ),
}
VIBERS = st.sampled_from(ACCEPTED_COMBINATIONS).flatmap(
    lambda names: built(Viber, SENT, **{name: _VIBER_FIELDS[name] for name in names})
)

_FILE = either(id=texts(), link=URLS)
_MEDIA = built(WhatsAppMedia, _FILE, maybe(caption=texts(), filename=texts()))
_TEMPLATES = built(
    WhatsAppTemplate,
    maybe(
        components=st.lists(
            built(
                WhatsAppComponent,
                maybe(
                    sub_type=texts(),
                    index=st.integers(0, 9),
                    parameters=st.lists(
                        built(
                            WhatsAppParameter,
                            maybe(
                                text=texts(),
                                currency=built(
                                    WhatsAppCurrency,
                                    fallback_value=texts(),
                                    code=st.sampled_from(["EUR", "USD"]),
                                    amount_1000=st.integers().map(str),
                                ),
                                date_time=built(WhatsAppDatetime, fallback_value=texts()),
                                image=_MEDIA,
                                document=_MEDIA,
                                video=_MEDIA,
                                coupon_code=texts(),
                                payload=texts(),
                            ),
                            type=texts(),
                        ),
                        max_size=2,
                    ),
                ),
                type=texts(),
            ),
            max_size=2,
        )
    ),
    name=texts(),
    language=built(WhatsAppLanguage, maybe(policy=texts()), code=texts()),
)
_KIND = maybe(mime_type=texts())
WHATSAPPS = built(
    WhatsApp,
    SENT,
    either(
        template=_TEMPLATES,
        text=built(WhatsAppText, maybe(preview_url=st.booleans()), body=texts()),
        image=built(WhatsAppImage, _FILE, _KIND, maybe(caption=texts())),
        video=built(WhatsAppVideo, _FILE, _KIND, maybe(caption=texts())),
        audio=built(WhatsAppAudio, _FILE, _KIND),
        document=built(WhatsAppDocument, _FILE, _KIND, maybe(caption=texts(), file_name=texts())),
        sticker=built(WhatsAppSticker, _FILE, _KIND, maybe(animated=st.booleans())),
    ),
)

_DEGREES = built(
    RcsLatLng, latitude=st.floats(-90, 90) | st.integers(-90, 90), longitude=st.floats(-180, 180)
)
_ACTIONS = built(
    RcsSuggestedAction,
    maybe(fallback_url=LINKS),
    either(
        dial_action=built(RcsDialAction, phone_number=NUMBERS),
        view_location_action=built(
            RcsViewLocationAction, either(lat_long=_DEGREES, query=texts()), maybe(label=texts())
        ),
        create_calendar_event_action=built(
            RcsCreateCalendarEventAction,
            start_time=TIMES,
            end_time=TIMES,
            title=texts(),
            description=texts(),
        ),
        open_url_action=built(
            RcsOpenUrlAction,
            maybe(description=texts(), webview_view_mode=st.sampled_from(RcsWebviewViewMode)),
            url=LINKS,
            application=st.sampled_from(RcsOpenUrlApplication),
        ),
        share_location_action=built(RcsShareLocationAction),
    ),
    text=texts(1, 25),
    postback_data=texts(),
)
_SUGGESTIONS = built(
    RcsSuggestion,
    either(
        reply=built(RcsSuggestedReply, text=texts(1, 25), postback_data=texts()), action=_ACTIONS
    ),
)
_CONTENT_INFO = built(
    RcsContentInfo, maybe(thumbnail_url=URLS), file_url=URLS, force_refresh=st.booleans()
)
_CARDS = built(
    RcsCardContent,
    maybe(
        title=texts(),
        description=texts(),
        media=built(RcsMedia, height=st.sampled_from(RcsMediaHeight), content_info=_CONTENT_INFO),
        suggestions=st.lists(_SUGGESTIONS, max_size=2),
    ),
)
_RICH_CARDS = built(
    RcsRichCard,
    either(
        standalone_card=built(
            RcsStandaloneCard,
            card_orientation=st.sampled_from(RcsCardOrientation),
            thumbnail_image_alignment=st.sampled_from(RcsImageAlignment),
            card_content=_CARDS,
        ),
        carousel_card=built(
            RcsCarouselCard,
            card_width=st.sampled_from(RcsCardWidth),
            card_contents=st.lists(_CARDS, min_size=2, max_size=3),
        ),
    ),
)
RCSES = built(
    Rcs,
    either(text=texts(), content_info=_CONTENT_INFO, rich_card=_RICH_CARDS),
    LIFETIMES,
    maybe(suggestions=st.lists(_SUGGESTIONS, max_size=3)),
    sender=texts(),
)

CHANNEL_MESSAGES = SMSES | VIBERS | WHATSAPPS | RCSES
OMNIMESSAGES: st.SearchStrategy[Omnimessage] = built(
    Omnimessage,
    maybe(
        dlr_url=URLS,
        text_store=st.sampled_from(TextStore),
        time_to_send=TIMES,
        priority=st.sampled_from(Priority),
    ),
    to=NUMBERS,
    messages=st.lists(
        CHANNEL_MESSAGES, min_size=1, max_size=4, unique_by=lambda message: message.channel
    ),
)
