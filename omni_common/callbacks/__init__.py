"""What vendors post to a server of yours: proved to be genuine, then read as events."""

from typing import TYPE_CHECKING

from omni_common.exports import on_demand

if TYPE_CHECKING:
    from omni_common.callbacks.aiohttp_shim import aiohttp_application
    from omni_common.callbacks.answers import CallbackAnswer
    from omni_common.callbacks.area import CallbackArea, callback_area, callback_area_names
    from omni_common.callbacks.asgi_shim import AsgiApplication, asgi_application
    from omni_common.callbacks.bodies import callback_objects, event_reader
    from omni_common.callbacks.events import (
        Event,
        IncomingMessage,
        Subscription,
        SubscriptionChanged,
    )
    from omni_common.callbacks.handler import EventHandler
    from omni_common.callbacks.masking import TokenMask
    from omni_common.callbacks.reading import (
        CallbackHeaders,
        CallbackSecrets,
        SignedPost,
        read_callback,
        sign,
    )
    from omni_common.callbacks.receiver import CallbackReceiver
    from omni_common.callbacks.wsgi_shim import wsgi_application
else:
    __getattr__, __dir__ = on_demand(
        __name__,
        {
            "aiohttp_shim": ("aiohttp_application",),
            "answers": ("CallbackAnswer",),
            "area": ("CallbackArea", "callback_area", "callback_area_names"),
            "asgi_shim": ("AsgiApplication", "asgi_application"),
            "bodies": ("callback_objects", "event_reader"),
            "events": ("Event", "IncomingMessage", "Subscription", "SubscriptionChanged"),
            "handler": ("EventHandler",),
            "masking": ("TokenMask",),
            "reading": (
                "CallbackHeaders",
                "CallbackSecrets",
                "SignedPost",
                "read_callback",
                "sign",
            ),
            "receiver": ("CallbackReceiver",),
            "wsgi_shim": ("wsgi_application",),
        },
    )

__all__ = [
    "AsgiApplication",
    "CallbackAnswer",
    "CallbackArea",
    "CallbackHeaders",
    "CallbackReceiver",
    "CallbackSecrets",
    "Event",
    "EventHandler",
    "IncomingMessage",
    "SignedPost",
    "Subscription",
    "SubscriptionChanged",
    "TokenMask",
    "aiohttp_application",
    "asgi_application",
    "callback_area",
    "callback_area_names",
    "callback_objects",
    "event_reader",
    "read_callback",
    "sign",
    "wsgi_application",
]
