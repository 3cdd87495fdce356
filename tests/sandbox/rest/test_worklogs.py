"""Jira's work logs over HTTP, as the product's client meets them."""

from datetime import timedelta

import pytest

from sandbox import cast, clock, world
from sandbox.model import Visibility, VisibilityKind

PATH = "/issue/SEC-4/worklog"
ADF = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}],
}
STARTED = "2026-11-20T09:00:00.000+0100"


@pytest.fixture
def log(ask):
    def log(who="member", path=PATH, **body):
        answer = ask(who, "POST", path, json={"timeSpent": "1h", "started": STARTED, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return log


def test_a_work_log_is_kept_as_given(ask, log):
    made = log(comment=ADF)
    assert made["timeSpentSeconds"] == 3600
    assert made["started"] == STARTED
    assert made["comment"] == ADF
    assert made["author"]["accountId"] == made["updateAuthor"]["accountId"] == cast.MEMBER.account_id
    assert ask("outsider", "GET", f"{PATH}/{made['id']}").json() == made
    assert ask("outsider", "GET", PATH).json()["worklogs"] == [made]


def test_version_2_speaks_plain_text(ask):
    made = ask("member", "POST", PATH, version=2, json={"timeSpent": "1h", "comment": "one\ntwo"}).json()
    assert made["comment"] == "one\ntwo"
    assert (
        ask("member", "GET", f"{PATH}/{made['id']}").json()["comment"]["content"][1]["content"][0]["text"]
        == "two"
    )


def test_the_author_is_the_caller_whatever_the_body_says(log):
    made = log(author={"accountId": cast.LEAD.account_id}, updateAuthor={"accountId": cast.LEAD.account_id})
    assert made["author"]["accountId"] == cast.MEMBER.account_id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "timeLogged"),
        ({"timeSpent": "1h", "timeSpentSeconds": 3600}, "timeLogged"),
        ({"timeSpent": "soon"}, "timeLogged"),
        ({"timeSpentSeconds": 59}, "timeLogged"),
        ({"timeSpentSeconds": -60}, "timeLogged"),
        ({"timeSpentSeconds": True}, "timeLogged"),
        ({"timeSpentSeconds": "x"}, "timeLogged"),
        ({"timeSpent": "1h", "started": "2026-11-20T09:00:00+01:00"}, "started"),
        ({"timeSpent": "1h", "comment": "plain text"}, "comment"),
        ({"timeSpent": "1h", "comment": {"type": "paragraph"}}, "comment"),
        ({"timeSpent": "1h", "visibility": {"type": "planet", "value": "Mars"}}, "visibility"),
        ({"timeSpent": "1h", "visibility": {"type": "group", "value": "hr-partners"}}, "groupLevel"),
        ({"timeSpent": "1h", "visibility": {"type": "role", "value": "Administrators"}}, "roleLevel"),
        ({"timeSpent": "1h", "properties": {"a": 1}}, "properties"),
    ],
)
def test_a_wrong_work_log_is_refused_by_field_and_leaves_nothing(ask, acme, body, field):
    before = len(acme.model.worklogs)
    answer = ask("member", "POST", PATH, json=body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert len(acme.model.worklogs) == before
    assert acme.issue("SEC-4").time_spent is None


@pytest.mark.parametrize(
    ("query", "remaining"),
    [
        ("", 25_200),
        ("?adjustEstimate=leave", 28_800),
        ("?adjustEstimate=new&newEstimate=2h", 7200),
        ("?adjustEstimate=manual&reduceBy=30m", 27_000),
    ],
)
def test_the_estimate_follows(ask, acme, query, remaining):
    assert ask("member", "POST", PATH + query, json={"timeSpent": "1h"}).status_code == 201
    assert acme.issue("SEC-4").remaining_estimate == remaining
    tracking = ask("member", "GET", "/issue/SEC-4?fields=timetracking").json()["fields"]["timetracking"]
    assert (tracking["timeSpentSeconds"], tracking["remainingEstimateSeconds"]) == (3600, remaining)
    assert tracking["originalEstimate"] == "1d"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?adjustEstimate=new", "newEstimate"),
        ("?adjustEstimate=new&newEstimate=x", "newEstimate"),
        ("?adjustEstimate=manual", "reduceBy"),
        ("?adjustEstimate=magic", "adjustEstimate"),
    ],
)
def test_a_wrong_adjustment_is_refused(ask, query, field):
    answer = ask("member", "POST", PATH + query, json={"timeSpent": "1h"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_change_keeps_what_it_does_not_name(ask, log, acme):
    made = log(comment=ADF, properties=[{"key": "mark", "value": 1}])
    changed = ask("member", "PUT", f"{PATH}/{made['id']}?expand=properties", json={"timeSpent": "2h"}).json()
    assert (changed["timeSpentSeconds"], changed["comment"], changed["started"]) == (7200, ADF, STARTED)
    assert changed["properties"] == [{"key": "mark", "value": 1}]
    assert acme.issue("SEC-4").time_spent == 7200


def test_history_tells_of_every_work_log(ask, log):
    made = log()
    ask("member", "PUT", f"{PATH}/{made['id']}", json={"timeSpent": "2h"})
    ask("member", "DELETE", f"{PATH}/{made['id']}")
    entries = ask("member", "GET", "/issue/SEC-4/changelog").json()["values"]
    fields = [{item["field"] for item in entry["items"]} for entry in entries]
    assert fields[0] == {"timeestimate", "timespent", "WorklogId"}
    assert fields[1] == fields[2] == {"timeestimate", "timespent", "WorklogId", "WorklogTimeSpent"}


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("outsider", "POST", PATH, 400),
        ("outsider", "POST", "/issue/HR-1/worklog", 404),
        ("lead", "POST", "/issue/HR-1/worklog", 400),
        ("admin", "GET", "/issue/HR-1/worklog", 404),
        ("member", "GET", "/issue/SEC-999/worklog", 404),
        (None, "GET", "/issue/SEC-4/worklog", 404),
        (None, "POST", "/issue/SEC-4/worklog", 404),
        ("member", "GET", "/issue/SEC-4/worklog/1", 404),
        ("member", "GET", "/issue/SEC-4/worklog/abc", 404),
        ("member", "GET", "/issue/SEC-4/worklog?startAt=x", 404),
    ],
)
def test_permissions_decide(ask, who, method, path, status):
    assert ask(who, method, path, json={"timeSpent": "1h"}).status_code == status


def test_hidden_and_absent_issues_answer_the_same(ask):
    hidden, absent = (ask("outsider", "GET", f"/issue/{key}") for key in ("HR-1", "HR-77"))
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)


def test_colleagues_cannot_change_ones_work_log_but_the_project_lead_can(ask, log):
    path = f"{PATH}/{log()['id']}"
    assert ask("reader", "PUT", path, json={"timeSpent": "2h"}).status_code == 400
    assert ask("reader", "DELETE", path).status_code == 400
    assert ask("reader", "PUT", f"{path}/properties/x", json=1).status_code == 403
    changed = ask("lead", "PUT", path, json={"timeSpent": "2h"}).json()
    assert changed["author"]["accountId"] == cast.MEMBER.account_id
    assert changed["updateAuthor"]["accountId"] == cast.LEAD.account_id
    assert ask("lead", "DELETE", path).status_code == 204


def test_a_work_log_is_found_under_its_own_issue_only(ask, log):
    made = log()
    assert ask("member", "GET", f"/issue/SEC-1/worklog/{made['id']}").status_code == 404
    assert ask("member", "DELETE", f"/issue/SEC-1/worklog/{made['id']}").status_code == 404


def test_a_restricted_work_log_is_hidden_in_every_list(ask, log, acme):
    made = log(visibility={"type": "group", "identifier": acme.model.groups["security-response"].group_id})
    acme.model.settling_seconds = 0
    path = f"{PATH}/{made['id']}"
    assert made["visibility"]["value"] == "security-response"
    assert ask("reader", "GET", PATH).json()["total"] == 1
    assert ask("outsider", "GET", PATH).json() == {
        "startAt": 0,
        "maxResults": 5000,
        "total": 0,
        "worklogs": [],
    }
    hidden, absent = ask("outsider", "GET", path), ask("outsider", "GET", f"{PATH}/{made['id'][:-1]}")
    assert hidden.status_code == absent.status_code == 404
    assert ask("outsider", "POST", "/worklog/list", json={"ids": [int(made["id"])]}).json() == []
    updated = ask("outsider", "GET", "/worklog/updated").json()["values"]
    assert int(made["id"]) not in [one["worklogId"] for one in updated]
    assert ask("outsider", "GET", "/issue/SEC-4?fields=worklog").json()["fields"]["worklog"]["total"] == 0
    assert ask("outsider", "GET", "/search/jql?jql=key=SEC-4&fields=worklog").json()["issues"][0][
        "fields"
    ] == {"worklog": {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []}}
    assert ask("member", "PUT", path, json={"visibility": None}).status_code == 200
    assert ask("outsider", "GET", path).status_code == 200


def test_a_work_log_can_be_restricted_to_a_role(ask, log):
    made = log(visibility={"type": "role", "value": "Team"})
    assert made["visibility"] == {"type": "role", "value": "Team", "identifier": "10101"}
    assert ask("outsider", "GET", PATH).json()["total"] == 0


def test_pages_and_ranges(ask, log, acme):
    ids = [log(started=f"2026-11-{day:02}T09:00:00.000+0000")["id"] for day in (20, 18, 19)]
    page = ask("member", "GET", f"{PATH}?startAt=1&maxResults=1").json()
    assert (page["total"], page["startAt"], page["maxResults"]) == (3, 1, 1)
    assert [one["id"] for one in page["worklogs"]] == [ids[1]]
    borders = [clock.millis(clock.parse_stamp(f"2026-11-{day}T09:00:00.000+0000")) for day in (18, 19, 20)]
    within = ask("member", "GET", f"{PATH}?startedAfter={borders[1]}&startedBefore={borders[2]}").json()
    assert [one["id"] for one in within["worklogs"]] == [ids[2]]


def test_properties_are_for_whoever_reads_the_work_log(ask, log):
    path = f"{PATH}/{log(properties=[{'key': 'mark', 'value': {'n': 1}}])['id']}/properties"
    assert [one["key"] for one in ask("outsider", "GET", path).json()["keys"]] == ["mark"]
    assert ask("outsider", "GET", f"{path}/mark").json() == {"key": "mark", "value": {"n": 1}}
    assert ask("outsider", "PUT", f"{path}/mark", json=2).status_code == 403
    assert ask("member", "PUT", f"{path}/mark", json=2).status_code == 200
    assert ask("member", "PUT", f"{path}/more", json=[]).status_code == 201
    assert ask("member", "PUT", f"{path}/more").status_code == 400
    assert ask("member", "PUT", f"{path}/big", json="x" * 40_000).status_code == 400
    assert ask("member", "PUT", f"{path}/{'k' * 256}", json=1).status_code == 400
    assert ask("member", "DELETE", f"{path}/mark").status_code == 204
    assert ask("member", "GET", f"{path}/mark").status_code == 404
    assert ask("member", "DELETE", f"{path}/mark").status_code == 404


def test_changes_of_the_last_minute_are_not_listed_yet(ask, log, acme):
    made = log()
    listed = [one["worklogId"] for one in ask("member", "GET", "/worklog/updated").json()["values"]]
    assert int(made["id"]) not in listed
    assert listed == sorted(listed)
    acme.model.settling_seconds = 0
    listed = [one["worklogId"] for one in ask("member", "GET", "/worklog/updated").json()["values"]]
    assert listed[-1] == int(made["id"])
    ask("member", "DELETE", f"{PATH}/{made['id']}")
    assert [one["worklogId"] for one in ask("member", "GET", "/worklog/deleted").json()["values"]] == [
        int(made["id"])
    ]
    assert int(made["id"]) not in [
        one["worklogId"] for one in ask("member", "GET", "/worklog/updated").json()["values"]
    ]


def test_changed_work_logs_come_in_pages_without_gap_or_repetition(ask, acme, monkeypatch):
    monkeypatch.setattr("sandbox.rest.worklogs.MOST_CHANGED", 4)
    moments = sorted(one.updated for one in acme.model.worklogs.values())
    twins = sorted(acme.model.worklogs.values(), key=lambda one: one.updated)[3:6]
    for twin in twins:
        twin.updated = moments[3]
    seen, since = [], 0
    while True:
        page = ask("member", "GET", f"/worklog/updated?since={since}").json()
        seen += [one["worklogId"] for one in page["values"]]
        if page["lastPage"]:
            break
        since = page["until"]
        assert page["nextPage"].endswith(f"?since={since}")
    hidden = [one.id for one in acme.model.worklogs.values() if one.visibility]
    assert sorted(seen) == sorted(set(acme.model.worklogs) - set(hidden))
    # Nothing new: the next question starts where this one ended.
    assert ask("member", "GET", f"/worklog/updated?since={page['until']}").json()["values"] == []


def test_the_site_wide_lists_do_not_ask_who_may_browse_the_issue(ask, acme):
    open_one = next(one for one in acme.model.worklogs_of(acme.issue("HR-1")) if one.visibility is None)
    assert ask("outsider", "GET", f"/issue/HR-1/worklog/{open_one.id}").status_code == 404
    listed = ask("outsider", "POST", "/worklog/list", json={"ids": [open_one.id, 5]}).json()
    assert [one["id"] for one in listed] == [str(open_one.id)]


@pytest.mark.parametrize("ids", [[], None, list(range(1001)), ["x"], [True], "1", {"a": 1}])
def test_wrong_lists_of_ids_are_refused(ask, ids):
    assert ask("member", "POST", "/worklog/list", json={"ids": ids}).status_code == 400


def test_an_issue_has_room_for_so_many(ask, monkeypatch):
    monkeypatch.setattr("sandbox.rest.worklogs.MOST_PER_ISSUE", 2)
    assert ask("member", "POST", PATH, json={"timeSpent": "1h"}).status_code == 201
    assert ask("member", "POST", PATH, json={"timeSpent": "1h"}).status_code == 201
    assert ask("member", "POST", PATH, json={"timeSpent": "1h"}).status_code == 413


def test_a_vanished_group_hides_the_work_logs_restricted_to_it(ask, acme):
    found = next(acme.model.worklogs_of(acme.issue("SEC-1")))
    found.visibility = Visibility(VisibilityKind.GROUP, "gone", "no-such-id")
    assert ask("lead", "GET", f"/issue/SEC-1/worklog/{found.id}").status_code == 404
    assert world.SECURITY_RESPONSE in acme.model.groups
    assert found.created < clock.now() - timedelta(hours=1)
