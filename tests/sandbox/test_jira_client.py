"""An ordinary client library from PyPI works with the sandbox."""

from datetime import UTC, datetime

import pytest
from jira import JIRA, JIRAError

from sandbox import cast


@pytest.fixture
def client(acme):
    client = JIRA(
        acme.base_url,
        basic_auth=(cast.MEMBER.email, cast.API_TOKEN),
        max_retries=0,
        options={"check_update": False},
    )
    yield client
    client.close()


def test_it_logs_in_and_knows_the_cloud(client):
    assert client.server_info()["deploymentType"] == "Cloud"
    assert client.myself()["displayName"] == "Tomás Herrera"
    assert client.current_user() == cast.MEMBER.account_id


def test_it_searches(client):
    found = client.search_issues("project = SEC AND labels = incident ORDER BY key")
    assert [issue.key for issue in found] == ["SEC-1", "SEC-5"]
    assert found[0].fields.summary.startswith("Investigate")
    assert [
        issue.key for issue in client.enhanced_search_issues("project = OPS order by key", maxResults=2)
    ] == [
        "OPS-1",
        "OPS-2",
    ]


def test_it_reads_an_issue(client):
    issue = client.issue("SEC-1", expand="changelog")
    assert issue.fields.status.name == "In Progress"
    assert issue.fields.assignee.accountId == cast.MEMBER.account_id
    assert issue.fields.timetracking.originalEstimate == "2d"
    assert issue.changelog.histories


def test_it_logs_work_and_lists_changes_and_deletes_it(client, acme):
    started = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    added = client.add_worklog("SEC-4", timeSpent="1h 30m", comment="Went through the list", started=started)
    assert added.timeSpentSeconds == 5400
    (worklog,) = client.worklogs("SEC-4")
    assert (worklog.id, worklog.comment) == (added.id, "Went through the list")
    assert worklog.started == "2026-11-23T09:30:00.000+0000"
    assert worklog.author.accountId == cast.MEMBER.account_id
    worklog.update(timeSpent="2h", comment="and through the second list")
    assert client.worklog("SEC-4", added.id).comment == "and through the second list"
    assert acme.issue("SEC-4").time_spent == 7200
    worklog.delete()
    assert client.worklogs("SEC-4") == []


def test_it_creates_edits_and_finds_an_issue(client):
    issue = client.create_issue(
        project="OPS", summary="New scanner", issuetype={"name": "Task"}, description="Gate 4"
    )
    assert issue.key == "OPS-6"
    issue.update(summary="New scanner at gate 4", labels=[{"add": "gate"}])
    assert client.issue("OPS-6").fields.labels == ["gate"]


def test_it_sees_projects_people_fields_and_permissions(client):
    assert [project.key for project in client.projects()] == ["SEC", "OPS"]
    assert client.project("SEC").name == "Security response"
    assert [user.displayName for user in client.search_users(query="amara")] == ["Amara Okafor"]
    assert "timespent" in [field["id"] for field in client.fields()]
    assert [status.name for status in client.statuses()] == ["To Do", "In Progress", "Done"]
    mine = client.my_permissions(projectKey="SEC", permissions="WORK_ON_ISSUES")
    assert mine["permissions"]["WORK_ON_ISSUES"]["havePermission"]


def test_a_refusal_reaches_it_in_jiras_words(client):
    with pytest.raises(JIRAError) as error:
        client.issue("HR-1")
    assert error.value.status_code == 404
    assert "do not have permission to see it" in error.value.text
    with pytest.raises(JIRAError) as error:
        client.search_issues("colour = red")
    assert "Field 'colour' does not exist" in error.value.text
