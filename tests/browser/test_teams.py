"""Teams and administration: the option, the choice that is for ever, members and roles."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.house import House, switch_secured_teams_on

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def option_off(house: House) -> None:
    """Every test begins with secured teams switched off and the lead a team manager."""
    body = {"securedTeams": False, "teamManagers": [house.caller("lead").account_id]}
    assert house.caller("admin")("PATCH", "/settings", body).status_code == 200


def create_form(teams: FrameLocator) -> Locator:
    teams.get_by_role("button", name="Create team").click()
    return teams.get_by_role("form", name="Create team")


def pick(where: Locator, label: str, typed: str, name: str) -> None:
    """Finds somebody with the people picker, by keyboard."""
    picker = where.get_by_role("combobox", name=label)
    picker.press_sequentially(typed)
    expect(where.get_by_role("option", name=name)).to_be_visible()
    picker.press("Enter")


def test_t2_while_the_option_is_off_secured_cannot_be_chosen_and_the_form_says_who_can_change_that(
    visit,
) -> None:
    form = create_form(visit("lead").teams())
    expect(form.get_by_role("radio", name="Secured")).to_be_disabled()
    expect(form.get_by_role("radio", name="Public")).to_be_enabled()
    expect(form).to_contain_text("A Jira administrator can switch them on")


def test_t2_t3_an_administrator_switches_secured_teams_on_and_names_a_team_manager(
    house: House, visit
) -> None:
    admin = visit("admin")
    page = admin.administration()
    switch = page.get_by_role("switch", name="Secured teams")
    expect(switch).not_to_be_checked()
    switch.click()
    expect(switch).to_be_checked()
    expect(page.get_by_text("Not to you by being an administrator")).to_be_visible()
    managers = page.get_by_role("region", name="Team managers")
    pick(managers, "Add a team manager", "Kofi", "Kofi Mensah")
    expect(managers.get_by_role("listitem").filter(has_text="Kofi Mensah")).to_be_visible()
    assert admin.fits("Worklog Vault")

    admin.page.reload()
    expect(switch).to_be_checked()
    expect(managers.get_by_role("listitem")).to_have_text(
        [re.compile("Amara Okafor"), re.compile("Kofi Mensah")]
    )
    expect(visit("operator").teams().get_by_role("button", name="Create team")).to_be_visible()


def test_t2_nobody_but_an_administrator_gets_to_the_administration_page(visit) -> None:
    lead = visit("lead")
    lead.forgives("status of 404")
    lead.page.goto(lead.url)
    expect(lead.page.get_by_role("navigation", name="Site").get_by_text("Settings")).to_have_count(0)
    answer = lead.page.goto(f"{lead.url}/plugins/servlet/ac/com.worklogvault.jira/administration")
    assert answer is not None and answer.status == 404


def test_t3_somebody_who_may_not_create_teams_is_told_who_may(visit) -> None:
    teams = visit("outsider").teams()
    expect(teams.get_by_text("New teams are created by Jira administrators")).to_be_visible()
    expect(teams.get_by_role("button", name="Create team")).to_have_count(0)


def test_t1_the_form_for_a_team_says_what_is_missing_beside_each_field(house: House, visit) -> None:
    switch_secured_teams_on(house)
    form = create_form(visit("lead").teams())
    form.get_by_role("button", name="Create team").click()
    expect(form.get_by_label("Name")).to_be_focused()
    expect(form.get_by_label("Name")).to_have_accessible_description("Give the team a name.")
    expect(form).to_contain_text("work logs live. It cannot be changed later.")


def test_t1_t4_t5_a_lead_creates_a_secured_team_with_a_custom_role_and_a_member(house: House, visit) -> None:
    switch_secured_teams_on(house)
    lead = visit("lead")
    teams = lead.teams()
    form = create_form(teams)
    expect(form.get_by_text("This choice is for ever")).to_be_visible()
    expect(form.get_by_text("Nobody can change it later, not even an administrator")).to_be_visible()
    for choice in ("Secured", "Public"):
        expect(form.get_by_role("radio", name=choice)).not_to_be_checked()
    form.get_by_label("Name").fill("Red team")
    form.get_by_label("Description").fill("Breaks in, so that others cannot")
    form.get_by_role("radio", name="Secured").check()
    assert lead.fits("Worklog Vault")
    form.get_by_role("button", name="Create team").click()

    expect(teams.get_by_role("heading", name="Red team")).to_be_focused()
    expect(teams.get_by_role("main")).to_contain_text("Red teamSecured")
    expect(teams.get_by_role("row", name="Amara Okafor")).to_contain_text("Team lead")
    # For ever: nothing on the team's page offers another choice.
    expect(teams.get_by_role("radio")).to_have_count(0)

    teams.get_by_role("tab", name="Members").press("ArrowRight")
    expect(teams.get_by_role("tab", name="Roles")).to_be_focused()
    teams.get_by_role("button", name="Create role").click()
    form = teams.get_by_role("form", name="Create role")
    form.get_by_label("Name").fill("Reviewer")
    form.get_by_label("View others").check()
    form.get_by_role("button", name="Create role").click()
    expect(teams.get_by_role("row", name="Reviewer")).to_contain_text("Log own work, View others")

    teams.get_by_role("tab", name="Members").click()
    teams.get_by_role("button", name="Add member").click()
    form = teams.get_by_role("form", name="Add member")
    pick(form, "Person", "Tom", "Tomás Herrera")
    form.get_by_label("Role").select_option("Reviewer")
    form.get_by_role("button", name="Add", exact=True).click()
    row = teams.get_by_role("row", name="Tomás Herrera")
    expect(row).to_contain_text("Reviewer")
    expect(row).to_contain_text("Active")
    expect(teams.get_by_role("button", name="Add member")).to_be_focused()
    assert lead.fits("Worklog Vault")

    member = visit("member")
    mine = member.teams().get_by_role("row", name="Red team")
    expect(mine).to_contain_text("Reviewer")
    expect(mine).to_contain_text("Secured")
    expect(member.issue().get_by_role("button", name="Log secured time")).to_be_visible()


def test_t5_an_ended_membership_can_no_longer_log(house: House, visit) -> None:
    switch_secured_teams_on(house)
    caller = house.caller("lead")
    team = caller.made("/teams", {"name": "Blue team", "visibility": "secured"})
    role = next(one["id"] for one in team_roles(house, team["id"]) if one["name"] == "Team member")
    reader = house.caller("reader").account_id
    caller.made(f"/teams/{team['id']}/members", {"accountId": reader, "roleId": role})
    reading = visit("reader")
    expect(reading.issue().get_by_role("button", name="Log secured time")).to_be_visible()

    teams = visit("lead").teams()
    teams.get_by_role("button", name="Blue team").click()
    teams.get_by_role("button", name="End the membership of Mei-Lin Zhao").click()
    question = teams.get_by_role("alertdialog", name="End the membership of Mei-Lin Zhao now?")
    expect(question.get_by_role("button", name="Keep")).to_be_focused()
    question.get_by_role("button", name="End membership").click()
    expect(teams.get_by_role("row", name="Mei-Lin Zhao")).to_contain_text("Ended")

    expect(reading.issue().get_by_text("You are in no secured team")).to_be_visible()


def team_roles(house: House, team_id: str) -> list[dict[str, str]]:
    return list(house.caller("lead").get(f"/teams/{team_id}/roles").json["roles"])
