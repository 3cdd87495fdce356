"""`worklogs.durations`: Jira's notation."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklogs import durations
from worklogs.durations import UnreadableDuration, WorkingTime

EIGHT_BY_FIVE = WorkingTime()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("2d", 57_600),
        ("1w 2d 4h", 144_000 + 57_600 + 14_400),
        ("90m", 5400),
        ("90", 5400),
        ("1.5h", 5400),
        ("1,5h", 5400),
        ("  2 hours 5 minutes ", 7500),
        ("1H", 3600),
    ],
)
def test_what_people_type_is_understood(text, seconds):
    assert durations.parse(text, EIGHT_BY_FIVE) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "1x",
        "-1h",
        "1h 2h",
        "30m 1h",
        "0m",
        "59999999h",
        "1h 30",
        "1 2",
        "h",
        "1e3h",
        "²h",
        "٣h3",
    ],
)
def test_what_is_no_duration_is_refused_with_advice(text):
    with pytest.raises(UnreadableDuration) as refused:
        durations.parse(text, EIGHT_BY_FIVE)
    assert len(str(refused.value)) > 15


def test_a_day_is_as_long_as_the_site_says():
    assert durations.parse("1d", WorkingTime(hours_per_day=Decimal("7.5"))) == 27_000
    assert durations.parse("1w", WorkingTime(Decimal(6), Decimal(4))) == 86_400


@given(
    minutes=st.integers(1, durations.LONGEST_SECONDS // 60),
    hours=st.decimals(1, 24, places=2),
    days=st.decimals(1, 7, places=2),
)
def test_what_is_rendered_is_read_back(minutes, hours, days):
    working_time = WorkingTime(hours, days)
    rendered = durations.render(minutes * 60, working_time)
    # A day of 7.77 hours is no whole number of minutes: reading back may lose what rounding cut off.
    assert 0 <= minutes * 60 - durations.parse(rendered, working_time) <= 60 or rendered == "0m"


@given(st.text(max_size=40))
def test_no_text_makes_it_stumble(text):
    with contextlib.suppress(UnreadableDuration):
        assert 60 <= durations.parse(text, EIGHT_BY_FIVE) <= durations.LONGEST_SECONDS
