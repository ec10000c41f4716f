"""The blocking twin of the library, for code without asyncio.

The names are those of ``omni_common`` and mean the same; messages, receipts, reports and errors are
the very same classes and come from there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from omni_common import config as _config
from omni_common.errors import hides_arguments as _hides_arguments
from omni_common.sync.portal import BlockingCallWarning
from omni_common.sync.provider import OmniProvider
from omni_common.sync.stream import OutcomeStream
from omni_common.sync.tracker import Tracker

__all__ = ["BlockingCallWarning", "OmniProvider", "OutcomeStream", "Tracker", "connect"]


@_hides_arguments
def connect(
    target: str | Mapping[str, object] | None = None,
    *,
    profile: str | None = None,
    config: str | os.PathLike[str] | None = None,
) -> OmniProvider:
    """Make a blocking provider; see ``omni_common.connect`` for the arguments and errors."""
    return OmniProvider(partial(_config.connect, target, profile=profile, config=config))
