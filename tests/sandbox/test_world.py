from datetime import timedelta

import pytest

from sandbox import cast, clock, world
from sandbox.permissions import Permissions

ACME, GLOBEX = world.build("acme"), world.build("globex")


def may(site, person, permission, project):
    return Permissions(site, site.users[person.account_id]).holds(permission, site.project(project))


def test_both_sites_have_the_same_people_and_issue_ids_but_not_the_same_work():
    assert set(ACME.users) == set(GLOBEX.users)
    assert {10001, 10005} <= set(ACME.issues) & set(GLOBEX.issues)
    assert {one.key for one in ACME.projects.values()} == {one.key for one in GLOBEX.projects.values()}
    assert not {one.summary for one in ACME.issues.values()} & {one.summary for one in GLOBEX.issues.values()}
    assert not {one.group_id for one in ACME.groups.values()} & {
        one.group_id for one in GLOBEX.groups.values()
    }


def test_a_world_is_the_same_every_time():
    again = world.build("acme")
    assert [(one.id, one.key, one.summary) for one in again.issues.values()] == [
        (one.id, one.key, one.summary) for one in ACME.issues.values()
    ]
    assert list(again.worklogs) == list(ACME.worklogs)


@pytest.mark.parametrize("site", [ACME, GLOBEX])
def test_who_may_look_and_who_may_work(site):
    assert may(site, cast.OUTSIDER, "BROWSE_PROJECTS", "SEC")
    assert not may(site, cast.OUTSIDER, "WORK_ON_ISSUES", "SEC")
    assert may(site, cast.OUTSIDER, "WORK_ON_ISSUES", "OPS")
    assert may(site, cast.MEMBER, "WORK_ON_ISSUES", "SEC")
    assert may(site, cast.HR_PARTNER, "WORK_ON_ISSUES", "HR")
    assert may(site, cast.LEAD, "BROWSE_PROJECTS", "HR")
    assert not may(site, cast.LEAD, "WORK_ON_ISSUES", "HR")
    for person in (cast.MEMBER, cast.READER, cast.OUTSIDER, cast.ADMIN, cast.AUDITOR):
        assert not may(site, person, "BROWSE_PROJECTS", "HR")
    assert not may(site, cast.CLOSED, "BROWSE_PROJECTS", "OPS")


@pytest.mark.parametrize("site", [ACME, GLOBEX])
def test_projects_have_a_handful_of_issues_with_believable_time(site):
    for project in site.projects.values():
        issues = [one for one in site.issues.values() if one.project_id == project.id]
        assert 4 <= len(issues) <= 8
        assert project.last_issue_number == len(issues)
    for issue in site.issues.values():
        logged = sum(one.seconds for one in site.worklogs_of(issue))
        assert (issue.time_spent or 0) == logged
        assert issue.original_estimate is not None
        assert issue.remaining_estimate == max(0, issue.original_estimate - logged)
        assert issue.reporter in site.users and (issue.assignee is None or issue.assignee in site.users)


@pytest.mark.parametrize("site", [ACME, GLOBEX])
def test_work_was_logged_in_the_last_two_weeks_and_in_order(site):
    now = clock.now()
    assert len(site.worklogs) >= 10
    for one in site.worklogs.values():
        assert now - timedelta(days=15) < one.started <= one.created <= now
        assert one.started.weekday() < 5
    created = [one.created for one in site.worklogs.values()]
    assert created == sorted(created)


def test_one_work_log_is_restricted_to_a_group():
    restricted = [one for one in ACME.worklogs.values() if one.visibility]
    assert [one.visibility.value for one in restricted] == ["hr-partners"]
    lead, partner = (Permissions(ACME, ACME.users[one.account_id]) for one in (cast.LEAD, cast.HR_PARTNER))
    assert partner.may_see(restricted[0])
    assert not lead.may_see(restricted[0])
