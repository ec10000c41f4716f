"""The contract suite can fail: each promise is broken by some provider, and that is noticed."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from attrs import evolve

from omni_common import (
    Capabilities,
    Channel,
    DeliveryReport,
    DeliveryState,
    OmniProvider,
    UnknownMessageError,
)
from omni_common.sandbox import Scenario, scenario_of
from omni_common.testing import ProviderContract, sample_message
from tests.contract import (  # noqa: F401 - each registers its breaches
    untrue_answers,
    untrue_cascades,
    untrue_claims,
    untrue_outcomes,
    untrue_reports,
)
from tests.contract.breaches import BREACHES, Breach
from tests.contract.pigeons import PigeonContract
from tests.third_party.carrier_pigeon import PigeonProvider


class ContractOf(PigeonContract):
    """The contract of one provider, to be run test by test."""

    def __init__(self, provider: type[OmniProvider], pigeons: ModuleType | None = None) -> None:
        self.provider = provider
        self.pigeons = pigeons or self.pigeons

    def open(self, word: str, loft: str) -> OmniProvider:
        return self.provider("keeper", word, loft=loft)  # type: ignore[call-arg]

    async def run(self, breach: Breach) -> None:
        await getattr(self, breach.test)(*breach.arguments)


class LenientContractOf(ContractOf):
    skips_allowed = True


@pytest.fixture
def unsealed_reports(tmp_path: Path) -> None:
    """A kind of posts that anybody can make, installed beside the third party's."""
    metadata = tmp_path / "unsealed-1.0.dist-info"
    metadata.mkdir()
    entry = f"{untrue_reports.UNSEALED.name} = {untrue_reports.__name__}:UNSEALED"
    (metadata / "entry_points.txt").write_text(f"[omni.callbacks]\n{entry}\n", "utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: unsealed\nVersion: 1.0\n")


@pytest.mark.parametrize("breach", BREACHES, ids=str)
@pytest.mark.usefixtures("unsealed_reports", "installed_pigeons")
async def test_a_broken_promise_is_noticed(breach: Breach) -> None:
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:
        await ContractOf(breach.provider).run(breach)
    assert re.search(breach.because, f"{caught.type.__name__}: {caught.value}")


@pytest.mark.parametrize("breach", BREACHES, ids=str)
async def test_a_promise_that_is_kept_is_not_called_broken(
    breach: Breach, installed_pigeons: ModuleType
) -> None:
    kept = ContractOf(installed_pigeons.PigeonProvider, installed_pigeons)
    await kept.run(breach)


class LettersOnly(PigeonProvider):
    """Follows nothing and takes nothing back."""

    @property
    def capabilities(self) -> Capabilities:
        true = super().capabilities
        return evolve(true, channels={Channel.EMAIL: true.channels[Channel.EMAIL]})


class ForgettingWhatIsCancelled(PigeonProvider):
    """Knows nothing of a pigeon that was called back."""

    async def status(self, id: str) -> DeliveryReport:
        report = await super().status(id)
        if report.state is DeliveryState.CANCELLED:
            raise UnknownMessageError("no pigeon of this id has flown", provider="pigeon")
        return report


@pytest.mark.parametrize("provider", [LettersOnly, ForgettingWhatIsCancelled])
async def test_a_vendor_may_tell_less_of_what_it_took_back(provider: type[OmniProvider]) -> None:
    await ContractOf(provider).test_a_cancelled_message_is_never_delivered()


async def test_what_is_claimed_nowhere_is_skipped_not_proved() -> None:
    reason = "claims a status on no channel"
    with pytest.raises(pytest.fail.Exception, match=reason):
        await ContractOf(LettersOnly).test_wait_returns_the_final_report()
    with pytest.raises(pytest.skip.Exception, match=reason):
        await LenientContractOf(LettersOnly).test_wait_returns_the_final_report()


@pytest.mark.parametrize("channel", Channel, ids=str)
def test_sample_messages_are_valid_distinct_and_play_no_scenario(channel: Channel) -> None:
    recipients = [str(sample_message(channel).to) for _ in range(1100)]
    assert len(set(recipients)) == len(recipients)
    assert {scenario_of(to) for to in recipients} == {Scenario.DELIVERED}
    assert sample_message(channel).channels == (channel,)


def test_every_promise_is_broken_by_some_provider() -> None:
    promises = {name for name in dir(ProviderContract) if name.startswith("test_")}
    assert promises == {breach.test for breach in BREACHES}
