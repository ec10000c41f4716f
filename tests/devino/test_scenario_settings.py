"""The settings of scenarios: what may be set, also as text, and what is refused at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async.routes.scenario import (
    NEUTRAL_TEXT,
    NEUTRAL_URL,
    ScenarioSettings,
    scenario_settings,
)
from omni_common.errors import ConfigurationError

wall = datetime.fromisoformat  # a wall-clock time, without a zone
NAME, OTHER = "omni-async.viber-ftv-300.sms-ft", "omni-async.vk-ir"


def test_nothing_has_to_be_set() -> None:
    settings = scenario_settings()
    assert settings == ScenarioSettings()
    assert (settings.text, settings.url) == (NEUTRAL_TEXT, NEUTRAL_URL)
    assert (settings.start, settings.end, settings.cascade_ttl) == (None, None, None)
    assert settings.task_ids == {}


def test_the_neutral_url_is_that_of_nobody() -> None:
    assert NEUTRAL_URL == "https://example.com/"


def test_everything_can_be_set() -> None:
    settings = scenario_settings(
        sender="Shop",
        email_sender="post@shop.example",
        scenario_text="Shop",
        scenario_url="https://shop.example",
        scenario_vk_template="900",
        scenario_start=wall("2026-01-01"),
        scenario_end=wall("2027-01-01"),
        cascade_ttl=300,
        scenarios={NAME: "7004"},
    )
    assert settings == ScenarioSettings(
        sender="Shop",
        email_sender="post@shop.example",
        text="Shop",
        url="https://shop.example",
        vk_template="900",
        start=wall("2026-01-01"),
        end=wall("2027-01-01"),
        cascade_ttl=timedelta(minutes=5),
        task_ids={NAME: "7004"},
    )


@pytest.mark.parametrize("text", ["2026-12-31 23:59:58", "2026-12-31T23:59:58"])
def test_a_time_may_be_said_as_text(text: str) -> None:
    settings = scenario_settings(scenario_start=text, scenario_end="2027-12-31 00:00:00")
    assert settings.start == wall("2026-12-31 23:59:58")
    assert settings.end == wall("2027-12-31")


@pytest.mark.parametrize("name", ["scenario_start", "scenario_end"])
@pytest.mark.parametrize(
    "time",
    [
        *("", "tomorrow", "2026-12-31", "2026-13-01 00:00:00", "2026-12-31 23:59"),
        *("2026-12-31T23:59:58Z", "2026-12-31 23:59:58+03:00", "2026-12-31 23:59:58.5"),
        *("9999-01-01 00:00:00", wall("9999-12-31")),
        *(datetime(2026, 1, 1, tzinfo=UTC), wall("2026-01-01 00:00:00.000001"), 5),
    ],
)
def test_t30_any_other_time_is_refused_at_once(name: str, time: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(**{name: time})
    assert (caught.value.field, caught.value.provider) == (name, "devino")
    assert "2026" not in caught.value.text


@pytest.mark.parametrize("end", ["2026-01-01 00:00:00", "2025-12-31 23:59:59"])
def test_a_scenario_ends_after_its_start(end: str) -> None:
    with pytest.raises(ConfigurationError, match="later than scenario_start") as caught:
        scenario_settings(scenario_start="2026-01-01 00:00:00", scenario_end=end)
    assert caught.value.field == "scenario_end"


@pytest.mark.parametrize("ttl", [1, 300, 300.0, timedelta(seconds=300)])
def test_cascade_ttl_is_whole_seconds(ttl: Any) -> None:
    seconds = ttl if isinstance(ttl, timedelta) else timedelta(seconds=ttl)
    assert scenario_settings(cascade_ttl=ttl).cascade_ttl == seconds


@pytest.mark.parametrize(
    "ttl",
    [
        *(0, -5, 0.5, 300.5, float("inf"), float("nan"), 1e300, 10**400, True, "300"),
        *(timedelta(), timedelta(milliseconds=1500)),
    ],
)
def test_any_other_cascade_ttl_is_refused_at_once(ttl: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(cascade_ttl=ttl)
    assert caught.value.field == "cascade_ttl"


@pytest.mark.parametrize(
    "scenarios",
    [
        {NAME: "7004", OTHER: "7005"},
        {NAME: 7004, OTHER: "7005"},
        f"{NAME}=7004,{OTHER}=7005",
        f" {NAME} = 7004 , {OTHER}=7005 ",
    ],
)
def test_task_ids_are_a_mapping_or_a_text(scenarios: Any) -> None:
    assert scenario_settings(scenarios=scenarios).task_ids == {NAME: "7004", OTHER: "7005"}


@pytest.mark.parametrize(
    "scenarios",
    [
        *("", ",", NAME, f"{NAME}=", "=7004", f"{NAME}=7004,", f"{NAME}=70 04", f"{NAME}=x"),
        *(f"{NAME}=7004;{OTHER}=7005", f"{NAME}=7004,{NAME}=7005", f"{NAME}=-1", f"{NAME}=0"),
        *("NEW_SMS=7004", {"NEW_SMS": "7004"}, {NAME: ""}, {NAME: None}, {NAME: True}, {5: "7"}),
        *([(NAME, "7004")], 5, {NAME: "７００４"}),
    ],
)
def test_anything_else_is_refused_at_once_and_not_quoted(scenarios: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(scenarios=scenarios)
    assert (caught.value.field, caught.value.provider) == ("scenarios", "devino")
    assert "7004" not in caught.value.text


def test_a_name_that_no_shape_has_is_not_taken_in_silence() -> None:
    with pytest.raises(ConfigurationError, match="scenario_name"):
        scenario_settings(scenarios={NAME.replace("ftv", "fvt"): "7004"})


def test_a_mapping_given_may_be_changed_later() -> None:
    given = {NAME: "7004"}
    settings = scenario_settings(scenarios=given)
    given.clear()
    assert settings.task_ids == {NAME: "7004"}


@pytest.mark.parametrize(
    "text", ["", "  ", "two\nlines", "x" * 31, "\ud800", "two ${x}", "${", None, 5]
)
def test_the_neutral_text_fits_a_button(text: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(scenario_text=text)
    assert caught.value.field == "scenario_text"
    assert "two" not in caught.value.text


@pytest.mark.parametrize("url", ["", "shop.example", "ftp://shop.example", "https://", None])
def test_the_neutral_url_is_a_whole_one(url: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(scenario_url=url)
    assert caught.value.field == "scenario_url"
    assert "shop" not in caught.value.text


@pytest.mark.parametrize("template", ["", " ", 16, "\ud800"])
def test_the_neutral_vk_template_is_an_id(template: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(scenario_vk_template=template)
    assert caught.value.field == "scenario_vk_template"


@pytest.mark.parametrize("sender", ["Shop", "a@b", "a@b.example, c@d.example", 5])
def test_the_sender_of_letters_is_an_address(sender: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario_settings(email_sender=sender)
    assert caught.value.field == "email_sender"
    assert "example" not in caught.value.text


def test_an_empty_sender_is_none() -> None:
    assert not scenario_settings(sender="", email_sender="").email_sender


@given(st.text())
def test_whatever_text_stands_for_scenarios_only_the_librarys_error_comes(text: str) -> None:
    try:
        scenario_settings(scenarios=text)
    except ConfigurationError as error:
        assert error.field == "scenarios"  # noqa: PT017


@given(st.text() | st.floats() | st.integers() | st.none() | st.binary())
def test_whatever_is_set_only_the_librarys_error_comes(value: Any) -> None:
    for name in ("scenario_start", "scenario_end", "cascade_ttl", "scenarios", "scenario_text"):
        try:
            scenario_settings(**{name: value})
        except ConfigurationError as error:
            assert error.field == name  # noqa: PT017
