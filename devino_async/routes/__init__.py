"""The ways a shared message takes over Devino: one room for each of the vendor's services."""

from devino_async.routes.email import EmailRoute
from devino_async.routes.omni import OmniRoute
from devino_async.routes.route import Route
from devino_async.routes.sms import SmsRoute

__all__ = ["EmailRoute", "OmniRoute", "Route", "SmsRoute"]
