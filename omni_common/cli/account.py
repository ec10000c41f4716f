"""Which account to use: options of every command that talks to a vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from attrs import field, frozen
from cyclopts import Group, Parameter

from omni_common.cli.usage import UsageError
from omni_common.config import connect
from omni_common.connection import Connection, parse_url
from omni_common.parameters import parameters
from omni_common.provider import OmniProvider
from omni_common.registry import provider_class
from omni_common.settings import is_loopback

__all__ = ["CONFIGURED", "Account"]


@Parameter(name="*", group=Group("Connection", sort_key=2))
@frozen(kw_only=True)
class Account:
    """Where the account is described; by default in OMNI_URL, or else in omni.toml."""

    profile: Annotated[str | None, Parameter(help="Use this profile of omni.toml.")] = None
    config: Annotated[Path | None, Parameter(help="Read this file as omni.toml.")] = None
    url: Annotated[
        str | None,
        Parameter(
            help="Use this connection URL. With credentials in it, it has to lead to this machine:"
            " arguments can be read by others here. Put any other URL into OMNI_URL."
        ),
    ] = field(default=None, repr=False)

    def connect(self) -> OmniProvider:
        """Build the provider; opens nothing.

        Raises:
            UsageError: The options contradict each other, or show a credential.
            ConfigurationError: See ``omni_common.connect``.
        """
        if self.url is None:
            return connect(profile=self.profile, config=self.config)
        if self.profile is not None or self.config is not None:
            raise UsageError("--url says it all; leave out --profile and --config", field="--url")
        _refuse_shown_credentials(parse_url(self.url))
        return connect(self.url)


CONFIGURED = Account()
"""What OMNI_URL and omni.toml say."""


def _refuse_shown_credentials(connection: Connection) -> None:
    """Refuse to use a credential for another machine that stands in the list of processes."""
    host = urlsplit(connection.base_url or "").hostname or ""
    proxy = connection.options.get("proxy", "")
    if not (_holds_credentials(connection) if not is_loopback(host) else "@" in proxy):
        return
    raise UsageError(
        "--url holds a credential for another machine, and everyone on this one can read the"
        " arguments of a running program; consider it seen. Put the URL into the variable OMNI_URL,"
        " or the credential into a file that a profile names (password_file, key_file)",
        field="--url",
    )


def _holds_credentials(connection: Connection) -> bool:
    if connection.user is not None or connection.password is not None:
        return True
    known = parameters(provider_class(connection.provider))
    return any(name in known and known[name].is_secret for name in connection.options)
