"""What a receiver logs of the posts that came to nothing: enough to find out why, and no content.

An exception's text and the frames of its traceback may hold all that was posted, a token too, so
neither goes into a record.
"""

from __future__ import annotations

import logging
import traceback

from omni_common.callbacks.area import CallbackArea
from omni_common.errors import CallbackRefusedError, OmniError

__all__ = ["LOGGER", "log_failed", "log_refused"]

LOGGER = "omni_common.callbacks"
"""Logger that receives one record for each post refused, and each event a handler failed with."""

_log = logging.getLogger(LOGGER)


def log_refused(error: CallbackRefusedError) -> None:
    """Leave the record of a post that is not genuine, too large or not readable."""
    _log.warning("refused a post: %s", error.text)


def log_failed(what: str, area: CallbackArea, error: BaseException) -> None:
    """Leave the record of what the handler or the reader, which is *what*, could not cope with.

    Only the texts of this library's own errors are safe to show.
    """
    text = f": {error.text}" if isinstance(error, OmniError) else ""
    kind = type(error).__name__
    _log.error("the %s of %s raised %s%s%s", what, area.name, kind, _where(error), text)


def _where(error: BaseException) -> str:
    """The first and the last place that *error* came through, as far as they are the handler's."""
    # The first frame is the receiver's own.
    _, *frames = traceback.walk_tb(error.__traceback__)
    places = [f"{each.f_code.co_filename}:{line} in {each.f_code.co_name}" for each, line in frames]
    if not places:
        return ""
    origin = f", from {places[-1]}" if len(places) > 1 else ""
    return f" at {places[0]}{origin}"
