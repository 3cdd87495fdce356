"""Who comes to see a secured work log in the browser, and that Jira around the panel never does."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, expect

from sandbox import cast
from tests.browser.visiting import Visit, entries, entry, loaded, sum_of
from tests.house import SEC_1, House, SecuredTeam, log_time

pytestmark = pytest.mark.browser

SECRET = "Read the confidential witness statement"
#: What the sandbox's world begins with on this issue.
PUBLIC = 2


@pytest.fixture(scope="module")
def bystanders(house: House, team: SecuredTeam) -> Iterator[None]:
    """In the team without the permission to view: hr-partner. Reader of another secured team: operator."""
    lead = house.caller("lead")
    colleague = {"accountId": cast.account_id("hr-partner"), "roleId": team.roles["Team member"]}
    lead.made(f"/teams/{team.id}/members", colleague)
    other = lead.made("/teams", {"name": "Forensics", "visibility": "secured"})
    reader = lead.made(f"/teams/{other['id']}/roles", {"name": "Reader", "permissions": ["view_others"]})
    lead.made(
        f"/teams/{other['id']}/members", {"accountId": cast.account_id("operator"), "roleId": reader["id"]}
    )
    yield


def what_the_panel_says(visit: Visit) -> str:
    panel = visit.issue()
    expect(entries(panel)).to_have_count(PUBLIC)
    expect(loaded(panel)).to_be_visible()
    # Which of the two it is depends on the person's teams, which come last and are not announced.
    add = panel.get_by_role("button", name="Log secured time")
    expect(add.or_(panel.get_by_text("You are in no secured team"))).to_be_visible()
    return panel.get_by_role("main").inner_text()


def what_jira_says(visit: Visit) -> list[str]:
    """All that the site itself shows of the issue: every tab, the details, and what REST tells them."""
    page = visit.page
    visit.issue()
    said = [page.get_by_role("complementary", name="Details").inner_text()]
    for tab in ("All", "Work log", "History"):
        page.get_by_role("tab", name=tab, exact=True).click()
        said.append(page.get_by_role("tabpanel", name=tab, exact=True).inner_text())
    for path in (f"issue/{SEC_1}?fields=*all&expand=changelog", f"issue/{SEC_1}/worklog"):
        said.append(page.request.get(f"{visit.url}/rest/api/3/{path}").text())
    return said


def log_in_the_panel(visit: Visit) -> FrameLocator:
    panel = visit.issue()
    panel.get_by_role("button", name="Log secured time").click()
    form = panel.get_by_role("form", name="Log secured time")
    form.get_by_label("Time spent").fill("7h 7m")
    form.get_by_label("Description").fill(SECRET)
    form.get_by_role("button", name="Save").click()
    expect(entry(panel, SECRET)).to_be_visible()
    return panel


def test_w2_jiras_tabs_time_tracking_and_rest_are_the_same_before_and_after(team: SecuredTeam, visit) -> None:
    member = visit("member")
    before = what_jira_says(member)
    log_in_the_panel(member)
    after = what_jira_says(member)
    assert after == before
    assert not any(SECRET in text or "7h 7m" in text for text in after)


def test_w2_what_is_logged_in_jira_itself_is_in_its_tabs_and_shown_as_public(team, visit) -> None:
    member = visit("member")
    member.issue("SEC-6")
    page = member.page
    page.get_by_text("Log work in Jira (public)").click()
    page.get_by_role("textbox", name="Time spent").fill("25m")
    page.get_by_label("Work description").fill("For everybody to see")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("tabpanel", name="Work log")).to_contain_text("For everybody to see")
    expect(entry(member.frame("Secured work logs"), "For everybody to see")).to_contain_text(
        "Public, stored in Jira"
    )


def test_w3_a_reader_sees_it_and_may_not_touch_it(house: House, team: SecuredTeam, visit) -> None:
    log_in_the_panel(visit("member"))
    panel = visit("reader").issue()
    logged = entry(panel, SECRET)
    expect(logged).to_contain_text("Secured, team Security response")
    expect(logged).to_contain_text("Tomás Herrera")
    expect(logged.get_by_role("button")).to_have_count(0)
    expect(sum_of(panel, "Secured")).to_have_text("7h 7m")


def test_w6_the_lead_may_change_and_delete_it(house: House, team: SecuredTeam, visit) -> None:
    log_time(house, team, description=SECRET)
    panel = visit("lead").issue()
    logged = entry(panel, SECRET)
    expect(logged.get_by_role("button", name="Edit")).to_be_visible()
    logged.get_by_role("button", name="Delete").click()
    question = panel.get_by_role("alertdialog")
    expect(question).to_contain_text(SECRET)
    question.get_by_role("button", name="Delete").click()
    expect(entry(panel, SECRET)).to_have_count(0)
    assert house.as_owner("select count(*) from vault.secured_worklog") == [(0,)]


@pytest.mark.parametrize("role", ["outsider", "admin", "auditor", "leaver", "hr-partner", "operator"])
def test_w3_w4_for_everybody_else_the_panel_is_the_same_before_and_after(
    house: House, team: SecuredTeam, bystanders: None, visit, role: str
) -> None:
    somebody = visit(role)
    before = what_the_panel_says(somebody)
    log_time(house, team, description=SECRET, timeSpent="7h 7m")
    assert what_the_panel_says(somebody) == before
    assert SECRET not in somebody.inside().content()


def test_w3_a_jira_administrator_finds_nothing_on_the_other_pages_either(
    house: House, team: SecuredTeam, visit
) -> None:
    log_time(house, team, description=SECRET)
    admin = visit("admin")
    teams = admin.teams()
    expect(teams.get_by_text("You are in no team yet")).to_be_visible()
    expect(teams.get_by_role("main")).not_to_contain_text("Security response")
    administration = admin.administration()
    expect(administration.get_by_role("switch", name="Secured teams")).to_be_checked()
    expect(administration.get_by_role("main")).not_to_contain_text("Security response")


def test_s1_the_same_person_on_another_site_finds_nothing_of_it(
    house: House, team: SecuredTeam, visit
) -> None:
    log_time(house, team, description=SECRET)
    panel = visit("member", site="globex").issue()
    expect(loaded(panel)).to_be_visible()
    expect(panel.get_by_text("You are in no secured team")).to_be_visible()
    expect(sum_of(panel, "Secured")).to_have_text("0m")
    expect(entry(panel, SECRET)).to_have_count(0)


def switch_to(visit: Visit, name: str) -> None:
    menu = visit.page.locator("summary", has_text="switch user")
    menu.click()
    visit.page.get_by_role("button", name=name).click()
    expect(menu).to_contain_text(name)


def test_a_newcomer_sees_names_and_can_look_as_somebody_else(house: House, team: SecuredTeam, visit) -> None:
    log_time(house, team, description=SECRET)
    newcomer = visit(None)
    panel = newcomer.issue()
    expect(entry(panel, SECRET)).to_contain_text("Tomás Herrera")

    switch_to(newcomer, "Priya Raghunathan")
    expect(entries(panel)).to_have_count(PUBLIC)
    expect(entry(panel, SECRET)).to_have_count(0)

    switch_to(newcomer, "Mei-Lin Zhao")
    expect(entry(panel, SECRET)).to_contain_text("Tomás Herrera")
