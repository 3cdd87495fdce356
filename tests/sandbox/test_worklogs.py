import pytest

from sandbox import cast, clock, worklogs, world
from sandbox.model import EventKind
from sandbox.worklogs import Adjust, Adjustment, Entry

MEMBER, LEAD = cast.MEMBER.account_id, cast.LEAD.account_id


@pytest.fixture
def site():
    return world.build("acme")


@pytest.fixture
def issue(site):
    fresh = site.issue("SEC-4")
    assert (fresh.original_estimate, fresh.remaining_estimate, fresh.time_spent) == (28_800, 28_800, None)
    return fresh


@pytest.fixture
def events(site):
    heard = []
    site.listeners.append(heard.append)
    return heard


def log(site, issue, seconds=3600, adjustment=None):
    return worklogs.add(site, issue, MEMBER, Entry(clock.now(), seconds), adjustment=adjustment)


def last_changes(issue):
    return {item.field: (item.from_id, item.to_id) for item in issue.history[-1].items}


def test_logging_moves_time_spent_and_the_remaining_estimate_and_leaves_a_trace(site, issue, events):
    worklog = log(site, issue)
    assert (issue.time_spent, issue.remaining_estimate) == (3600, 25_200)
    assert last_changes(issue) == {
        "timeestimate": ("28800", "25200"),
        "timespent": (None, "3600"),
        "WorklogId": (None, str(worklog.id)),
    }
    assert issue.history[-1].author == MEMBER
    assert [(event.kind, event.worklog.id) for event in events] == [(EventKind.WORKLOG_CREATED, worklog.id)]


def test_changing_moves_them_by_the_difference(site, issue, events):
    worklog = log(site, issue)
    worklogs.change(site, worklog, LEAD, Entry(worklog.started, 5400))
    assert (issue.time_spent, issue.remaining_estimate) == (5400, 23_400)
    assert (worklog.author, worklog.update_author) == (MEMBER, LEAD)
    assert last_changes(issue)["WorklogTimeSpent"] == ("3600", "5400")
    assert events[-1].kind is EventKind.WORKLOG_UPDATED


def test_removing_gives_the_time_back_but_history_remembers(site, issue, events):
    worklog = log(site, issue)
    worklogs.remove(site, worklog, MEMBER)
    assert (issue.time_spent, issue.remaining_estimate) == (0, 28_800)
    assert worklog.id not in site.worklogs
    assert [one.id for one in site.deleted_worklogs] == [worklog.id]
    assert last_changes(issue)["WorklogTimeSpent"] == ("3600", None)
    assert last_changes(issue)["WorklogId"] == (str(worklog.id), None)
    assert (events[-1].kind, events[-1].worklog.seconds) == (EventKind.WORKLOG_DELETED, 3600)


def test_the_estimate_never_falls_below_zero(site, issue):
    log(site, issue, seconds=36_000)
    assert issue.remaining_estimate == 0


@pytest.mark.parametrize(
    ("adjustment", "remaining"),
    [
        (Adjustment(Adjust.AUTO), 25_200),
        (Adjustment(Adjust.LEAVE), 28_800),
        (Adjustment(Adjust.NEW, 600), 600),
        (Adjustment(Adjust.MANUAL, 1800), 27_000),
    ],
)
def test_the_estimate_is_adjusted_as_asked(site, issue, adjustment, remaining):
    log(site, issue, adjustment=adjustment)
    assert issue.remaining_estimate == remaining
    assert issue.time_spent == 3600


def test_a_manual_adjustment_on_deletion_increases_the_estimate(site, issue):
    worklog = log(site, issue, adjustment=Adjustment(Adjust.LEAVE))
    worklogs.remove(site, worklog, MEMBER, adjustment=Adjustment(Adjust.MANUAL, 600))
    assert issue.remaining_estimate == 29_400


def test_an_event_keeps_the_state_of_its_moment(site, issue, events):
    worklog = log(site, issue)
    worklogs.change(site, worklog, MEMBER, Entry(worklog.started, 60))
    assert [event.worklog.seconds for event in events] == [3600, 60]
