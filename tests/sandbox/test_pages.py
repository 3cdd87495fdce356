"""The pages that people look at: what each shows to whom, and what the host script gets from them."""

import base64
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox import cast, pages
from sandbox.model import AddonState
from sandbox.rest.callers import USER_COOKIE
from sandbox.server import Sandbox
from sandbox.site import Site
from sandbox.site_app import create_site_app

KEY = "com.example.scribe"
Visit = Callable[..., FlaskClient]


@pytest.fixture
def visit(sandbox: Sandbox) -> Visit:
    """``visit("lead")``: a browser in which that person looks at acme (or ``site="globex"``)."""

    def visit(who: str | None, site: str = "acme") -> FlaskClient:
        client = create_site_app(sandbox, sandbox.site(site)).test_client()
        if who is not None:
            client.set_cookie(USER_COOKIE, cast.account_id(who))
        return client

    return visit


class _Slots(HTMLParser):
    """Collects the attributes of the places where add-on pages go."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if "data-addon-key" in attributes:
            self.found.append(attributes)


def slots(answer: TestResponse) -> list[dict[str, str | None]]:
    return _Slots(answer.text).found


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


# Browsing


def test_home_lists_what_each_person_may_browse(visit: Visit) -> None:
    assert "/browse/SEC-1" in visit("outsider").get("/").text
    assert "/browse/HR-1" not in visit("outsider").get("/").text
    assert "/browse/HR-1" in visit("hr-partner").get("/").text


def test_every_page_says_that_it_is_a_sandbox_and_who_is_looking(visit: Visit) -> None:
    for path in ("/", "/browse/SEC-1", "/browse/NOPE-1", "/admin/apps"):
        page = visit("reader").get(path).text
        assert "stand-in that runs on this machine" in page
        assert f'data-account-id="{cast.account_id("reader")}"' in page


def test_issue_shows_what_jira_knows(visit: Visit) -> None:
    page = visit("outsider").get("/browse/SEC-1").text
    for text in ("Investigate sign-ins", "Tomás Herrera", "In Progress", "Collected the sign-in logs", "2d"):
        assert text in page


@pytest.mark.parametrize("path", ["/browse/HR-1", "/browse/SEC-999"])
def test_issue_that_one_may_not_browse_looks_like_one_that_is_not_there(visit: Visit, path: str) -> None:
    answer = visit("outsider").get(path)
    assert answer.status_code == 404
    assert "You can’t view this" in answer.text  # noqa: RUF001


def test_restricted_work_log_is_shown_to_its_group_only(visit: Visit, acme: Site) -> None:
    with acme.model.lock:
        restricted = next(one for one in acme.model.worklogs.values() if one.visibility)
        issue = acme.model.issues[restricted.issue_id]
    marker = "Restricted to"
    assert marker in visit("hr-partner").get(f"/browse/{issue.key}").text
    assert marker not in visit("lead").get(f"/browse/{issue.key}").text


def test_tab_of_the_activity_is_chosen_by_the_address(visit: Visit) -> None:
    page = visit("member").get("/browse/SEC-1?tab=history").text
    assert re.search(r'id="activity-worklog"[^>]* hidden', page)
    assert not re.search(r'id="activity-history"[^>]* hidden', page)
    assert "Remaining Estimate" in page


def test_first_visit_is_the_members_and_is_remembered_for_rest(visit: Visit) -> None:
    client = visit(None)
    assert f'data-account-id="{cast.account_id("member")}"' in client.get("/").text
    cookie = client.get_cookie(USER_COOKIE)
    assert cookie is not None
    assert cookie.value == cast.account_id("member")


def test_switching_the_user_leads_back_to_the_page(visit: Visit) -> None:
    client = visit("member")
    answer = client.post(
        "/sandbox/user", data={"account": cast.account_id("lead"), "back": "/browse/SEC-1?tab=all"}
    )
    assert (answer.status_code, answer.location) == (303, "/browse/SEC-1?tab=all")
    assert f'data-account-id="{cast.account_id("lead")}"' in client.get("/").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", ""])
def test_switching_the_user_leads_nowhere_else(visit: Visit, back: str) -> None:
    answer = visit("member").post("/sandbox/user", data={"account": cast.account_id("lead"), "back": back})
    assert answer.location == "/"


def test_theme_of_the_cookie_is_there_from_the_first_paint(visit: Visit) -> None:
    client = visit("member")
    assert 'data-color-mode="light"' in client.get("/").text
    client.set_cookie(pages.THEME_COOKIE, "dark")
    assert 'data-color-mode="dark"' in client.get("/").text
    client.set_cookie(pages.THEME_COOKIE, '"><script>')
    assert 'data-color-mode="light"' in client.get("/").text


def test_text_of_the_world_is_text_on_the_page(visit: Visit, acme: Site) -> None:
    with acme.model.lock:
        acme.issue("SEC-1").summary = "<script>alert(1)</script>"
    page = visit("member").get("/browse/SEC-1").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


# Jira's own work logs


def test_logging_work_in_jira_is_public_and_in_every_tab(visit: Visit, acme: Site) -> None:
    client = visit("member")
    form = {"timeSpent": "1h 15m", "started": "2026-11-24T09:30", "comment": "Called the provider"}
    answer = client.post("/browse/SEC-1/worklog", data=form)
    assert answer.status_code == 303
    assert visit("outsider").get("/browse/SEC-1").text.count("Called the provider") == 2  # All, and Work log.
    added = list(acme.model.worklogs.values())[-1]
    assert added.seconds == 75 * 60
    # Tomás's clock is Madrid's.
    assert added.started.isoformat() == "2026-11-24T09:30:00+01:00"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("timeSpent", "soon", "Use the format"),
        ("timeSpent", "0m", "Use the format"),
        ("started", "", "Give a date"),
    ],
)
def test_wrong_work_log_comes_back_with_what_was_typed(
    visit: Visit, acme: Site, field: str, value: str, words: str
) -> None:
    before = len(acme.model.worklogs)
    form = {"timeSpent": "1h", "started": "2026-11-24T09:30", "comment": "half a thought"} | {field: value}
    answer = visit("member").post("/browse/SEC-1/worklog", data=form)
    assert answer.status_code == 400
    assert words in answer.text
    assert "half a thought" in answer.text
    assert len(acme.model.worklogs) == before


def test_people_without_work_permission_get_no_form_and_cannot_log(visit: Visit, acme: Site) -> None:
    before = len(acme.model.worklogs)
    client = visit("outsider")
    assert "Log work in Jira" not in client.get("/browse/SEC-1").text
    client.post("/browse/SEC-1/worklog", data={"timeSpent": "1h", "started": "2026-11-24T09:30"})
    assert len(acme.model.worklogs) == before


# Add-on pages


@pytest.mark.usefixtures("installed")
def test_issue_has_a_place_for_the_panel_with_a_signed_address(visit: Visit, acme: Site) -> None:
    [slot] = slots(visit("reader").get("/browse/SEC-1"))
    assert (slot["data-addon-key"], slot["data-module-key"]) == (KEY, "worklog-panel")
    assert slot["data-issue-key"] == "SEC-1"
    assert slot["data-issue-id"] == str(acme.issue("SEC-1").id)
    url = urlsplit(slot["data-url"] or "")
    assert claims(parse_qs(url.query)["jwt"][0])["sub"] == cast.account_id("reader")


def test_issue_without_an_addon_says_so(visit: Visit) -> None:
    answer = visit("member").get("/browse/SEC-1")
    assert slots(answer) == []
    assert "No app is installed" in answer.text


@pytest.mark.usefixtures("installed")
def test_general_page_is_for_everybody_and_administration_for_administrators(visit: Visit) -> None:
    [slot] = slots(visit("outsider").get(f"/plugins/servlet/ac/{KEY}/teams"))
    assert "data-full-page" in slot
    assert visit("outsider").get(f"/plugins/servlet/ac/{KEY}/administration").status_code == 404
    assert len(slots(visit("admin").get(f"/plugins/servlet/ac/{KEY}/administration"))) == 1
    assert visit("admin").get(f"/plugins/servlet/ac/{KEY}/nothing").status_code == 404


@pytest.mark.usefixtures("installed")
def test_panel_is_not_to_be_had_as_a_page_of_its_own(visit: Visit) -> None:
    assert visit("lead").get(f"/plugins/servlet/ac/{KEY}/worklog-panel").status_code == 404


@pytest.mark.usefixtures("installed")
def test_token_is_the_cookies_users_and_new_each_time(visit: Visit, acme: Site) -> None:
    client = visit("reader")
    path = f"/sandbox/context-token?addon={KEY}&module=worklog-panel&issue=SEC-1"
    found = claims(client.get(path).json["token"])  # type: ignore[index]
    assert found["sub"] == cast.account_id("reader")
    assert found["iss"] == acme.addon().client_key
    assert found["qsh"] == "context-qsh"
    assert found["context"]["jira"]["issue"]["key"] == "SEC-1"


@pytest.mark.usefixtures("installed")
def test_no_token_for_what_one_may_not_browse_nor_for_what_is_not_there(visit: Visit, acme: Site) -> None:
    client = visit("outsider")
    ask = "/sandbox/context-token?addon={}&module={}&issue={}"
    for wrong in (
        (KEY, "worklog-panel", "HR-1"),
        ("other", "worklog-panel", "SEC-1"),
        (KEY, "nothing", "SEC-1"),
    ):
        assert client.get(ask.format(*wrong)).status_code == 404
    acme.disable()
    assert client.get(ask.format(KEY, "worklog-panel", "SEC-1")).status_code == 404


@pytest.mark.usefixtures("installed")
def test_script_can_have_a_module_s_address_signed_anew(visit: Visit) -> None:
    answer = visit("lead").get(f"/sandbox/module-url?addon={KEY}&module=teams&issue=")
    assert "/teams?" in answer.json["url"]  # type: ignore[index]


# Administration


def test_apps_are_for_administrators(visit: Visit) -> None:
    for method, path in (
        ("GET", "/admin/apps"),
        ("POST", "/admin/apps"),
        ("POST", f"/admin/apps/{KEY}/uninstall"),
    ):
        assert visit("lead").open(path, method=method).status_code == 403
    assert visit("admin").get("/admin/apps").status_code == 200


def test_administrator_installs_disables_enables_rotates_and_uninstalls(
    visit: Visit, acme: Site, addon: Any
) -> None:
    client = visit("admin")
    assert client.post("/admin/apps", data={"url": addon.url}).status_code == 303
    assert "Scribe" in client.get("/admin/apps").text
    secret = acme.addon().shared_secret
    for act, state in (
        ("disable", AddonState.DISABLED),
        ("enable", AddonState.ENABLED),
        ("rotate", AddonState.ENABLED),
        ("uninstall", AddonState.UNINSTALLED),
    ):
        assert client.post(f"/admin/apps/{KEY}/{act}").status_code == 303
        assert acme.model.addons[KEY].state is state
    assert acme.model.addons[KEY].shared_secret != secret
    assert [one.target for one in addon.to("/uninstalled")] == ["/uninstalled"]
    assert "Install again" in client.get("/admin/apps").text


def test_addon_that_refuses_is_quoted(visit: Visit, addon: Any) -> None:
    addon.answers["/installed"] = [403]
    answer = visit("admin").post("/admin/apps", data={"url": addon.url})
    assert answer.status_code == 502
    assert "403" in answer.text


def test_unknown_act_or_addon_is_not_there(visit: Visit, installed: Any) -> None:
    client = visit("admin")
    assert client.post(f"/admin/apps/{KEY}/explode").status_code == 404
    assert client.post("/admin/apps/other/disable").status_code == 404


# Safety


def test_forms_of_foreign_pages_are_refused(visit: Visit, acme: Site) -> None:
    foreign = {"Origin": "https://evil.example"}
    client = visit("admin")
    for path in ("/sandbox/user", "/browse/SEC-1/worklog", "/admin/apps"):
        assert client.post(path, headers=foreign).status_code == 403
    own = client.post(
        "/sandbox/user", data={"account": cast.account_id("lead")}, headers={"Origin": acme.base_url}
    )
    assert own.status_code == 303


def test_pages_run_their_own_scripts_only_and_frame_installed_addons_only(
    visit: Visit, addon: Any, acme: Site
) -> None:
    def policy() -> dict[str, str]:
        header = visit("member").get("/browse/SEC-1").headers["Content-Security-Policy"]
        return dict(part.strip().split(" ", 1) for part in header.split(";"))

    before = policy()
    assert before["default-src"] == "'none'"
    assert before["script-src"] == before["style-src"] == before["connect-src"] == "'self'"
    assert before["frame-src"] == "'none'"
    acme.install(addon.url)
    assert policy()["frame-src"] == addon.url


def test_pages_hold_no_inline_script_or_style(visit: Visit, installed: Any) -> None:
    for path in ("/", "/browse/SEC-1", "/admin/apps", f"/plugins/servlet/ac/{KEY}/teams"):
        page = visit("admin").get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)


def test_pages_are_not_kept(visit: Visit) -> None:
    assert visit("member").get("/browse/SEC-1").headers["Cache-Control"] == "no-store"


# Built files


def test_bridge_is_served_to_add_on_pages_of_other_origins(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "all.js").write_text("var AP;")
    (tmp_path / "themes" / "dark.css").write_text("html{}")
    monkeypatch.setattr(pages, "BUILT", tmp_path)
    answer = visit("member").get("/atlassian-connect/all.js", buffered=True)
    assert (answer.text, answer.mimetype) == ("var AP;", "text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert visit("member").get("/atlassian-connect/themes/dark.css", buffered=True).status_code == 200
    assert visit("member").get("/atlassian-connect/../pages.py", buffered=True).status_code == 404


def test_missing_bridge_says_how_to_build_it(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BUILT", tmp_path / "absent")
    answer = visit("member").get("/atlassian-connect/all.js", buffered=True)
    assert answer.status_code == 404
    assert "node static/build.mjs" in answer.text
