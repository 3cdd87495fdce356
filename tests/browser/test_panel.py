"""Working with the panel on an issue."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.visiting import entries, entry, loaded, sum_of
from tests.house import House, SecuredTeam, log_time

pytestmark = pytest.mark.browser

EMPTY_ISSUE = "SEC-4"
JIRA_DOWN = "/rest/api/3/issue/*"


def open_form(panel: FrameLocator) -> Locator:
    panel.get_by_role("button", name="Log secured time").click()
    return panel.get_by_role("form", name="Log secured time")


def count_in_database(house: House) -> int:
    return int(house.as_owner("select count(*) from vault.secured_worklog")[0][0])


def test_w2_w6_a_member_logs_edits_and_deletes_time_by_keyboard_alone(
    house: House, team: SecuredTeam, visit
) -> None:
    member = visit("member")
    panel, keyboard = member.issue(EMPTY_ISSUE), member.page.keyboard
    add = panel.get_by_role("button", name="Log secured time")
    expect(add).to_be_visible()

    member.tab_to(add)
    keyboard.press("Enter")
    form = panel.get_by_role("form", name="Log secured time")
    expect(form.get_by_label("Time spent")).to_be_focused()
    keyboard.type("1h 30m")
    expect(form.get_by_label("Time spent")).to_have_accessible_description("= 1h 30m")
    member.tab_to(form.get_by_label("Description"))
    keyboard.type("Traced the leak")
    member.tab_to(form.get_by_role("button", name="Save"))
    keyboard.press("Enter")

    logged = entry(panel, "Traced the leak")
    expect(logged).to_be_focused()
    expect(logged).to_contain_text("Secured, team Security response")
    expect(logged).to_contain_text("Tomás Herrera")
    expect(logged).to_contain_text("1h 30m")
    expect(sum_of(panel, "Secured")).to_have_text("1h 30m")

    keyboard.press("Enter")
    form = panel.get_by_role("form", name="Edit work log")
    expect(form.get_by_label("Time spent")).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type("2h 15m")
    keyboard.press("Control+Enter")
    expect(logged).to_be_focused()
    expect(logged).to_contain_text("2h 15m")
    expect(sum_of(panel, "Secured")).to_have_text("2h 15m")

    keyboard.press("Delete")
    question = panel.get_by_role("alertdialog", name="Delete 2h 15m of Tomás Herrera?")
    expect(question.get_by_role("button", name="Keep")).to_be_focused()
    keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(logged).to_be_focused()

    keyboard.press("Delete")
    member.tab_to(question.get_by_role("button", name="Delete"), "Shift+Tab")
    keyboard.press("Enter")
    expect(panel.get_by_text("Deleted 2h 15m")).to_be_visible()
    expect(panel.get_by_text("No work logs yet")).to_be_visible()
    expect(add).to_be_focused()
    assert count_in_database(house) == 0


def test_a_duration_nobody_can_read_is_refused_beside_its_field(house: House, team, visit) -> None:
    panel = visit("member").issue(EMPTY_ISSUE)
    form = open_form(panel)
    time_spent = form.get_by_label("Time spent")
    time_spent.fill("a while")
    form.get_by_label("Description").fill("Traced the leak")
    form.get_by_role("button", name="Save").click()

    expect(time_spent).to_be_focused()
    expect(time_spent).to_have_attribute("aria-invalid", "true")
    expect(time_spent).to_have_accessible_description(re.compile("“a while” is not a duration"))
    assert count_in_database(house) == 0

    time_spent.fill("45m")
    expect(time_spent).not_to_have_attribute("aria-invalid", "true")
    form.get_by_role("button", name="Save").click()
    expect(entry(panel, "Traced the leak")).to_contain_text("45m")


def test_what_the_server_refuses_stands_beside_its_field_too(house: House, team, visit) -> None:
    member = visit("member")
    member.forgives("status of 422")
    form = open_form(member.issue(EMPTY_ISSUE))
    time_spent = form.get_by_label("Time spent")
    time_spent.fill("999w")
    form.get_by_label("Description").fill("Typed on and on")
    form.get_by_role("button", name="Save").click()

    expect(time_spent).to_be_focused()
    expect(time_spent).to_have_accessible_description(re.compile("year"))
    expect(form.get_by_label("Description")).to_have_value("Typed on and on")
    assert count_in_database(house) == 0


def test_saving_twice_in_a_hurry_makes_one_work_log(house: House, team: SecuredTeam, visit) -> None:
    member = visit("member")
    panel = member.issue(EMPTY_ISSUE)
    form = open_form(panel)
    form.get_by_label("Time spent").fill("1h")
    form.get_by_label("Description").fill("Once is enough")
    faults = house.sandbox.site("acme").faults
    slow = faults.inject("latency", path="/rest/api/3/permissions/check", seconds=0.4)
    form.get_by_role("button", name="Save").dblclick()
    member.page.keyboard.press("Enter")
    member.page.keyboard.press("Control+Enter")

    expect(entries(panel)).to_have_count(1)
    expect(entry(panel, "Once is enough")).to_be_focused()
    expect(sum_of(panel, "Secured")).to_have_text("1h")
    assert slow.hits > 0
    assert count_in_database(house) == 1


def two_edit_at_once(house: House, team: SecuredTeam, visit) -> tuple[FrameLocator, Locator]:
    """The lead has saved 3h; the member, who began before, now saves another description and 2h."""
    log_time(house, team, issue=EMPTY_ISSUE, description="Traced the leak")
    member, lead = visit("member"), visit("lead")
    member.forgives("status of 409")
    panel, other = member.issue(EMPTY_ISSUE), lead.issue(EMPTY_ISSUE)
    for each in (panel, other):
        entry(each, "Traced the leak").get_by_role("button", name="Edit").click()
    form = other.get_by_role("form", name="Edit work log")
    form.get_by_label("Time spent").fill("3h")
    form.get_by_role("button", name="Save").click()
    expect(entry(other, "Traced the leak")).to_contain_text("3h")

    form = panel.get_by_role("form", name="Edit work log")
    form.get_by_label("Time spent").fill("2h")
    form.get_by_role("button", name="Save").click()
    conflict = panel.get_by_role("alert").filter(has_text="Somebody changed this work log")
    expect(conflict.get_by_role("row", name="Time spent")).to_have_text(re.compile("3h.*2h"))
    expect(conflict).to_be_focused()
    return panel, conflict


def test_w6_whoever_saves_second_can_keep_their_own(house: House, team: SecuredTeam, visit) -> None:
    panel, conflict = two_edit_at_once(house, team, visit)
    conflict.get_by_role("button", name="Save my changes").click()
    expect(entry(panel, "Traced the leak")).to_contain_text("2h")
    assert house.as_owner("select seconds, version from vault.secured_worklog") == [(7200, 3)]


def test_w6_whoever_saves_second_can_take_the_other_version(house: House, team: SecuredTeam, visit) -> None:
    panel, conflict = two_edit_at_once(house, team, visit)
    conflict.get_by_role("button", name="Load theirs").click()
    time_spent = panel.get_by_role("form", name="Edit work log").get_by_label("Time spent")
    expect(time_spent).to_have_value("3h")
    expect(time_spent).to_be_focused()
    assert house.as_owner("select seconds, version from vault.secured_worklog") == [(10800, 2)]


@pytest.mark.parametrize("fault", ["server-error", "drop"])
def test_when_jira_is_down_the_secured_part_is_there_and_says_that_jira_did_not_answer(
    house: House, team: SecuredTeam, visit, fault: str
) -> None:
    log_time(house, team, description="Traced the leak")
    faults = house.sandbox.site("acme").faults
    faults.inject(fault, path=JIRA_DOWN)
    panel = visit("member").issue()

    expect(entry(panel, "Traced the leak")).to_be_visible()
    expect(panel.get_by_text("Jira did not answer", exact=True)).to_be_visible()
    expect(panel.get_by_text("What is secured is complete")).to_be_visible()
    expect(sum_of(panel, "Secured")).to_have_text("1h 30m")
    expect(sum_of(panel, "Time spent")).to_contain_text("Jira did not answer")
    expect(entries(panel)).to_have_count(1)

    faults.clear()
    panel.get_by_role("button", name="Try again").click()
    expect(panel.get_by_text("Jira did not answer")).to_have_count(0)
    expect(entries(panel)).to_have_count(3)
    expect(entry(panel, "Public, stored in Jira")).to_have_count(2)


def test_when_jira_is_down_a_day_is_still_as_long_as_the_site_says(
    house: House, team: SecuredTeam, visit
) -> None:
    log_time(house, team, timeSpent="6h", description="A whole day")
    admin = house.caller("admin")
    assert admin("PATCH", "/settings", {"hoursPerDay": 6}).status_code == 200
    try:
        house.sandbox.site("acme").faults.inject("server-error", path="/rest/api/3/permissions/check")
        panel = visit("member").issue()
        expect(entry(panel, "A whole day")).to_contain_text("1d")
        expect(sum_of(panel, "Secured")).to_have_text("1d")
    finally:
        house.sandbox.site("acme").faults.clear()
        admin("PATCH", "/settings", {"hoursPerDay": 8})


def test_when_jira_cannot_say_who_may_work_what_was_typed_stays(house: House, team, visit) -> None:
    member = visit("member")
    member.forgives("status of 503")
    panel = member.issue(EMPTY_ISSUE)
    form = open_form(panel)
    form.get_by_label("Time spent").fill("20m")
    form.get_by_label("Description").fill("Do not lose this")
    faults = house.sandbox.site("acme").faults
    faults.inject("server-error", path="/rest/api/3/permissions/check")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("Jira")
    expect(form.get_by_label("Description")).to_have_value("Do not lose this")
    assert count_in_database(house) == 0

    faults.clear()
    form.get_by_role("button", name="Save").click()
    expect(entry(panel, "Do not lose this")).to_contain_text("20m")
    assert count_in_database(house) == 1


def test_an_issue_without_work_logs_says_so_and_how_to_begin(team: SecuredTeam, visit) -> None:
    member = visit("member")
    panel = member.issue(EMPTY_ISSUE)
    expect(panel.get_by_text("No work logs yet")).to_be_visible()
    panel.get_by_role("main").get_by_text("No work logs yet").click()
    member.page.keyboard.press("n")
    expect(panel.get_by_role("form", name="Log secured time")).to_be_visible()


def test_somebody_in_no_secured_team_is_told_why_there_is_nothing_to_log(team: SecuredTeam, visit) -> None:
    panel = visit("outsider").issue(EMPTY_ISSUE)
    expect(panel.get_by_text("You are in no secured team")).to_be_visible()
    expect(panel.get_by_role("button", name="Log secured time")).to_have_count(0)


def test_a_long_list_comes_page_by_page(house: House, team: SecuredTeam, visit) -> None:
    for number in range(55):
        started = f"2026-11-{1 + number // 8:02}T{9 + number % 8:02}:00:00+01:00"
        log_time(
            house, team, issue=EMPTY_ISSUE, started=started, timeSpent="30m", description=f"No {number}."
        )
    member = visit("member")
    panel = member.issue(EMPTY_ISSUE)
    expect(entries(panel)).to_have_count(50)
    # The sum is of all pages.
    expect(sum_of(panel, "Secured")).to_have_text("3d 3h 30m")
    expect(entry(panel, "No 0.")).to_have_count(0)

    panel.get_by_role("button", name="Load more").click()
    expect(entries(panel)).to_have_count(55)
    expect(entry(panel, "No 0.")).to_be_visible()
    expect(panel.get_by_role("button", name="Load more")).to_have_count(0)
    assert member.fits()


def test_the_frame_grows_and_shrinks_with_what_is_in_it(house: House, team: SecuredTeam, visit) -> None:
    member = visit("member")
    panel = member.issue()
    expect(entries(panel)).to_have_count(2)
    expect(loaded(panel)).to_be_visible()
    expect(panel.get_by_role("button", name="Log secured time")).to_be_visible()
    assert member.fits()
    before = member.frame_height()

    form = open_form(panel)
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Time spent")).to_be_focused()
    assert member.fits()
    assert member.frame_height() > before + 100

    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden()
    assert member.fits()
    member.page.wait_for_function(
        "height => document.querySelector('iframe').clientHeight <= height", arg=before
    )


def test_a_narrow_panel_needs_no_scrolling_sideways(house: House, team: SecuredTeam, visit) -> None:
    log_time(house, team, description="W" * 300)
    member = visit("member", viewport={"width": 400, "height": 800})
    panel = member.issue()
    expect(entries(panel)).to_have_count(3)
    assert member.fits()
    open_form(panel)
    assert member.fits()


def test_an_expired_token_is_replaced_without_anybody_noticing(
    house: House, team: SecuredTeam, visit
) -> None:
    log_time(house, team, issue=EMPTY_ISSUE, description="Before the rotation")
    member, site = visit("member"), house.sandbox.site("acme")
    member.forgives("status of 401")
    panel = member.issue(EMPTY_ISSUE)
    expect(entry(panel, "Before the rotation")).to_be_visible()
    # What is still under way to Jira is signed with the secret that ends now.
    member.page.wait_for_load_state("networkidle")

    stale = site.context_token("member", EMPTY_ISSUE)
    site.rotate_secret()
    given = []

    def give_a_stale_one_first(route) -> None:
        given.append(route.request.url)
        if len(given) == 1:
            route.fulfill(json={"token": stale})
        else:
            route.continue_()

    member.page.route("**/sandbox/context-token?*", give_a_stale_one_first)
    form = open_form(panel)
    form.get_by_label("Time spent").fill("10m")
    form.get_by_label("Description").fill("After the rotation")
    with member.page.expect_response(lambda answer: answer.status == 401):
        form.get_by_role("button", name="Save").click()
    expect(entry(panel, "After the rotation")).to_be_visible()
    expect(loaded(panel)).to_be_visible()
    assert len(given) == 2
    assert count_in_database(house) == 2
