"""``omni providers``: what each installed provider can do, as it says itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen
from rich import box
from rich.console import Console
from rich.table import Table

from omni_common.capabilities import Capabilities, ChannelCapabilities
from omni_common.cli.emulators import emulator_class, emulator_names
from omni_common.cli.exits import ExitCode
from omni_common.cli.output import write_json
from omni_common.config import connect
from omni_common.errors import ConfigurationError
from omni_common.message import Channel, Priority
from omni_common.registry import provider_names

__all__ = ["show_providers"]

_ANY_PORT = 1
_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def show_providers(*, json: bool) -> int:
    """Print what every installed provider can do; return the exit code."""
    providers = [_described(name) for name in provider_names()]
    if json:
        write_json({"providers": [_provider(each) for each in providers], "error": None})
    else:
        _show(providers, Console(highlight=False))
    return int(ExitCode.DONE)


@frozen
class _Installed:
    """A provider that is installed, and what it can do."""

    name: str
    capabilities: Capabilities | None
    error: str | None = None
    """Why nothing is known of it without an account."""


def _described(name: str) -> _Installed:
    """Ask the provider that its own emulator's URL leads to; nothing is connected to.

    Capabilities do not depend on the account, and that URL is complete without one.
    """
    if name not in emulator_names():
        return _Installed(name, None, "it brings no emulator that could say what it can do")
    try:
        url = emulator_class(name)(port=_ANY_PORT).url
        return _Installed(name, connect(url).capabilities)
    except ConfigurationError as error:
        return _Installed(name, None, error.text)


def _show(providers: list[_Installed], console: Console) -> None:
    """Print one table for each provider."""
    for provider in providers:
        if provider.capabilities is None:
            console.print(f"{provider.name}: {provider.error}", markup=False)
        else:
            for table in _tables(provider.name, provider.capabilities):
                console.print(table)
            for note in _notes(provider.capabilities):
                console.print(f"  {note}", markup=False)
        console.print()


def _tables(name: str, capabilities: Capabilities) -> Iterator[Table]:
    """What channels can do alone, and what they can do together where that is another matter."""
    is_alike = capabilities.cascade == capabilities.channels
    several = "channels in order, " if capabilities.cascade and is_alike else ""
    size = capabilities.batch_size
    bulk = f"up to {size} messages a call" if size > 1 else "one message a call"
    yield _table(f"{name}: {several}{bulk}", capabilities.channels)
    if capabilities.cascade and not is_alike:
        yield _table(f"{name}, several channels in order", capabilities.cascade)


def _table(title: str, channels: Mapping[Channel, ChannelCapabilities]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE)
    table.add_column("", overflow="fold")
    for name, channel in channels.items():
        table.add_column(str(name) if channel.leads else f"{name}, last", overflow="fold")
    cells = [_cells(channel) for channel in channels.values()]
    for feature in cells[0] if cells else ():
        table.add_row(feature, *(column[feature] for column in cells))
    return table


def _cells(channel: ChannelCapabilities) -> Mapping[str, str]:
    def mark(possible: bool) -> str:  # noqa: FBT001 - it is the only thing said
        return "yes" if possible else "-"

    return {
        "status": mark(channel.status),
        "cancel": mark(channel.cancel),
        "send_at": mark(channel.schedule),
        "callback_url": mark(channel.callback),
        "metadata": mark(channel.metadata),
        "priority": ", ".join(_priorities(channel)) or "-",
        "ttl": _ttl(channel),
        "longest text": "-" if channel.longest_text is None else str(channel.longest_text),
    }


def _priorities(channel: ChannelCapabilities) -> list[str]:
    return [priority.value for priority in Priority if priority in channel.priorities]


def _ttl(channel: ChannelCapabilities) -> str:
    if not channel.ttl:
        return "-"
    shortest, longest = channel.shortest_ttl, channel.longest_ttl
    if longest is None:
        return f"from {_spelled(shortest)}"
    return f"{_spelled(shortest)} to {_spelled(longest)}"


def _spelled(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    unit, size = next((name, size) for name, size in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit if count != 1 else unit.removesuffix('s')}"


def _notes(capabilities: Capabilities) -> Iterator[str]:
    yield from capabilities.notes
    for name, channel in capabilities.channels.items():
        yield from (f"{name}: {note}" for note in channel.notes)
    for name, channel in capabilities.cascade.items():
        if channel != capabilities.channels.get(name):
            yield from (f"{name} with others: {note}" for note in channel.notes)


def _provider(provider: _Installed) -> dict[str, Any]:
    found = provider.capabilities
    return {
        "name": provider.name,
        "batch_size": found and found.batch_size,
        "notes": list(found.notes) if found else [],
        "channels": _channels(found.channels if found else {}),
        "cascade": _channels(found.cascade if found else {}),
        "error": provider.error,
    }


def _channels(channels: Mapping[Channel, ChannelCapabilities]) -> dict[str, Any]:
    return {str(name): _channel(channel) for name, channel in channels.items()}


def _channel(channel: ChannelCapabilities) -> dict[str, Any]:
    longest = channel.longest_ttl
    return {
        "status": channel.status,
        "cancel": channel.cancel,
        "schedule": channel.schedule,
        "callback": channel.callback,
        "callback_area": channel.callback_area,
        "metadata": channel.metadata,
        "priorities": _priorities(channel),
        "ttl": channel.ttl,
        "shortest_ttl": channel.shortest_ttl.total_seconds(),
        "longest_ttl": None if longest is None else longest.total_seconds(),
        "longest_text": channel.longest_text,
        "leads": channel.leads,
        "notes": list(channel.notes),
    }
