from datetime import UTC, datetime, timedelta

import pytest

from sandbox.jql import dates
from sandbox.jql.language import Empty, Function, JqlError, Value

#: A Tuesday.
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026/11/01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01 08:15", datetime(2026, 11, 1, 8, 15, tzinfo=UTC)),
        ("2026/11/01 08:15", datetime(2026, 11, 1, 8, 15, tzinfo=UTC)),
        ("-1d", NOW - timedelta(days=1)),
        ("-1w 2d", NOW - timedelta(days=9)),
        ("4h", NOW + timedelta(hours=4)),
        ("+30m", NOW + timedelta(minutes=30)),
    ],
)
def test_dates_and_periods(text, moment):
    assert dates.moment("created", Value(text), NOW) == moment


@pytest.mark.parametrize(
    ("name", "arguments", "moment"),
    [
        ("now", (), NOW),
        ("startOfDay", (), datetime(2026, 11, 24, tzinfo=UTC)),
        ("startOfDay", ("-1",), datetime(2026, 11, 23, tzinfo=UTC)),
        ("startOfDay", ("-1d",), datetime(2026, 11, 23, tzinfo=UTC)),
        ("startOfWeek", (), datetime(2026, 11, 22, tzinfo=UTC)),
        ("startOfWeek", ("-1",), datetime(2026, 11, 15, tzinfo=UTC)),
        ("startOfMonth", (), datetime(2026, 11, 1, tzinfo=UTC)),
        ("startOfYear", (), datetime(2026, 1, 1, tzinfo=UTC)),
        ("endOfDay", (), datetime(2026, 11, 24, 23, 59, 59, 999000, tzinfo=UTC)),
        ("endOfMonth", (), datetime(2026, 11, 30, 23, 59, 59, 999000, tzinfo=UTC)),
        ("endOfYear", (), datetime(2026, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_functions(name, arguments, moment):
    assert dates.moment("created", Function(name, arguments), NOW) == moment


@pytest.mark.parametrize(
    ("operand", "message"),
    [
        (Value("yesterday"), "Date value 'yesterday' for field 'worklogDate' is invalid"),
        (Value("2026-13-01"), "Date value '2026-13-01'"),
        (Empty(), "Date value 'EMPTY'"),
        (Function("currentUser", ()), "Unable to find JQL function 'currentUser()'"),
        (Function("startOfDay", ("x",)), "Duration for function 'startOfDay'"),
    ],
)
def test_what_is_no_date_is_explained(operand, message):
    with pytest.raises(JqlError) as error:
        dates.moment("worklogDate", operand, NOW)
    assert message in error.value.messages[0]
