"""``python -m omni_common.cli`` is ``omni``."""

from __future__ import annotations

import sys

from omni_common.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
