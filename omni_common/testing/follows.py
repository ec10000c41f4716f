"""``status``, ``wait`` and ``cancel``: an id is enough, and the answer is never a guess."""
# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from omni_common.errors import (
    CancelFailedError,
    NotSentError,
    NotSupportedError,
    OmniError,
    ReadError,
    UnknownMessageError,
)
from omni_common.provider import OmniProvider
from omni_common.report import DeliveryReport, DeliveryState, StatusResult
from omni_common.testing.features import in_an_hour
from omni_common.testing.hooks import ProviderHooks
from omni_common.testing.outcomes import accepted
from omni_common.testing.ways import over, ways

__all__ = ["FollowingContract"]

_NO_CANCEL = (CancelFailedError, UnknownMessageError, NotSupportedError)


def _foreign_ids(name: str) -> list[str]:
    """Ids that no provider called *name* has given out, down to what is no id at all."""
    own = ["", " ", "..", "a/b?c=d#e", "%2e%2e", "ö", "\r\n", "0" * 2000, '","']
    return ["", "42", name, f"not-{name}:42", f" {name}:42", *(f"{name}:{tail}" for tail in own)]


def _assert_report(report: DeliveryReport, id: str) -> None:
    assert isinstance(report, DeliveryReport), "status() returns a DeliveryReport"
    assert report.id == id, "a report has the id that was asked for"
    assert isinstance(report.state, DeliveryState), "a state is a DeliveryState"
    assert isinstance(report.parts, tuple)
    assert report.is_final == report.state.is_final
    for moment in (report.at, *(part.at for part in report.parts)):
        assert moment is None or moment.utcoffset() is not None, "a time names its zone, or is None"


class FollowingContract(ProviderHooks):
    """What becomes of a message can be asked for, by its id alone."""

    async def test_the_id_alone_is_enough_for_the_status(self) -> None:
        """It works tomorrow, in another process: here, with another provider object."""
        async with self.connect() as provider:
            receipt = await accepted(provider, self.message(self.channel_with_status(provider)))
        async with self.connect() as another:
            _assert_report(await another.status(receipt.id), receipt.id)

    async def test_a_delivered_message_is_reported_as_such(self) -> None:
        """The state is final, and the channel known (needs ``deliver``)."""
        async with self.connect() as provider:
            channel = self.channel_with_status(provider)
            receipt = await accepted(provider, self.message(channel))
            await self.deliver()
            report = await provider.status(receipt.id)
            _assert_report(report, receipt.id)
            assert report.state.has_arrived, f"delivered, and reported as {report.state.name}"
            assert report.is_final
            assert report.channel == channel, "the report names the channel that delivered"

    async def test_wait_returns_the_final_report(self) -> None:
        """As soon as there is one (needs ``deliver``)."""
        async with self.connect() as provider:
            receipt = await accepted(provider, self.message(self.channel_with_status(provider)))
            await self.deliver()
            report = await provider.wait(receipt.id)
            _assert_report(report, receipt.id)
            assert report.is_final, "wait() came back with a report that is not final"

    async def test_wait_returns_the_last_report_when_time_is_up(self) -> None:
        """It does not raise, and says that the report is not final (``ACCEPTED`` at first)."""
        async with self.connect() as provider:
            channel = self.channel_with_status(provider)
            plain = self.message(channel)
            can_wait = provider.capabilities.channels[channel].schedule
            message = in_an_hour(plain, provider) if can_wait else plain
            receipt = await accepted(provider, message)
            report = await provider.wait(receipt.id, timeout=timedelta())
            _assert_report(report, receipt.id)
            assert not (can_wait and report.is_final), "a scheduled message has no final state yet"

    async def test_an_id_the_vendor_does_not_know_is_an_unknown_message(self) -> None:
        """Neither a report nor another error stands for it (needs ``unknown_id``)."""
        async with self.connect() as provider:
            self.channel_with_status(provider)
            with pytest.raises(UnknownMessageError) as caught:
                await provider.status(self.unknown_id())
            assert caught.value.provider == provider.capabilities.provider
            assert caught.value.outcome is None, "reading says nothing about a send"

    async def test_wait_is_patient_with_an_id_that_is_just_born(self) -> None:
        """A vendor may not know yet what it has just accepted (needs ``unknown_id``)."""
        async with self.connect() as provider:
            self.channel_with_status(provider)
            report = await provider.wait(self.unknown_id(), timeout=timedelta())
            assert report.state is DeliveryState.ACCEPTED

    async def test_an_id_of_another_provider_is_an_unknown_message(self) -> None:
        """So is what is no id at all; nothing foreign is raised, and nothing is found."""
        async with self.connect() as provider:
            self.channel_with_status(provider)
            for id in _foreign_ids(provider.capabilities.provider):
                with suppress(UnknownMessageError):
                    report = await provider.status(id)
                    pytest.fail(f"the status of {id!r} is {report.state.name}")

    async def test_status_many_yields_one_result_for_each_id(self) -> None:
        """In the order of the ids, a report or an error each; doubles get two."""
        async with self.connect() as provider:
            channel = self.channel_with_status(provider)
            known = [(await accepted(provider, self.message(channel))).id for _ in range(3)]
            foreign = f"not-{provider.capabilities.provider}:42"
            ids = [known[0], foreign, known[1], known[0], "", known[2]]
            results = [result async for result in provider.status_many(ids)]
            assert [result.id for result in results] == ids, "one result for each id, in order"
            for result in results:
                assert isinstance(result, StatusResult)
                if result.id in known:
                    assert result.error is None, f"a known id got {result.error!r}"
                    assert result.report is not None
                    _assert_report(result.report, result.id)
                else:
                    assert result.report is None, "a foreign id got a report"
                    assert isinstance(result.error, UnknownMessageError)

    async def test_status_many_takes_an_asynchronous_source(self) -> None:
        """Ids may come from anywhere, and none at all is fine."""

        async def source(*ids: str) -> AsyncIterator[str]:
            for id in ids:
                yield id

        async with self.connect() as provider:
            receipt = await accepted(provider, self.message(self.channel_with_status(provider)))
            results = [result async for result in provider.status_many(source(receipt.id))]
            assert [result.id for result in results] == [receipt.id]
            assert [result async for result in provider.status_many(source())] == []

    async def test_a_cancelled_message_is_never_delivered(self) -> None:
        """``cancel`` returns only when that is sure; by an id alone (needs ``deliver``)."""
        async with self.connect() as provider:
            cancelled = []
            for way in ways(provider):
                possible = provider.capabilities.together(way)
                message = self.plain(provider, way)
                if all(possible[channel].schedule for channel in way):
                    message = in_an_hour(message, provider)
                receipt = await accepted(provider, message)
                async with self.connect() as another:
                    if all(possible[channel].cancel for channel in way):
                        await another.cancel(receipt.id)
                        cancelled.append((way, receipt.id))
                    else:
                        await self._assert_not_cancelled(another, receipt.id)
            await self.deliver()
            for way, id in cancelled:
                with over(way):
                    await self._assert_never_delivered(provider, id)

    async def test_what_is_delivered_cannot_be_cancelled(self) -> None:
        """It raises, and not ``NotSentError``: something *was* sent (needs ``deliver``)."""
        async with self.connect() as provider:
            ids = [
                (await accepted(provider, self.plain(provider, way))).id for way in ways(provider)
            ]
            await self.deliver()
            for id in ids:
                await self._assert_not_cancelled(provider, id)

    async def test_an_unknown_id_cannot_be_cancelled(self) -> None:
        """Silence is no confirmation (needs ``unknown_id``)."""
        async with self.connect() as provider:
            await self._assert_not_cancelled(provider, self.unknown_id())

    async def test_an_id_of_another_provider_cannot_be_cancelled(self) -> None:
        """Neither can what is no id at all; nothing foreign is raised."""
        async with self.connect() as provider:
            for id in _foreign_ids(provider.capabilities.provider):
                await self._assert_not_cancelled(provider, id)

    async def test_wrong_credentials_say_nothing_about_a_message(self) -> None:
        """Reading fails, cancelling fails, no more (needs ``wrong_credentials``)."""
        await self._assert_out_of_reach(self.wrong_credentials())

    async def test_an_unreachable_vendor_says_nothing_about_a_message(self) -> None:
        """Reading fails, cancelling fails, no more (needs ``unreachable``)."""
        await self._assert_out_of_reach(self.unreachable())

    async def _assert_not_cancelled(self, provider: OmniProvider, id: str) -> None:
        with pytest.raises(OmniError) as caught:
            await provider.cancel(id)
        assert isinstance(caught.value, _NO_CANCEL), f"cancel() raised {type(caught.value)}"
        assert not isinstance(caught.value, NotSentError), "cancel() never says: not sent"
        assert caught.value.provider == provider.capabilities.provider

    async def _assert_never_delivered(self, provider: OmniProvider, id: str) -> None:
        try:
            report = await provider.status(id)
        except (UnknownMessageError, NotSupportedError):
            return  # a vendor may forget what was cancelled, or tell nothing at all
        assert report.state is DeliveryState.CANCELLED or not report.is_final, (
            f"cancelled, and then {report.state.name}"
        )

    async def _assert_out_of_reach(self, provider: OmniProvider) -> None:
        async with self.connect() as right, provider:
            receipt = await accepted(right, self.message(self.first_channel(right)))
            with pytest.raises(OmniError) as read:
                await provider.status(receipt.id)
            assert isinstance(read.value, ReadError | NotSupportedError)
            assert not isinstance(read.value, UnknownMessageError | NotSentError), (
                f"{type(read.value).__name__} says more than is known"
            )
            with pytest.raises(OmniError) as cancelled:
                await provider.cancel(receipt.id)
            assert isinstance(cancelled.value, CancelFailedError | NotSupportedError)
            assert not isinstance(cancelled.value, NotSentError), "cancel() never says: not sent"
