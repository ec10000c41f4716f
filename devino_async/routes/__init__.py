"""The ways a shared message takes over Devino: one room for each of the vendor's services."""

from devino_async.routes.email import EmailRoute
from devino_async.routes.route import Route
from devino_async.routes.sms import SmsRoute

__all__ = ["EmailRoute", "Route", "SmsRoute"]
