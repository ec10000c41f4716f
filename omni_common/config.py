"""``connect``: from a URL, a mapping, the environment or ``omni.toml`` to a provider.

::

    default = "shop"

    [profiles.shop]
    type = "messente"                  # or url = "messente://..."
    user = "..."
    password_file = "/run/secrets/messente"
    sender = "Shop"

    [profiles.kept]
    type = "outbox"                    # or url = "outbox:///sends.db?via=shop"
    journal_file = "sends.db"
    via = "shop"                       # what it sends over

A credential of a profile may be kept in a file of its own: ``password_file``, ``key_file``. Paths
of files are relative to the folder of ``omni.toml``.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from omni_common.arguments import UnreadableFileError, expanded, file_text
from omni_common.connection import Connection, parse_url
from omni_common.errors import ConfigurationError, hides_arguments
from omni_common.provider import OmniProvider
from omni_common.redaction import shown_name
from omni_common.registry import build, is_wrapper
from omni_common.spelling import unknown_name

__all__ = ["connect", "resolve"]

_PLACE = re.compile(r"\((at [^()]*)\)\Z")


@hides_arguments
def connect(
    target: str | Mapping[str, object] | None = None,
    *,
    profile: str | None = None,
    config: str | os.PathLike[str] | None = None,
) -> OmniProvider:
    """Build the provider that *target*, or else the configuration, describes.

    The first of these that is given decides: *target*; *profile*; the variable ``OMNI_URL``; the
    variable ``OMNI_PROFILE``; the ``default`` of ``omni.toml``. It opens no connection and needs no
    running event loop; it reads the configuration and files of credentials, nothing else.

    Args:
        target: A connection URL, such as ``"messente://USER:PASSWORD@default?sender=Shop"``, or a
            mapping with what a profile holds.
        profile: The name of a profile of ``omni.toml``.
        config: Where ``omni.toml`` is. By default where ``OMNI_CONFIG`` says, or ``omni/omni.toml``
            in the user's configuration folder; never the working directory.

    Raises:
        ConfigurationError: Nothing says which provider to connect to, two places say it at once, or
            a name or value is wrong; ``field`` names it.
    """
    return _built(resolve(target, profile=profile, config=config, environ=os.environ), config)


def resolve(
    target: str | Mapping[str, object] | None = None,
    *,
    profile: str | None = None,
    config: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str],
    platform: str = sys.platform,
) -> Connection:
    """Find out what to connect to, as :func:`connect` does, without building it.

    Args:
        target: See ``connect``.
        profile: See ``connect``.
        config: See ``connect``.
        environ: The environment variables.
        platform: The operating system, as ``sys.platform`` names it.
    """
    if target is not None:
        if profile is not None or config is not None:
            raise ConfigurationError(
                "target says all there is to say; leave out profile and config", field="target"
            )
        return _from_target(target)
    url = environ.get("OMNI_URL")
    name = (environ.get("OMNI_PROFILE") or None) if profile is None else profile
    if url and profile is None:
        if name or config is not None:
            raise ConfigurationError(
                f"OMNI_URL and {'OMNI_PROFILE are both set' if name else 'config are both given'};"
                " leave out one of them, for they may stand for different providers",
                field="OMNI_URL",
            )
        return _parsed(url, "OMNI_URL")
    return _from_file(_configuration_file(config, environ, platform), name)


def _built(
    connection: Connection,
    config: str | os.PathLike[str] | None,
    around: tuple[str, ...] = (),
) -> OmniProvider:
    """Build what *connection* describes, and what it sends over, if it is a wrapper.

    *around* are the names of the profiles that are being built around it.
    """
    if not is_wrapper(connection.provider):
        return build(connection)
    rest, via = _without_via(connection)
    if via in around:
        raise ConfigurationError(
            f"{connection.origin}via: the profile {shown_name(via)} would send over itself",
            field=f"{connection.origin}via",
        )
    inner = resolve(profile=via, config=config, environ=os.environ)
    return build(rest, over=_built(inner, config, (*around, via)))


def _without_via(connection: Connection) -> tuple[Connection, str]:
    """What a wrapper is built from, and the name of the profile that it sends over."""
    field = f"{connection.origin}via"
    given = [each["via"] for each in (connection.options, connection.settings) if "via" in each]
    match given:
        case [str(via)] if via:
            options = {name: text for name, text in connection.options.items() if name != "via"}
            settings = {name: each for name, each in connection.settings.items() if name != "via"}
            return evolve(connection, options=options, settings=settings), via
        case []:
            text = f"{field} is missing; name the profile that the {connection.provider} sends over"
        case _:
            text = f"{field} must be the name of one profile"
    raise ConfigurationError(text, field=field, provider=connection.provider)


def _from_target(target: object) -> Connection:
    match target:
        case str():
            return parse_url(target)
        case Mapping():
            return _from_table(target, "")
        case _:
            raise ConfigurationError("target must be a connection URL or a mapping", field="target")


def _parsed(url: str, place: str, origin: str = "") -> Connection:
    """Parse a URL from *place*, which an error then names."""
    try:
        return parse_url(url, origin=origin)
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error.text}", field=place) from None


def _from_table(table: Mapping[Any, object], origin: str) -> Connection:
    """Read the table of a profile, or a mapping of the same shape."""
    settings = dict(table)
    for name in settings:
        if not isinstance(name, str):
            raise ConfigurationError("the names of settings must be texts", field="target")
    kind, url = settings.pop("type", None), settings.pop("url", None)
    if (kind is None) == (url is None):
        raise ConfigurationError(
            f'{origin}type: give either type = "PROVIDER" or url = "PROVIDER://..."',
            field=f"{origin}type",
        )
    for name, value in (("type", kind), ("url", url)):
        if value is not None and not (isinstance(value, str) and value):
            raise ConfigurationError(f"{origin}{name} must be a text", field=f"{origin}{name}")
    if url is not None:
        return evolve(_parsed(str(url), f"{origin}url", origin), settings=settings)
    return Connection(provider=str(kind).lower(), settings=settings, origin=origin)


@frozen
class _File:
    """Where ``omni.toml`` should be, and who says so."""

    path: Path | None
    source: str
    is_required: bool

    @property
    def name(self) -> str:
        """Its path, as it may be shown."""
        return shown_name(self.path)


def _configuration_file(
    config: str | os.PathLike[str] | None, environ: Mapping[str, str], platform: str
) -> _File:
    if config is not None:
        return _File(_path(config), "config", is_required=True)
    if given := environ.get("OMNI_CONFIG"):
        return _File(expanded(given), "OMNI_CONFIG", is_required=True)
    folder = _user_folder(environ, platform)
    path = None if folder is None else folder / "omni" / "omni.toml"
    return _File(path, "the user's configuration folder", is_required=False)


def _path(config: str | os.PathLike[str]) -> Path:
    try:
        return Path(config)
    except TypeError:
        pass  # raised below, without a context
    raise ConfigurationError("config must be the path of omni.toml", field="config")


def _user_folder(environ: Mapping[str, str], platform: str) -> Path | None:
    """The folder for configuration files of the user; None where the system does not say."""
    home = environ.get("HOME")
    if platform == "win32":
        folder = environ.get("APPDATA")
    elif platform == "darwin":
        folder = home and f"{home}/Library/Application Support"
    else:
        xdg = environ.get("XDG_CONFIG_HOME", "")
        # A relative path there is invalid by the XDG specification, and would be one's own folder.
        folder = xdg if Path(xdg).is_absolute() else home and f"{home}/.config"
    return Path(folder) if folder and Path(folder).is_absolute() else None


def _from_file(file: _File, name: str | None) -> Connection:
    content = _read(file, is_required=file.is_required or name is not None)
    field = "profile"
    if name is None and "default" in content:
        name, field = content["default"], "default"
    if name is None:
        raise _nothing_chosen(file)
    profiles = content.get("profiles", {})
    if not isinstance(name, str):
        raise _misshapen(file, field, "the name of a profile")
    if not isinstance(profiles, dict):
        raise _misshapen(file, "profiles", "tables, one for each profile")
    if name not in profiles:
        raise unknown_name(
            f"profile {shown_name(name)} of {file.name}", name, profiles, field=field
        )
    if not isinstance(profiles[name], dict):
        raise _misshapen(file, f"profiles.{shown_name(name)}", "a table")
    found = _from_table(_anchored(profiles[name], file), f"profiles.{shown_name(name)}.")
    return found if found.path is None else evolve(found, path=_anchored_path(found.path, file))


def _read(file: _File, *, is_required: bool) -> dict[str, Any]:
    """Read the file; empty where there is none and nobody asked for one."""
    if file.path is None:
        if not is_required:
            return {}
        raise ConfigurationError(
            "the user's configuration folder is unknown; set OMNI_CONFIG to the path of omni.toml",
            field="config",
        )
    try:
        text = file_text(file.path)
    except FileNotFoundError:
        if not is_required:
            return {}
        reason = "there is no such file"
    except UnreadableFileError as error:
        reason = str(error)
    else:
        return _parsed_toml(text, file)
    raise ConfigurationError(f"{file.name} (from {file.source}): {reason}", field="config")


def _parsed_toml(text: str, file: _File) -> dict[str, Any]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Only the place: the reason may quote the file, and so a password.
        place = _PLACE.search(str(error))
        problem = f"is not valid TOML {place[1]}" if place else "is not valid TOML"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError:  # Python reads no whole number of thousands of digits
        problem = "holds a number that is too long"
    else:
        for name in content:
            if name not in {"default", "profiles"}:
                raise unknown_name(f"key of {file.name}", name, ("default", "profiles"))
        return content
    raise ConfigurationError(f"{file.name} {problem}", field="config")


def _anchored(table: Mapping[str, object], file: _File) -> dict[str, object]:
    """Make the paths of files relative to the folder of the configuration file."""
    return {
        name: _anchored_path(value, file)
        if name.endswith("_file") and isinstance(value, str)
        else value
        for name, value in table.items()
    }


def _anchored_path(path: str, file: _File) -> str:
    folder = Path() if file.path is None else file.path.parent
    return str(folder / expanded(path))


def _misshapen(file: _File, name: str, expected: str) -> ConfigurationError:
    return ConfigurationError(f"{name} in {file.name} must be {expected}", field=name)


def _nothing_chosen(file: _File) -> ConfigurationError:
    where = file.name if file.path else "omni.toml, at the path that OMNI_CONFIG names"
    return ConfigurationError(
        "nothing says which provider to connect to: pass a connection URL, such as"
        ' connect("messente://USER:PASSWORD@default"), or profile=NAME; or set OMNI_URL to such a'
        f' URL, or OMNI_PROFILE to the name of a profile; or write default = "NAME" into {where}'
    )
