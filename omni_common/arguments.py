"""From a connection to the keyword arguments of a provider's constructor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from omni_common.connection import Connection
from omni_common.errors import ConfigurationError
from omni_common.parameters import Parameter, parameters
from omni_common.provider import OmniProvider
from omni_common.redaction import shown_name
from omni_common.spelling import unknown_name

__all__ = ["UnreadableFileError", "arguments", "expanded", "explained", "file_text"]

_FILE = "_file"
_LARGEST_FILE = 2**20
"""Characters; a path may lead to a device, which has no end."""


class UnreadableFileError(Exception):
    """A file cannot be read; the text says why, and nothing of its name and content."""


def expanded(path: str) -> Path:
    """*path* with the user's home folder in place of ``~``, if it is known."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def file_text(path: Path) -> str:
    """What stands in a small file: UTF-8, with or without a byte order mark.

    Raises:
        FileNotFoundError: There is none.
        UnreadableFileError: It cannot be read, or is too large.
    """
    reason = f"it has more than {_LARGEST_FILE} characters"
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_LARGEST_FILE + 1)
        if len(text) <= _LARGEST_FILE:
            return text
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except ValueError:  # a null character, half a character
        reason = "no file can have that name"
    # Raised out here, so that no exception that holds the content of the file is its context.
    raise UnreadableFileError(reason)


def arguments(
    cls: type[OmniProvider], connection: Connection, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Gather what *connection* says and, for credentials it leaves out, *environ*.

    Raises:
        ConfigurationError: A setting is unknown, given twice, of a wrong type or missing.
    """
    known = parameters(cls)
    found = _given(cls, known, connection)
    for name in _wanted(cls, known, found):
        text = _from_environment(connection.provider, name, environ)
        if text is not None:
            found[name] = known[name].from_text(text, name)
    for name, parameter in known.items():
        if parameter.required and name not in found:
            where = _sources(connection.provider, [name])
            raise ConfigurationError(
                f"{connection.provider}: {name} is missing; {where}",
                field=name,
                provider=connection.provider,
            )
    return found


def explained(
    error: ConfigurationError,
    cls: type[OmniProvider],
    connection: Connection,
    found: Mapping[str, object],
) -> ConfigurationError | None:
    """Say where a credential could have come from that a constructor's *error* misses.

    A constructor with several ways to log in has optional parameters alone, so it is the one to
    complain when it got none; its error names one of them as ``field``. None for other errors.
    """
    absent = [name for name in _credentials(cls) if name not in found]
    if error.field not in absent:
        return None
    return ConfigurationError(
        f"{error.text}; {_sources(connection.provider, absent)}",
        field=error.field,
        provider=connection.provider,
    )


def _given(
    cls: type[OmniProvider], known: Mapping[str, Parameter], connection: Connection
) -> dict[str, Any]:
    """What the connection itself says."""
    in_files = {name for name in _credentials(cls) if name in known}
    in_files |= {name for name, parameter in known.items() if parameter.is_secret}
    found: dict[str, Any] = {}
    for name, value, convert in _entries(cls, known, connection):
        label = f"{connection.origin}{name}"
        base = name.removesuffix(_FILE)
        is_path = name not in known and base != name and base in in_files
        if not is_path and name not in known:
            names = {*known, *(f"{each}{_FILE}" for each in in_files)}
            raise unknown_name(f"setting of {connection.provider}", name, names, field=label)
        target = base if is_path else name
        if target in found:
            raise ConfigurationError(f"{connection.origin}{target}: given twice", field=label)
        if is_path:
            found[target] = known[target].from_text(_content(value, label), label)
        else:
            found[target] = convert(known[target], value, label)
    return found


def _entries(
    cls: type[OmniProvider], known: Mapping[str, Parameter], connection: Connection
) -> Iterator[tuple[str, Any, Callable[[Parameter, Any, str], Any]]]:
    """Each setting of the connection, with the way to convert it."""
    user, password = connection.user, connection.password
    if user or password:
        parts = (part.reveal() if part else None for part in (user, password))
        for name, text in cls.credentials_from_url(*parts).items():
            if name not in known:
                raise ConfigurationError(
                    f"{connection.provider} takes no {name}; leave out what stands before the @",
                    field=name,
                )
            yield name, text, Parameter.from_text
    if connection.base_url is not None:
        if "base_url" not in known:
            raise ConfigurationError(
                f"{connection.provider} has one address only; write default as the host",
                field="base_url",
            )
        yield "base_url", connection.base_url, Parameter.from_text
    if connection.path is not None:
        if cls.path_setting is None:
            raise ConfigurationError(
                "the connection URL cannot be read: the host is missing; write default for the"
                " vendor's own",
                field="url",
            )
        yield cls.path_setting, connection.path, Parameter.from_text
    for name, text in connection.options.items():
        yield name, text, Parameter.from_text
    for name, value in connection.settings.items():
        yield name, value, Parameter.from_value


def _logins(cls: type[OmniProvider]) -> tuple[tuple[str, ...], ...]:
    """The ways to log in, each the parameters it takes: what the parts of a URL can stand for."""
    return (
        tuple(cls.credentials_from_url("user", None)),
        tuple(cls.credentials_from_url("user", "password")),
    )


def _credentials(cls: type[OmniProvider]) -> list[str]:
    return list(dict.fromkeys(name for login in _logins(cls) for name in login))


def _wanted(
    cls: type[OmniProvider], known: Mapping[str, Parameter], found: Mapping[str, object]
) -> list[str]:
    """What to look up in the environment: what is required, and the rest of the login begun."""
    begun = {name for name in _credentials(cls) if name in found}
    logins = [login for login in _logins(cls) if begun.issubset(login)]
    names = {name for login in logins for name in login}
    return [
        name
        for name, parameter in known.items()
        if name not in found and (parameter.required or name in names)
    ]


def _from_environment(provider: str, name: str, environ: Mapping[str, str]) -> str | None:
    variable = _variable(provider, name)
    text, path = environ.get(variable), environ.get(f"{variable}_FILE")
    if text and path:
        raise ConfigurationError(
            f"both {variable} and {variable}_FILE are set; unset one of them", field=name
        )
    return _content(path, f"{variable}_FILE") if path else text or None


def _variable(provider: str, name: str) -> str:
    return f"OMNI_{re.sub('[^A-Z0-9]', '_', f'{provider}_{name}'.upper())}"


def _content(path: object, label: str) -> str:
    """The text of a file that holds a credential, without the line break at its end."""
    if not isinstance(path, str):
        raise ConfigurationError(f"{label} must be the path of a file", field=label)
    try:
        text = file_text(expanded(path)).removesuffix("\n")
    except (FileNotFoundError, UnreadableFileError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
    else:
        if text:
            return text
        reason = "it is empty"
    # Raised here, where no exception that holds the content of the file is at hand any more.
    raise ConfigurationError(f"{label}: {shown_name(path)} cannot be read: {reason}", field=label)


def _sources(provider: str, names: Iterable[str]) -> str:
    variables = ", ".join(
        f"{_variable(provider, name)} or {_variable(provider, name)}_FILE" for name in names
    )
    return f"give it in the connection URL or the profile, or set {variables}"
