"""The ``omni`` command: try the library out, send, ask and cancel from a shell.

It needs the extra ``cli``. Nothing heavy is imported before a command needs it; ``omni --help``
does without HTTP.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

_NEEDS = frozenset({"cyclopts", "rich"})
"""What the extra brings."""
_USAGE = 64
_INTERRUPTED = 130


def main(tokens: Sequence[str] | None = None) -> int:
    """Run the command that *tokens*, or else the process's arguments, say.

    Returns:
        The exit code; ``omni --help`` lists them. A missing extra is 64, as wrong usage is.
    """
    try:
        from omni_common.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDS:
            raise
        sys.stderr.write('omni: this command needs an extra: pip install "omni-async[cli]"\n')
        return _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return run(sys.argv[1:] if tokens is None else tokens)
