"""axe-core on every screen in both themes, and the theme itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import entries, entry, loaded
from tests.house import House, SecuredTeam, log_time

pytestmark = pytest.mark.browser

PAGES = "Worklog Vault"
both_themes = pytest.mark.parametrize("theme", ["light", "dark"])


@both_themes
def test_the_panel_is_without_serious_findings(house: House, team: SecuredTeam, visit, theme: str) -> None:
    log_time(house, team, description="Traced the leak")
    member = visit("member", theme=theme)
    panel, found = member.issue(), {}
    expect(entries(panel)).to_have_count(3)
    expect(loaded(panel)).to_be_visible()
    inside = member.inside()
    found["list"] = member.findings(inside)

    panel.get_by_role("button", name="Keyboard shortcuts").click()
    expect(panel.get_by_text("Load the list again")).to_be_visible()
    found["help"] = member.findings(inside)
    panel.get_by_role("button", name="Keyboard shortcuts").click()

    panel.get_by_role("button", name="Log secured time").click()
    form = panel.get_by_role("form", name="Log secured time")
    expect(form.get_by_label("Time spent")).to_be_focused()
    found["form"] = member.findings(inside)
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Time spent")).to_have_attribute("aria-invalid", "true")
    found["error"] = member.findings(inside)
    form.get_by_role("button", name="Cancel").click()

    entry(panel, "Traced the leak").get_by_role("button", name="Delete").click()
    question = panel.get_by_role("alertdialog")
    expect(question).to_be_visible()
    found["question"] = member.findings(inside)
    question.get_by_role("button", name="Delete").click()
    expect(panel.get_by_text("Deleted 1h 30m")).to_be_visible()
    found["deleted"] = member.findings(inside)
    assert not any(found.values()), found


@both_themes
def test_the_panel_in_trouble_is_without_serious_findings(
    house: House, team: SecuredTeam, visit, theme: str
) -> None:
    logged = log_time(house, team, description="Traced the leak")
    member = visit("member", theme=theme)
    member.forgives("status of 409")
    house.sandbox.site("acme").faults.inject("server-error", path="/rest/api/3/issue/*")
    panel, found = member.issue(), {}
    expect(panel.get_by_text("Jira did not answer", exact=True)).to_be_visible()
    inside = member.inside()
    found["Jira is down"] = member.findings(inside)

    entry(panel, "Traced the leak").get_by_role("button", name="Edit").click()
    change = house.caller("lead")("PATCH", f"/worklogs/{logged['id']}", {"timeSpent": "3h"}, if_match='"1"')
    assert change.status_code == 200
    form = panel.get_by_role("form", name="Edit work log")
    form.get_by_label("Time spent").fill("2h")
    form.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("button", name="Load theirs")).to_be_visible()
    found["conflict"] = member.findings(inside)
    assert not any(found.values()), found


@both_themes
def test_an_empty_panel_is_without_serious_findings(team: SecuredTeam, visit, theme: str) -> None:
    outsider = visit("outsider", theme=theme)
    panel = outsider.issue("SEC-4")
    expect(panel.get_by_text("No work logs yet")).to_be_visible()
    assert outsider.findings(outsider.inside()) == []


@both_themes
def test_the_teams_pages_are_without_serious_findings(team: SecuredTeam, visit, theme: str) -> None:
    lead = visit("lead", theme=theme)
    teams, found = lead.teams(), {}
    name = teams.get_by_role("button", name="Security response")
    expect(name).to_be_visible()
    expect(loaded(teams)).to_be_visible()
    inside = lead.inside(PAGES)
    found["list"] = lead.findings(inside)

    teams.get_by_role("button", name="Create team").click()
    form = teams.get_by_role("form", name="Create team")
    expect(form).to_contain_text("Amara Okafor")
    found["new team"] = lead.findings(inside)
    form.get_by_role("button", name="Create team").click()
    expect(form.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    found["errors"] = lead.findings(inside)
    form.get_by_role("button", name="Cancel").click()

    name.click()
    expect(teams.get_by_role("row", name="Tomás Herrera")).to_be_visible()
    found["members"] = lead.findings(inside)
    teams.get_by_role("button", name="Add member").click()
    form = teams.get_by_role("form", name="Add member")
    form.get_by_role("combobox", name="Person").press_sequentially("Kofi")
    expect(form.get_by_role("option", name="Kofi Mensah")).to_be_visible()
    found["new member"] = lead.findings(inside)
    form.get_by_role("button", name="Cancel").click()
    teams.get_by_role("button", name="End the membership of Tomás Herrera").click()
    expect(teams.get_by_role("alertdialog")).to_be_visible()
    found["ending"] = lead.findings(inside)

    teams.get_by_role("tab", name="Roles").click()
    teams.get_by_role("button", name="Create role").click()
    expect(teams.get_by_role("form", name="Create role")).to_be_visible()
    found["roles"] = lead.findings(inside)
    assert not any(found.values()), found


@both_themes
def test_the_administration_page_is_without_serious_findings(team: SecuredTeam, visit, theme: str) -> None:
    admin = visit("admin", theme=theme)
    page, found = admin.administration(), {}
    expect(page.get_by_role("region", name="Team managers")).to_contain_text("Amara Okafor")
    inside = admin.inside(PAGES)
    found["settings"] = admin.findings(inside)
    page.get_by_label("Hours per day").fill("many")
    page.get_by_role("button", name="Save working time").click()
    expect(page.get_by_label("Hours per day")).to_be_focused()
    found["error"] = admin.findings(inside)
    assert not any(found.values()), found


@both_themes
def test_the_sandbox_is_without_serious_findings(house: House, team: SecuredTeam, visit, theme: str) -> None:
    admin, found = visit("admin", theme=theme), {}
    expect(entries(admin.issue())).to_have_count(2)
    for tab in ("All", "Work log", "History"):
        admin.page.get_by_role("tab", name=tab, exact=True).click()
        expect(admin.page.get_by_role("tabpanel", name=tab, exact=True)).to_be_visible()
        found[tab] = admin.findings(admin.page)
    admin.page.locator("summary", has_text="switch user").click()
    expect(admin.page.get_by_text("Look at the site as somebody else")).to_be_visible()
    found["people"] = admin.findings(admin.page)
    for path in ("/", "/admin/apps", "/browse/NONE-1"):
        if path == "/browse/NONE-1":
            admin.forgives("status of 404")
        admin.page.goto(admin.url + path)
        found[path] = admin.findings(admin.page)
    assert not any(found.values()), found


def test_the_panel_follows_jiras_theme_at_once(team: SecuredTeam, visit) -> None:
    member = visit("member")
    panel = member.issue()
    expect(entries(panel)).to_have_count(2)
    inside = member.inside()
    assert member.is_themed(inside, "light")
    colour = "() => getComputedStyle(document.body).color"
    light = inside.evaluate(colour)

    member.page.get_by_role("button", name="Switch to the dark theme").click()
    assert member.is_themed(inside, "dark")
    assert inside.evaluate(colour) != light
    member.page.reload()
    expect(member.page.locator("html")).to_have_attribute("data-color-mode", re.compile("dark"))
    assert member.is_themed(member.inside(), "dark")
