"""Work logs over REST, on the real app with the sandbox's Jira behind it (domain.md W1 to W6)."""

import copy
import uuid
from datetime import datetime

import pytest
from jira import JIRA

from tests import house as building
from worklogs.entries import schemas


@pytest.fixture
def worklog(house, team):
    """A fresh work log of the member."""
    return building.log_time(house, team)


def listed(house, role, query="", site="acme"):
    answer = house.caller(role, site).get(f"/issues/{house.issue_id()}/worklogs{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def ids(page):
    return [worklog["id"] for worklog in page["worklogs"]]


def problem(answer, status, code):
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.mimetype == "application/problem+json"
    return answer.json


def test_w3_author_lead_and_reader_see_a_secured_work_log(house, team, worklog):
    for role in ("member", "lead", "reader"):
        assert worklog["id"] in ids(listed(house, role)), role
        assert house.caller(role).get(f"/worklogs/{worklog['id']}").json["description"] == "Traced the leak"


@pytest.mark.parametrize("role", ["outsider", "admin", "auditor", "leaver"])
def test_w3_nobody_else_sees_it_not_even_an_administrator_or_who_has_left(house, team, worklog, role):
    page = listed(house, role)
    assert page == {"worklogs": [], "next": None, "totals": {"securedSeconds": 0}, "jira": None}
    hidden = house.caller(role).get(f"/worklogs/{worklog['id']}")
    absent = house.caller(role).get(f"/worklogs/{uuid.uuid4()}")
    assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data)
    problem(hidden, 404, "not_found")


def test_w3_a_colleague_without_the_permission_sees_only_own_work_logs(house, team, worklog):
    own = building.log_time(house, team, role="lead")
    assert own["id"] not in ids(listed(house, "member"))
    assert own["id"] in ids(listed(house, "reader"))


def test_w2_a_secured_work_log_is_nowhere_in_jira(house, team):
    site = house.sandbox.site("acme")

    def jira():
        issue = site.issue("SEC-2")
        worklogs = list(site.model.worklogs_of(issue))
        return copy.deepcopy((issue, worklogs)), len(site.webhooks.deliveries())

    before = jira()
    building.log_time(house, team, issue="SEC-2")
    site.webhooks.drain()
    assert jira() == before


def test_s1_another_site_with_the_same_account_finds_nothing(house, team, worklog):
    for role in ("member", "lead", "reader"):
        assert listed(house, role, site="globex")["worklogs"] == []
        problem(house.caller(role, "globex").get(f"/worklogs/{worklog['id']}"), 404, "not_found")
        problem(house.caller(role, "globex").get(f"/teams/{team.id}"), 404, "not_found")
        problem(house.caller(role, "globex")("DELETE", f"/worklogs/{worklog['id']}"), 404, "not_found")


def test_what_is_stored_is_sealed(house, team, worklog):
    [(sealed,)] = house.as_owner(
        "select description_sealed from vault.secured_worklog where id = :id", id=uuid.UUID(worklog["id"])
    )
    assert b"Traced" not in bytes(sealed)


def test_an_answer_keeps_to_its_schema_and_the_authors_clock(house, team, worklog):
    assert schemas.WorklogPage().validate(listed(house, "member", "?visibility=all")) == {}
    assert worklog["started"] == "2026-11-24T09:00:00+01:00"
    assert (worklog["timeSpent"], worklog["timeSpentSeconds"]) == ("1h 30m", 5400)


def test_public_work_logs_are_asked_of_jira_as_the_viewer_and_joined(house, team, worklog):
    page = listed(house, "member", "?visibility=all&limit=200")
    kinds = {each["visibility"] for each in page["worklogs"]}
    assert kinds == {"secured", "public"}
    assert page["jira"]["status"] == "ok"
    starts = [each["started"] for each in page["worklogs"]]
    moments = [datetime.fromisoformat(start) for start in starts]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("visibility", ["secured", "public", "all"])
def test_paging_shows_each_work_log_once_in_order(house, team, visibility, limit):
    for _ in range(2):  # Two at the same moment, to try ties.
        building.log_time(house, team)
    whole = ids(listed(house, "reader", f"?visibility={visibility}&limit=200"))
    paged, query = [], ""
    while query is not None:
        page = listed(house, "reader", f"?visibility={visibility}&limit={limit}{query}")
        assert len(page["worklogs"]) <= limit
        paged += ids(page)
        query = f"&cursor={page['next']}" if page["next"] else None
    assert paged == whole
    assert len(whole) == len(set(whole)) > 1


def test_the_total_is_what_the_viewer_may_see_on_whatever_page(house, team, worklog):
    whole = listed(house, "reader", "?limit=200")
    assert whole["totals"]["securedSeconds"] == sum(w["timeSpentSeconds"] for w in whole["worklogs"])
    assert listed(house, "reader", "?limit=1")["totals"] == whole["totals"]


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "server-error", "status": 503}])
def test_jira_being_down_leaves_the_secured_part_and_says_so(house, team, worklog, fault):
    faults = house.sandbox.site("acme").faults
    kind = fault.pop("kind")
    faults.inject(kind, **fault)
    try:
        page = listed(house, "member", "?visibility=all")
    finally:
        fault["kind"] = kind
        faults.clear()
    assert worklog["id"] in ids(page)
    assert page["jira"]["status"] == "unavailable"
    assert "Jira" in page["jira"]["detail"]


def test_jira_being_down_refuses_a_new_work_log_and_saves_nothing(house, team):
    before = listed(house, "member", "?limit=200")["totals"]
    faults = house.sandbox.site("acme").faults
    faults.inject("drop")
    try:
        body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
        answer = house.caller("member")("POST", f"/issues/{house.issue_id()}/worklogs", body)
    finally:
        faults.clear()
    assert answer.status_code == 503
    assert listed(house, "member", "?limit=200")["totals"] == before


def test_w5_jiras_own_permissions_are_needed(house, team):
    lead = house.caller("lead")
    body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
    # The lead may look at HR's issues, not work on them; the member cannot tell that they exist.
    problem(lead("POST", f"/issues/{house.issue_id('HR-1')}/worklogs", body), 403, "denied_by_jira")
    unseen = house.caller("member")("POST", f"/issues/{house.issue_id('HR-1')}/worklogs", body)
    absent = house.caller("member")("POST", "/issues/999999/worklogs", body)
    assert (unseen.status_code, unseen.data) == (absent.status_code, absent.data)
    assert unseen.json["errors"][0]["field"] == "issueId"


@pytest.mark.parametrize("role", ["outsider", "leaver", "admin"])
def test_w5_only_active_members_log(house, team, role):
    body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
    path = f"/issues/{house.issue_id()}/worklogs"
    hidden = house.caller(role)("POST", path, body)
    absent = house.caller(role)("POST", path, {**body, "teamId": str(uuid.uuid4())})
    assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data)
    assert problem(hidden, 422, "invalid_input")["errors"][0]["field"] == "teamId"


def test_w5_log_for_others_needs_its_permission_and_an_active_author(house, team):
    member, leaver = (house.caller(role).account_id for role in ("member", "leaver"))
    assert (
        building.log_time(house, team, role="lead", authorAccountId=member)["author"]["accountId"] == member
    )
    body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
    path = f"/issues/{house.issue_id()}/worklogs"
    lead = house.caller("lead").account_id
    problem(house.caller("member")("POST", path, {**body, "authorAccountId": lead}), 403, "forbidden")
    gone = house.caller("lead")("POST", path, {**body, "authorAccountId": leaver})
    assert problem(gone, 422, "invalid_input")["errors"][0]["field"] == "authorAccountId"


def test_a_public_teams_time_belongs_in_jira(house, team):
    public = house.caller("lead").made("/teams", {"name": "Open", "visibility": "public"})
    body = {"teamId": public["id"], "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
    answer = house.caller("lead")("POST", f"/issues/{house.issue_id()}/worklogs", body)
    assert "Jira" in problem(answer, 422, "invalid_input")["errors"][0]["message"]


def test_w6_the_author_changes_and_deletes_own_work_logs(house, team, worklog):
    member, path = house.caller("member"), f"/worklogs/{worklog['id']}"
    changed = member("PATCH", path, {"timeSpent": "2h", "description": "Traced it twice"}, if_match='"1"')
    assert changed.status_code == 200
    assert (changed.json["timeSpentSeconds"], changed.json["version"], changed.headers["ETag"]) == (
        7200,
        2,
        '"2"',
    )
    assert member.get(path).json["description"] == "Traced it twice"
    assert member("DELETE", path).status_code == 204
    problem(member.get(path), 404, "not_found")


def test_w6_manage_others_changes_and_a_mere_reader_may_not(house, team, worklog):
    path = f"/worklogs/{worklog['id']}"
    problem(house.caller("reader")("PATCH", path, {"timeSpent": "2h"}, if_match='"1"'), 403, "forbidden")
    problem(house.caller("reader")("DELETE", path), 403, "forbidden")
    assert house.caller("lead")("PATCH", path, {"timeSpent": "2h"}, if_match='"1"').status_code == 200
    permissions = {
        w["id"]: w["permissions"]["change"] for w in listed(house, "reader", "?limit=200")["worklogs"]
    }
    assert permissions[worklog["id"]] is False


def test_w6_of_two_who_edit_at_once_the_second_gets_a_conflict(house, team, worklog):
    path = f"/worklogs/{worklog['id']}"
    assert house.caller("lead")("PATCH", path, {"timeSpent": "2h"}, if_match='"1"').status_code == 200
    problem(house.caller("member")("PATCH", path, {"timeSpent": "3h"}, if_match='"1"'), 409, "stale_version")
    problem(house.caller("member")("DELETE", path, None, if_match='"1"'), 409, "stale_version")
    assert house.caller("member").get(path).json["timeSpentSeconds"] == 7200


def test_a_change_without_a_version_is_asked_for_one(house, team, worklog):
    answer = house.caller("member")("PATCH", f"/worklogs/{worklog['id']}", {"timeSpent": "3h"})
    problem(answer, 428, "version_required")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timeSpent": "soon"}, "timeSpent"),
        ({"timeSpent": ""}, "timeSpent"),
        ({"timeSpent": None, "timeSpentSeconds": 5}, "timeSpent"),
        ({"started": "yesterday"}, "started"),
        ({"started": "2026-11-24T09:00:00"}, "started"),
        ({"started": "1850-01-01T00:00:00Z"}, "started"),
        ({"started": 5}, "started"),
        ({"teamId": "5"}, "teamId"),
        ({"teamId": None}, "teamId"),
        ({"description": "x" * 40_000}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"authorAccountId": "not an id!"}, "authorAccountId"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(house, team, changes, field):
    body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h", **changes}
    answer = house.caller("member")("POST", f"/issues/{house.issue_id()}/worklogs", body)
    assert field in [each["field"] for each in problem(answer, 422, "invalid_input")["errors"]]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/issues/SEC-1/worklogs", "issueId"),
        ("/issues/-1/worklogs", "issueId"),
        ("/issues/99999999999999999999/worklogs", "issueId"),
        ("/issues/\u0661/worklogs", "issueId"),
        ("/worklogs/5", "worklogId"),
        ("/teams/nope", "teamId"),
    ],
)
def test_a_malformed_id_is_named(house, team, path, field):
    answer = house.caller("member").get(path)
    assert problem(answer, 422, "invalid_identifier")["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "W10", "eyJhIjoxfQ", "é", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsInoiXQ"]
)
def test_a_malformed_cursor_is_named(house, team, cursor):
    answer = house.caller("member").get(f"/issues/1/worklogs?cursor={cursor}")
    problem(answer, 422, "invalid_cursor")


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"", b'{"a":NaN}'])
def test_a_body_that_is_no_json_object_is_refused(house, team, body):
    token = house.sandbox.site("acme").context_token("member", "SEC-1")
    answer = house.app.test_client().post(
        f"/api/v1/issues/{house.issue_id()}/worklogs",
        data=body,
        headers={"Authorization": f"JWT {token}", "Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_an_issue_that_jira_deleted_takes_no_more_time(house, team):
    site = house.sandbox.site("acme")
    jira = JIRA(site.base_url, basic_auth=("katarzyna.nowak@example.com", "sandbox"))
    made = jira.create_issue(project="SEC", summary="Short-lived", issuetype={"name": "Task"})
    number = int(made.id)
    building.log_time(house, team, issue=made.key)
    made.delete()
    jira.close()
    site.webhooks.drain()
    body = {"teamId": team.id, "started": "2026-11-24T09:00:00Z", "timeSpent": "1h"}
    problem(house.caller("member")("POST", f"/issues/{number}/worklogs", body), 409, "issue_deleted")
    kept = house.caller("reader").get(f"/issues/{number}/worklogs").json
    assert len(kept["worklogs"]) == 1, "what was logged stays"


def test_e2_reads_changes_and_denials_are_events_without_content(house, team):
    worklog = building.log_time(house, team)
    path = f"/worklogs/{worklog['id']}"
    house.caller("reader").get(path)
    house.caller("outsider").get(path)
    house.caller("member")("PATCH", path, {"timeSpent": "2h"}, if_match='"1"')
    house.caller("member")("DELETE", path)
    rows = house.as_owner(
        "select action, outcome, actor_account, row_to_json(e)::text from vault.event e"
        " where target_id = :id order by at, id",
        id=worklog["id"],
    )
    account = {role: house.caller(role).account_id for role in ("member", "reader", "outsider")}
    assert [tuple(row[:3]) for row in rows] == [
        ("secured_worklog:create", "allowed", account["member"]),
        ("secured_worklog:read", "allowed", account["reader"]),
        ("secured_worklog:read", "denied", account["outsider"]),
        ("secured_worklog:change", "allowed", account["member"]),
        ("secured_worklog:delete", "allowed", account["member"]),
    ]
    assert not any("Traced" in row[3] for row in rows)


def test_w7_a_listing_is_one_event_that_knows_what_was_read(house, team, worklog):
    count = "select count(*) from vault.event where action = 'secured_worklog:read' and actor_account = :a"
    reader = house.caller("reader").account_id
    [(before,)] = house.as_owner(count, a=reader)
    shown = ids(listed(house, "reader", "?limit=200"))
    [(after,)] = house.as_owner(count, a=reader)
    assert after == before + 1
    [(related,)] = house.as_owner(
        "select related from vault.event where action = 'secured_worklog:read' and actor_account = :a"
        " order by id desc limit 1",
        a=reader,
    )
    assert [str(each) for each in related] == shown
