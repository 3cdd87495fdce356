"""Teams, roles and members over REST (domain.md T1 to T6)."""

import pytest
import sqlalchemy

from tests import house as building

DEFAULTS = {"Team lead", "Team member"}


@pytest.fixture(autouse=True)
def allowed(house):
    """Secured teams are on, the lead may create teams."""
    building.switch_secured_teams_on(house)


def made(house, **changes):
    return house.caller("lead").made("/teams", {"name": "Legal hold", "visibility": "secured", **changes})


def refused(answer, status, code):
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text


def roles_of(house, team_id):
    return {role["name"]: role for role in house.caller("lead").get(f"/teams/{team_id}").json["roles"]}


def test_t4_a_team_is_born_with_two_roles_and_its_lead(house):
    team = made(house)
    held = roles_of(house, team["id"])
    assert set(held) == DEFAULTS
    assert held["Team member"]["permissions"] == ["log_own"]
    assert len(held["Team lead"]["permissions"]) == 6
    [member] = house.caller("lead").get(f"/teams/{team['id']}/members").json["members"]
    assert (member["accountId"], member["active"]) == (house.caller("lead").account_id, True)


def test_t1_visibility_is_for_ever_even_for_the_owner_of_the_database(house):
    team = made(house)
    with pytest.raises(sqlalchemy.exc.IntegrityError, match="can never be changed"):
        house.as_owner("update vault.team set visibility = 'public' where id = :id", id=team["id"])


def test_a_public_team_cannot_hold_a_secured_work_log_even_for_the_owner(house):
    team = made(house, visibility="public")
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        house.as_owner(
            "insert into vault.secured_worklog (instance_key, id, team_id, issue_id, author_account_id,"
            " started_at, utc_offset_minutes, started_on, seconds, description_sealed, created_by)"
            " select instance_key, gen_random_uuid(), id, 1, 'x', now(), 0, current_date, 60, '', 'x'"
            " from vault.team where id = :id",
            id=team["id"],
        )


def test_t2_secured_teams_need_the_administrators_option(house):
    administrator = house.caller("admin")
    assert administrator("PATCH", "/settings", {"securedTeams": False}).status_code == 200
    body = {"name": "Not yet", "visibility": "secured"}
    refused(house.caller("lead")("POST", "/teams", body), 403, "secured_option_off")
    assert house.caller("lead")("POST", "/teams", {**body, "visibility": "public"}).status_code == 201


def test_t2_switching_the_option_off_leaves_secured_teams_as_they_are(house):
    team = made(house)
    assert house.caller("admin")("PATCH", "/settings", {"securedTeams": False}).status_code == 200
    assert house.caller("lead").get(f"/teams/{team['id']}").json["visibility"] == "secured"


def test_t3_only_administrators_and_team_managers_create_teams(house):
    body = {"name": "Mine", "visibility": "public"}
    refused(house.caller("member")("POST", "/teams", body), 403, "forbidden")
    assert house.caller("admin")("POST", "/teams", body).status_code == 201


def test_t3_another_lead_can_be_picked_and_the_creator_is_no_member_then(house):
    reader = house.caller("reader")
    team = made(house, leadAccountId=reader.account_id)
    assert reader.get(f"/teams/{team['id']}").json["lead"]["accountId"] == reader.account_id
    refused(house.caller("lead").get(f"/teams/{team['id']}"), 404, "not_found")


def test_t6_people_see_the_teams_they_are_active_members_of(house, team):
    def seen(role):
        return [each["id"] for each in house.caller(role).get("/teams?limit=200").json["teams"]]

    assert team.id in seen("member")
    assert team.id not in seen("outsider")
    assert team.id not in seen("leaver")
    assert team.id not in seen("admin")


def test_teams_are_filtered_and_paged(house, team):
    for name in ("Paging a", "Paging b", "100% _odd\\ name"):
        made(house, name=name)
    lead = house.caller("lead")

    def names(query):
        return [each["name"] for each in lead.get(f"/teams?{query}").json["teams"]]

    assert names("text=paging") == ["Paging b", "Paging a"]
    assert names("text=%25") == ["100% _odd\\ name"]
    assert names("text=_odd") == ["100% _odd\\ name"]
    assert "Security response" in names("visibility=secured&permission=log_own&limit=200")
    first = lead.get("/teams?text=paging&limit=1").json
    second = lead.get(f"/teams?text=paging&limit=1&cursor={first['next']}").json
    assert [first["teams"][0]["name"], second["teams"][0]["name"], second["next"]] == [
        "Paging b",
        "Paging a",
        None,
    ]


def test_t5_dates_decide_what_a_member_may_do_today(house, team):
    lead, outsider = house.caller("lead"), house.caller("outsider")
    path = f"/teams/{team.id}/members"
    body = {"accountId": outsider.account_id, "roleId": team.roles["Reader"], "joinedOn": "2099-01-01"}
    member = lead.made(path, body)
    assert member["active"] is False
    refused(outsider.get(f"/teams/{team.id}"), 404, "not_found")
    changed = lead("PATCH", f"{path}/{member['id']}", {"joinedOn": "2026-01-01"})
    assert changed.json["active"] is True
    assert outsider.get(f"/teams/{team.id}").status_code == 200
    assert lead("DELETE", f"{path}/{member['id']}").status_code == 204
    refused(outsider.get(f"/teams/{team.id}"), 404, "not_found")
    history = {each["id"]: each["active"] for each in lead.get(path).json["members"]}
    assert history[member["id"]] is False, "an ended membership stays as history"


def test_t5_a_team_never_loses_its_last_lead(house):
    team = made(house)
    lead, path = house.caller("lead"), f"/teams/{team['id']}/members"
    [only] = lead.get(path).json["members"]
    member_role = roles_of(house, team["id"])["Team member"]["id"]
    refused(lead("DELETE", f"{path}/{only['id']}"), 409, "last_lead")
    refused(lead("PATCH", f"{path}/{only['id']}", {"roleId": member_role}), 409, "last_lead")
    refused(lead("PATCH", f"{path}/{only['id']}", {"leftOn": "2099-12-31"}), 409, "last_lead")
    second = lead.made(
        path,
        {
            "accountId": house.caller("reader").account_id,
            "roleId": roles_of(house, team["id"])["Team lead"]["id"],
        },
    )
    assert lead("DELETE", f"{path}/{only['id']}").status_code == 204
    assert house.caller("reader").get(f"/teams/{team['id']}").json["lead"]["accountId"] == second["accountId"]


def test_t5_one_person_has_one_membership_at_a_time(house, team):
    body = {"accountId": house.caller("member").account_id, "roleId": team.roles["Reader"]}
    refused(house.caller("lead")("POST", f"/teams/{team.id}/members", body), 409, "membership_overlaps")


def test_t4_members_and_roles_are_the_business_of_manage_team(house, team):
    body = {"accountId": house.caller("outsider").account_id, "roleId": team.roles["Reader"]}
    member, outsider = house.caller("member"), house.caller("outsider")
    refused(member("POST", f"/teams/{team.id}/members", body), 403, "forbidden")
    refused(outsider("POST", f"/teams/{team.id}/members", body), 404, "not_found")
    custom = {"name": "Everything", "permissions": ["view_others"]}
    refused(member("POST", f"/teams/{team.id}/roles", custom), 403, "forbidden")


def test_t4_a_role_change_counts_on_the_next_request(house, team):
    worklog = building.log_time(house, team, role="lead")
    member = house.caller("member")
    refused(member.get(f"/worklogs/{worklog['id']}"), 404, "not_found")
    path = f"/teams/{team.id}/members/{team.members['member']}"
    assert house.caller("lead")("PATCH", path, {"roleId": team.roles["Reader"]}).status_code == 200
    assert member.get(f"/worklogs/{worklog['id']}").status_code == 200
    assert house.caller("lead")("PATCH", path, {"roleId": team.roles["Team member"]}).status_code == 200
    refused(member.get(f"/worklogs/{worklog['id']}"), 404, "not_found")


def test_a_role_of_another_team_cannot_be_given(house, team):
    other = made(house)
    foreign = roles_of(house, other["id"])["Team lead"]["id"]
    body = {"accountId": house.caller("outsider").account_id, "roleId": foreign}
    answer = house.caller("lead")("POST", f"/teams/{team.id}/members", body)
    assert answer.json["errors"][0]["field"] == "roleId"


def test_a_role_name_is_taken_once_a_team(house, team):
    body = {"name": "Reader", "permissions": []}
    refused(house.caller("lead")("POST", f"/teams/{team.id}/roles", body), 409, "role_name_taken")


def test_a_stale_membership_change_is_a_conflict(house, team):
    path = f"/teams/{team.id}/members/{team.members['reader']}"
    answer = house.caller("lead")("PATCH", path, {"leftOn": None}, if_match='"99"')
    refused(answer, 409, "stale_version")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"visibility": "hidden"}, "visibility"),
        ({"leadAccountId": "a b"}, "leadAccountId"),
    ],
)
def test_bad_input_names_the_field(house, changes, field):
    answer = house.caller("lead")("POST", "/teams", {"name": "X", "visibility": "public", **changes})
    assert [each["field"] for each in answer.json["errors"]] == [field]


def test_dates_in_the_wrong_order_are_named(house, team):
    path = f"/teams/{team.id}/members/{team.members['reader']}"
    answer = house.caller("lead")("PATCH", path, {"leftOn": "2020-01-01"})
    assert answer.json["errors"][0]["field"] == "leftOn"


def test_s4_only_the_administrator_changes_settings_and_it_is_an_event(house):
    refused(house.caller("lead")("PATCH", "/settings", {"securedTeams": True}), 403, "forbidden")
    assert house.caller("lead").get("/settings").json["canAdminister"] is False
    rows = house.as_owner(
        "select outcome, changes from vault.event"
        " where action = 'settings:change' and instance_key = :k order by id",
        k=house.instance_key(),
    )
    assert {row[0] for row in rows} == {"allowed", "denied"}
    assert any(row[1] and {"before", "after"} <= set(row[1]) for row in rows)
