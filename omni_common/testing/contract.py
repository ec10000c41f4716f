"""The whole contract in one class."""

from __future__ import annotations

import pytest

from omni_common.testing.callbacks import CallbackContract
from omni_common.testing.cascades import CascadeContract
from omni_common.testing.claims import CapabilitiesContract
from omni_common.testing.follows import FollowingContract
from omni_common.testing.lifetime import LifetimeContract
from omni_common.testing.secrecy import SecrecyContract
from omni_common.testing.sends import SendingContract
from omni_common.testing.streams import StreamContract

__all__ = ["ProviderContract"]


@pytest.mark.asyncio(loop_scope="function")
class ProviderContract(
    CapabilitiesContract,
    CascadeContract,
    SendingContract,
    StreamContract,
    FollowingContract,
    CallbackContract,
    SecrecyContract,
    LifetimeContract,
):
    """Subclass it, write :meth:`connect`, and pytest proves your provider.

    The hooks that can be written besides are those of :class:`ProviderHooks`; ``skips_allowed =
    False`` makes sure that none was forgotten. See :mod:`omni_common.testing` for an example.
    """
