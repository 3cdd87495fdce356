from datetime import timedelta

import pytest

from sandbox import cast, worklogs, world
from sandbox.jql import language, search
from sandbox.jql.language import JqlError
from sandbox.model import Visibility, VisibilityKind
from sandbox.permissions import BROWSE_PROJECTS, Permissions


@pytest.fixture(scope="module")
def site():
    return world.build("acme")


@pytest.fixture
def find(site):
    """Keys of the issues that a person finds."""

    def find(text, person=cast.MEMBER):
        permissions = Permissions(site, site.users[person.account_id])
        visible = [one for one in site.issues.values() if permissions.holds_on(BROWSE_PROJECTS, one)]
        return [one.key for one in search.run(language.parse(text), site, permissions, visible)]

    return find


SEC = ["SEC-6", "SEC-5", "SEC-4", "SEC-3", "SEC-2", "SEC-1"]
OPS = ["OPS-5", "OPS-4", "OPS-3", "OPS-2", "OPS-1"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("project = SEC", SEC),
        ("project = sec", SEC),
        ("project = 'Security response'", SEC),
        ("project = 10000", SEC),
        ("project != SEC", OPS),
        ("project in (SEC, OPS) and status = Done", ["OPS-4", "SEC-5", "SEC-2"]),
        ("status in (done, 3) and project = SEC", ["SEC-5", "SEC-3", "SEC-2", "SEC-1"]),
        ("key = SEC-1", ["SEC-1"]),
        ("issuekey in (SEC-1, ops-2)", ["OPS-2", "SEC-1"]),
        ("id = 10002", ["SEC-2"]),
        ("key > SEC-4", ["SEC-6", "SEC-5"]),
        ("key >= SEC-5 and key <= SEC-5", ["SEC-5"]),
        ("labels = incident", ["SEC-5", "SEC-1"]),
        ("labels in (Identity, peak-season)", ["OPS-2", "OPS-1", "SEC-1"]),
        ("labels != incident and project = SEC", ["SEC-6", "SEC-4", "SEC-3", "SEC-2"]),
        ("labels is EMPTY", ["OPS-4", "OPS-3"]),
        ("labels is not EMPTY and project = OPS", ["OPS-5", "OPS-2", "OPS-1"]),
        ("labels in (EMPTY, dashboard)", ["OPS-5", "OPS-4", "OPS-3"]),
        ("not labels = incident and project = OPS", ["OPS-5", "OPS-2", "OPS-1"]),
        ("not (project = SEC or status = Done)", ["OPS-5", "OPS-3", "OPS-2", "OPS-1"]),
        ("assignee = currentUser()", ["SEC-2", "SEC-1"]),
        ("assignee is EMPTY", ["OPS-3", "SEC-6"]),
        ("assignee != currentUser() and project = SEC", ["SEC-5", "SEC-4", "SEC-3"]),
        ("assignee in membersOf(operations)", ["OPS-5", "OPS-4", "OPS-2", "OPS-1", "SEC-5"]),
        ("reporter = kofi.mensah@example.com and project = SEC", ["SEC-5"]),
        ("reporter = 'Leila Haddad'", ["SEC-4", "SEC-1"]),
        (f"assignee = {cast.READER.account_id}", ["SEC-3"]),
        ("issuetype = Bug and project = SEC", ["SEC-5", "SEC-1"]),
        ("priority = High", ["OPS-2", "SEC-5", "SEC-1"]),
        ("summary ~ 'phishing drill'", ["SEC-3"]),
        ("summary ~ 'phish*'", ["SEC-3"]),
        ("summary !~ the and project = SEC", ["SEC-5", "SEC-4", "SEC-1"]),
        ("worklogAuthor = currentUser()", ["OPS-2", "SEC-2", "SEC-1"]),
        (
            "worklogAuthor in (currentUser(), jonas.lindqvist@example.com)",
            ["OPS-2", "SEC-5", "SEC-2", "SEC-1"],
        ),
        ("worklogAuthor is EMPTY and project = SEC", ["SEC-6", "SEC-4"]),
        ("worklogDate >= -8w and project = OPS", ["OPS-4", "OPS-2", "OPS-1"]),
        ("worklogDate > now()", []),
        ("worklogDate is EMPTY and project = SEC", ["SEC-6", "SEC-4"]),
        ("created < -60d", []),
        ("created > -60d and project = SEC", SEC),
        ("updated <= now() and key = SEC-1", ["SEC-1"]),
        ("project = SEC order by key", SEC[::-1]),
        (
            "project = SEC order by status desc, key asc",
            ["SEC-2", "SEC-5", "SEC-1", "SEC-3", "SEC-4", "SEC-6"],
        ),
        ("project in (SEC, OPS) and labels = incident order by priority, summary", ["SEC-1", "SEC-5"]),
        ("", OPS + SEC),
    ],
)
def test_a_query_finds(find, text, keys):
    assert find(text) == keys


def test_a_work_log_is_found_by_its_day_in_the_searchers_time_zone(site, find):
    issue = site.issue("SEC-6")
    started = next(iter(site.worklogs.values())).started.replace(hour=22) - timedelta(days=30)
    added = worklogs.add(site, issue, cast.MEMBER.account_id, worklogs.Entry(started, 60))
    try:
        # Half past ten in London is tomorrow morning in Singapore.
        assert find(f"worklogDate = {started:%Y-%m-%d}", cast.LEAD) == ["SEC-6"]
        assert find(f"worklogDate = {started + timedelta(days=1):%Y-%m-%d}", cast.READER) == ["SEC-6"]
        assert find(f"worklogDate = {started:%Y-%m-%d}", cast.READER) == []
    finally:
        worklogs.remove(site, added, cast.MEMBER.account_id)


def test_what_one_cannot_browse_is_not_found_and_not_named(find):
    assert find("project = HR", cast.HR_PARTNER) == ["HR-4", "HR-3", "HR-2", "HR-1"]
    assert find("project in (SEC, HR)", cast.LEAD) == ["HR-4", "HR-3", "HR-2", "HR-1", *SEC]
    for text in ("project = HR", "project = XYZ"):
        with pytest.raises(JqlError) as error:
            find(text, cast.ADMIN)
        value = text.split()[-1]
        assert error.value.messages == (f"The value '{value}' does not exist for the field 'project'.",)
    with pytest.raises(JqlError, match="An issue with key 'HR-1' does not exist"):
        find("key = HR-1", cast.ADMIN)


def test_a_restricted_work_log_does_not_betray_its_author(site, find):
    worklog = next(site.worklogs_of(site.issue("SEC-5")))
    group = site.groups[world.SECURITY_RESPONSE]
    worklog.visibility = Visibility(VisibilityKind.GROUP, group.name, group.group_id)
    try:
        query = "worklogAuthor = jonas.lindqvist@example.com and key = SEC-5"
        assert find(query, cast.LEAD) == ["SEC-5"]
        assert find(query, cast.OUTSIDER) == []
        assert find("worklogDate is EMPTY and key = SEC-5", cast.OUTSIDER) == ["SEC-5"]
    finally:
        worklog.visibility = None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project ~ SEC", "The operator '~' is not supported by the 'project' field."),
        ("status < Done", "The operator '<' is not supported by the 'status' field."),
        ("status = Sleeping", "The value 'Sleeping' does not exist for the field 'status'."),
        ("assignee = bob", "The value 'bob' does not exist for the field 'assignee'."),
        ("worklogAuthor = bob", "The value 'bob' does not exist for the field 'worklogAuthor'."),
        ("worklogDate = yesterday", "Date value 'yesterday' for field 'worklogDate' is invalid."),
        ("worklogDate > EMPTY", "The operator '>' does not support searching for empty values."),
        ("assignee = membersOf(nobody)", "the group does not exist"),
        ("assignee = wizards()", "Unable to find JQL function 'wizards()'"),
        ("project = wizards()", "Unable to find JQL function 'wizards()'"),
        ("project = SEC order by colour", "Not able to sort using field 'colour'."),
    ],
)
def test_what_cannot_be_searched_is_explained(find, text, message):
    with pytest.raises(JqlError) as error:
        find(text)
    assert message in " ".join(error.value.messages)
