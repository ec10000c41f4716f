"""``omni demo``: a story in five scenes, played on emulators and checked against their ledgers."""

from omni_common.cli.demo.story import play

__all__ = ["play"]
