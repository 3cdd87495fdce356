from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0m"),
        (59, "0m"),
        (60, "1m"),
        (5400, "1h 30m"),
        (8 * 3600, "1d"),
        (5 * 8 * 3600, "1w"),
        (5 * 8 * 3600 + 8 * 3600 + 3660, "1w 1d 1h 1m"),
    ],
)
def test_durations_are_written_in_working_weeks_and_days(seconds, text):
    assert clock.pretty(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h 30m", 5400), ("2d", 57_600), ("1w", 144_000), ("45", 2700), ("1.5h", 5400), ("1h30m", 5400)],
)
def test_durations_are_read_as_jira_does(text, seconds):
    assert clock.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "1x", "h", "-1h", "1h x", "1,5h"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError):
        clock.parse_duration(text)


@given(st.integers(min_value=1, max_value=10**6))
def test_a_duration_of_whole_minutes_survives_writing_and_reading(minutes):
    assert clock.parse_duration(clock.pretty(minutes * 60)) == minutes * 60


def test_a_moment_is_written_with_milliseconds_and_an_offset_without_colon():
    moment = datetime(2026, 11, 24, 9, 0, 0, 7000, timezone(timedelta(hours=1)))
    assert clock.stamp(moment) == "2026-11-24T09:00:00.007+0100"
    assert clock.parse_stamp(clock.stamp(moment)) == moment


@pytest.mark.parametrize(
    "text",
    ["2026-11-24T09:00:00.000+01:00", "2026-11-24T09:00:00+0100", "2026-11-24T09:00:00.000Z", "2026-11-24"],
)
def test_other_forms_of_a_moment_are_refused_as_jira_refuses_them(text):
    with pytest.raises(ValueError):
        clock.parse_stamp(text)


def test_milliseconds_count_from_1970():
    assert clock.millis(datetime(1970, 1, 1, 0, 0, 1, 5000, UTC)) == 1005
