from urllib.parse import quote

import pytest

from sandbox import cast


def names(answer):
    return [one["displayName"] for one in answer.json()]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ama", ["Amara Okafor"]),
        ("okaf", ["Amara Okafor"]),
        ("amara.okafor@", ["Amara Okafor"]),
        ("fornow", []),
        ("k", ["Katarzyna Nowak", "Kofi Mensah"]),
    ],
)
def test_people_are_searched_by_the_beginning_of_names_and_addresses(ask, query, found):
    assert names(ask("member", "GET", f"/user/search?query={query}")) == found


def test_an_empty_query_finds_everybody_active(ask):
    everybody = names(ask("member", "GET", "/user/search?query="))
    assert "Tomás Herrera" in everybody and "Former user" not in everybody


def test_an_account_is_found_by_its_id(ask):
    assert names(ask("member", "GET", f"/user/search?accountId={quote(cast.READER.account_id)}")) == [
        "Mei-Lin Zhao"
    ]


def test_pages_of_a_search(ask):
    everybody = names(ask("member", "GET", "/user/search?query="))
    assert names(ask("member", "GET", "/user/search?query=&startAt=2&maxResults=3")) == everybody[2:5]


def test_nobody_finds_nobody(ask):
    assert ask(None, "GET", "/user/search?query=a").json() == []
    assert ask(None, "GET", f"/user?accountId={cast.LEAD.account_id}").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/user/search", 400),
        ("/user/search?query=a&accountId=b", 400),
        ("/user", 400),
        ("/user?accountId=stranger", 404),
        ("/user/bulk", 400),
        ("/user/assignable/search", 400),
        ("/user/assignable/search?project=HR", 404),
        ("/user/groups?accountId=stranger", 404),
        ("/group/member", 400),
        ("/group/member?groupname=none", 404),
    ],
)
def test_wrong_questions(ask, path, status):
    assert ask("member", "GET", path).status_code == status


def test_many_people_at_once_come_ten_to_a_page_and_strangers_are_left_out(ask):
    ids = [person.account_id for person in cast.PEOPLE]
    query = "&".join(f"accountId={quote(one)}" for one in [*ids, "stranger", ids[0]])
    page = ask("member", "GET", f"/user/bulk?{query}").json()
    assert [one["accountId"] for one in page["values"]] == ids[:10]
    assert (page["total"], page["maxResults"], page["isLast"]) == (len(ids), 10, True)
    first = ask("member", "GET", f"/user/bulk?{query}&maxResults=4").json()
    assert not first["isLast"]
    assert "startAt=4" in first["nextPage"]


def test_a_closed_account_is_shown_as_inactive(ask):
    shown = ask("member", "GET", f"/user?accountId={cast.CLOSED.account_id}").json()
    assert (shown["active"], shown["displayName"]) == (False, "Former user")
    assert "emailAddress" not in shown


def test_only_those_who_work_there_can_be_assigned(ask):
    found = set(names(ask("lead", "GET", "/user/assignable/search?issueKey=SEC-1")))
    assert {"Tomás Herrera", "Amara Okafor"} <= found
    assert not {"Priya Raghunathan", "Former user"} & found
    assert names(ask("lead", "GET", "/user/assignable/search?project=SEC&query=mei")) == ["Mei-Lin Zhao"]


def test_groups_and_their_members(ask, acme):
    members = ask("member", "GET", "/group/member?groupname=security-response").json()
    assert [one["accountId"] for one in members["values"]] == acme.model.groups["security-response"].members
    group_id = acme.model.groups["hr-partners"].group_id
    assert ask("member", "GET", f"/group/member?groupId={group_id}").json()["total"] == 1
    picked = ask("member", "GET", "/groups/picker?query=SEC").json()
    assert [one["name"] for one in picked["groups"]] == ["security-response"]
    assert ask(None, "GET", "/groups/picker?query=").json()["total"] == 0
    mine = ask("member", "GET", f"/user/groups?accountId={cast.MEMBER.account_id}").json()
    assert [one["name"] for one in mine] == ["jira-software-users", "security-response"]
    assert ask("member", "GET", "/group/bulk").json()["total"] == len(acme.model.groups)


def test_inactive_members_are_shown_on_request(ask, acme):
    acme.user("leaver").active = False
    path = "/group/member?groupname=security-response"
    assert ask("member", "GET", path).json()["total"] == 3
    assert ask("member", "GET", f"{path}&includeInactiveUsers=true").json()["total"] == 4


def test_an_add_ons_account_is_told_apart(ask, installed):
    found = ask("member", "GET", "/user/search?query=Scribe").json()
    assert [one["accountType"] for one in found] == ["app"]
    assert names(ask("lead", "GET", "/user/assignable/search?project=SEC&query=Scribe")) == []
