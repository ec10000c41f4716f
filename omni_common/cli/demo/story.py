"""The story as a whole: its scenes in order, and how they are told."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from omni_common.cli.demo.bulk import many
from omni_common.cli.demo.cascade import cascade
from omni_common.cli.demo.delivery import followed, taken_back
from omni_common.cli.demo.outcomes import three_outcomes
from omni_common.cli.demo.scene import Claim, Scene
from omni_common.cli.demo.stage import Stage, open_stage
from omni_common.cli.exits import ExitCode
from omni_common.cli.output import write_json

__all__ = ["play"]

_ACTS: tuple[Callable[[Stage], Awaitable[Scene]], ...] = (
    three_outcomes,
    followed,
    taken_back,
    cascade,
    many,
)
_STYLES = {
    "accepted": "green",
    "delivered": "green",
    "cancelled": "green",
    "not sent": "yellow",
    "not supported": "yellow",
    "expired": "yellow",
    "unknown": "magenta",
}
_WIDEST = 88
"""Columns beyond which sentences get hard to read."""


def play(*, json: bool) -> int:
    """Play the story; return the exit code, which is 0 only if everything claimed holds."""
    if json:
        scenes = asyncio.run(_play(lambda _: None))
        write_json(
            {
                "ok": _holds(scenes),
                "scenes": [scene.document() for scene in scenes],
                "error": None,
            }
        )
    else:
        console = _console()
        _print(console, _prologue())
        scenes = asyncio.run(_play(lambda scene: _print(console, _told(scene, console))))
        _print(console, _epilogue(scenes))
    return int(ExitCode.DONE if _holds(scenes) else ExitCode.CLAIM_FAILED)


async def _play(tell: Callable[[Scene], None]) -> list[Scene]:
    scenes = []
    async with open_stage() as stage:
        for act in _ACTS:
            scenes.append(await act(stage))
            tell(scenes[-1])
    return scenes


def _claims(scenes: list[Scene]) -> list[Claim]:
    return [claim for scene in scenes for claim in scene.claims]


def _holds(scenes: list[Scene]) -> bool:
    return all(claim.holds for claim in _claims(scenes))


def _console() -> Console:
    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    return console


def _print(console: Console, parts: Iterator[RenderableType]) -> None:
    for part in parts:
        console.print(part)


def _prologue() -> Iterator[RenderableType]:
    yield Text("omni demo", style="bold")
    yield Text(
        "Messente and Devino are emulated on this machine, as real HTTP servers. Nothing leaves it,"
        " and nothing is charged. Each keeps a ledger of the messages it took, and every claim"
        " below is checked against these ledgers."
    )


def _told(scene: Scene, console: Console) -> Iterator[RenderableType]:
    yield Text(f"\n{scene.title}", style="bold cyan")
    yield Text(scene.opening)
    if scene.code is not None:
        code = Syntax(
            inspect.getsource(scene.code),
            "python",
            theme="ansi_dark",
            background_color="default",
            word_wrap=True,
        )
        yield Padding(code, (1, 0, 0, 2))
    yield _table(scene)
    if scene.closing:
        yield Text(f"{scene.closing}\n")
    for claim in scene.claims:
        yield _claim(claim, console)


def _table(scene: Scene) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for column in scene.columns:
        table.add_column(column, overflow="fold")
    for title, *cells in scene.rows:
        table.add_row(Text(title), *(Text(cell, style=_style(cell)) for cell in cells))
    return table


def _style(cell: str) -> str:
    return next((style for word, style in _STYLES.items() if cell.startswith(word)), "")


def _claim(claim: Claim, console: Console) -> RenderableType:
    signs = ("✓", "✗") if console.encoding.lower().startswith("utf") else ("ok", "NO")
    sign, style = (signs[0], "green") if claim.holds else (signs[1], "bold red")
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text(sign, style=style), Text(claim.text))
    return grid


def _epilogue(scenes: list[Scene]) -> Iterator[RenderableType]:
    claims = _claims(scenes)
    failed = [claim.text for claim in claims if not claim.holds]
    if failed:
        count = f"{len(failed)} of {len(claims)}"
        yield Text(f"\n{count} claims do not hold: {' '.join(failed)}", style="bold red")
        return
    yield Text(f"\nAll {len(claims)} claims hold.", style="bold green")
    yield Text("What to try next:")
    grid = Table.grid(padding=(0, 2))
    for command, meaning in (
        ("omni sandbox", "keeps both emulators running and prints their URLs"),
        ("omni send --help", "sends to them from another terminal"),
        ("omni providers", "shows what each vendor can do"),
    ):
        grid.add_row("", Text(command, style="bold"), Text(meaning))
    yield grid
