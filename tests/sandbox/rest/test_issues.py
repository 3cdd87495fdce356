import pytest

from sandbox import cast

NEW = {"project": {"key": "SEC"}, "summary": "New", "issuetype": {"name": "Task"}}


def create(ask, who="member", **fields):
    return ask(who, "POST", "/issue", json={"fields": {**NEW, **fields}})


def test_an_issue_is_found_by_id_and_by_key_in_any_case(ask):
    assert {ask("member", "GET", f"/issue/{name}").json()["id"] for name in ("10001", "SEC-1", "sec-1")} == {
        "10001"
    }


def test_fields_are_chosen(ask):
    def fields(query):
        return set(ask("member", "GET", f"/issue/SEC-1{query}").json()["fields"])

    everything = fields("")
    assert {"summary", "timetracking", "worklog", "status", "labels", "assignee", "reporter"} <= everything
    assert fields("?fields=summary,status") == {"summary", "status"}
    assert fields("?fields=summary&fields=labels") == {"summary", "labels"}
    assert fields("?fields=-worklog") == everything - {"worklog"}
    assert fields("?fields=*all,-status") == everything - {"status"}
    assert fields("?fields=nonsense") == set()
    assert "worklog" not in fields("?fields=*navigable")


def test_the_changelog_can_come_along_newest_first(ask):
    log = ask("member", "GET", "/issue/SEC-2?expand=changelog").json()["changelog"]
    ids = [int(one["id"]) for one in log["histories"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == log["total"] > 1


def test_issues_are_created_numbered_and_announced_to_search(ask):
    made = create(
        ask,
        labels=["b", "a"],
        assignee={"accountId": cast.LEAD.account_id},
        timetracking={"originalEstimate": "4h"},
    )
    assert made.status_code == 201
    assert (made.json()["key"], made.json()["id"]) == ("SEC-7", "10016")
    fields = ask("member", "GET", "/issue/SEC-7").json()["fields"]
    assert fields["labels"] == ["a", "b"]
    assert fields["reporter"]["accountId"] == cast.MEMBER.account_id
    assert fields["timetracking"]["remainingEstimateSeconds"] == 14_400
    found = ask("member", "GET", "/search/jql?jql=key=SEC-7").json()
    assert [one["id"] for one in found["issues"]] == ["10016"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"project": {"key": "HR"}}, "project"),
        ({"project": None}, "project"),
        ({"issuetype": {"name": "Saga"}}, "issuetype"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": 5}, "summary"),
        ({"labels": ["two words"]}, "labels"),
        ({"labels": "a"}, "labels"),
        ({"assignee": {"accountId": cast.OUTSIDER.account_id}}, "assignee"),
        ({"priority": {"name": "Now"}}, "priority"),
        ({"timetracking": {"originalEstimate": "long"}}, "timetracking"),
        ({"description": "plain"}, "description"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_a_wrong_issue_is_refused_by_field_and_takes_no_number(ask, acme, fields, named):
    answer = create(ask, **fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [named])
    assert acme.model.project("SEC").last_issue_number == 6
    assert acme.model.issue("SEC-7") is None


def test_who_only_looks_on_creates_and_edits_nothing(ask):
    assert create(ask, "outsider").status_code == 400
    assert ask("outsider", "PUT", "/issue/SEC-1", json={"fields": {"summary": "x"}}).status_code == 403
    assert ask("outsider", "DELETE", "/issue/SEC-1").status_code == 403
    assert ask("outsider", "PUT", "/issue/SEC-1/properties/x", json=1).status_code == 403


def test_an_edit_is_in_the_history(ask):
    edit = {"fields": {"summary": "Changed", "assignee": None, "priority": {"id": "4"}}}
    assert ask("member", "PUT", "/issue/SEC-1", json=edit).status_code == 204
    last = ask("member", "GET", "/issue/SEC-1/changelog").json()["values"][-1]
    changes = {one["field"]: (one.get("fromString"), one.get("toString")) for one in last["items"]}
    assert changes["summary"] == ("Investigate sign-ins from two continents within one hour", "Changed")
    assert changes["assignee"] == ("Tomás Herrera", None)
    assert changes["priority"] == ("High", "Low")
    assert last["author"]["accountId"] == cast.MEMBER.account_id


def test_labels_are_added_and_removed_by_operations(ask):
    def edit(**update):
        return ask("member", "PUT", "/issue/SEC-1", json={"update": update})

    assert (
        edit(labels=[{"add": "urgent"}, {"remove": "identity"}], summary=[{"set": "Shorter"}]).status_code
        == 204
    )
    fields = ask("member", "GET", "/issue/SEC-1?fields=labels,summary").json()["fields"]
    assert fields == {"summary": "Shorter", "labels": ["incident", "urgent"]}
    assert edit(labels=["urgent"]).status_code == 400
    assert edit(summary=[{"add": "!"}]).status_code == 400


def test_a_refused_edit_changes_nothing(ask):
    before = ask("member", "GET", "/issue/SEC-1").json()
    edit = {"fields": {"summary": "Changed", "labels": ["fine"], "priority": {"name": "Now"}}}
    assert ask("member", "PUT", "/issue/SEC-1", json=edit).status_code == 400
    assert ask("member", "GET", "/issue/SEC-1").json() == before


def test_a_deleted_issue_is_gone_with_its_work_logs(ask, acme):
    ids = [one.id for one in acme.model.worklogs_of(acme.issue("SEC-1"))]
    assert ask("lead", "DELETE", "/issue/SEC-1").status_code == 204
    assert ask("lead", "GET", "/issue/SEC-1").status_code == 404
    assert not set(ids) & set(acme.model.worklogs)


def test_properties_of_an_issue(ask):
    path = "/issue/SEC-1/properties/flag"
    assert ask("member", "PUT", path, json={"on": True}).status_code == 201
    assert ask("outsider", "GET", path).json()["value"] == {"on": True}
    shown = ask("outsider", "GET", "/issue/SEC-1?fields=summary&properties=flag").json()
    assert shown["properties"] == {"flag": {"on": True}}
    assert ask("member", "DELETE", path).status_code == 204
    assert ask("member", "GET", path).status_code == 404


def test_projects_and_roles_are_those_one_may_browse(ask):
    def keys(who):
        return [one["key"] for one in ask(who, "GET", "/project").json()]

    assert keys("member") == ["SEC", "OPS"]
    assert keys("lead") == ["SEC", "HR", "OPS"]
    assert ask("member", "GET", "/project/HR").status_code == 404
    assert ask("member", "GET", "/project/HR/role").status_code == 404
    assert ask("member", "GET", "/project/SEC/role/77").status_code == 404
    found = ask("lead", "GET", "/project/search?keys=HR&keys=OPS&maxResults=1").json()
    assert ([one["key"] for one in found["values"]], found["total"], found["isLast"]) == (["HR"], 2, False)
    role = ask("member", "GET", "/project/SEC/role/10002").json()
    assert [one["type"] for one in role["actors"]] == [
        "atlassian-group-role-actor",
        "atlassian-user-role-actor",
    ]
    assert ask("member", "GET", "/role").status_code == 403
