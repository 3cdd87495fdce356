"""A site's pages for people: issues with the app's panel, the app's own pages, the administration of apps.

They show what Jira would show to whoever looks, and nothing that only the app knows. Each view reads the
world under its lock, makes plain facts of it, and renders those.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from sandbox import addons, cast, clock, worklogs
from sandbox.lifecycle import InstallFailed
from sandbox.model import Addon, AddonState, HistoryEntry, Issue, Json, User, World, as_document, as_text
from sandbox.permissions import ADMINISTER, BROWSE_PROJECTS, WORK_ON_ISSUES, Permissions
from sandbox.rest.callers import USER_COOKIE
from sandbox.site import Site, current_user

if TYPE_CHECKING:
    from sandbox.server import Sandbox

BUILT = Path(__file__).parent / "host" / "dist"
NOWHERE = "'none'"
THEME_COOKIE = "sandbox_theme"
DEFAULT_ADDON = "http://localhost:8080"
TABS = ("all", "worklog", "history")

#: What there is to try as each of the cast; the two kinds of trust are the point of the demo.
STORIES = {
    "lead": "Leads the security response team: sees and manages all its secured time.",
    "member": "Logs secured time in that team, and sees only what is his own.",
    "reader": "May view other members' work logs in that team, by her role.",
    "leaver": "Was in the team until some weeks ago: still sees what he logged himself, nothing else.",
    "outsider": "Sees the same issues, is in no team: no secured time, no hint of any.",
    "admin": "Administers Jira, installs apps, switches secured teams on. Sees no secured time for all that.",
    "auditor": "Audits the site: who did what, never what was written.",
    "hr-partner": "Works on the confidential HR project.",
    "operator": "Runs operations.",
}

_FIELD_NAMES = {
    "timespent": "Time Spent",
    "timeestimate": "Remaining Estimate",
    "WorklogId": "Worklog Id",
    "WorklogTimeSpent": "Worklog Time Spent",
    "status": "Status",
}
_SECONDS = frozenset({"timespent", "timeestimate"})


@dataclass(frozen=True)
class Who:
    """A person as the pages show one."""

    account_id: str
    name: str

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@dataclass(frozen=True)
class Activity:
    """One entry of the Activity section; ``worklog`` or ``changes`` is set."""

    at: datetime
    who: Who
    worklog: Json | None = None
    changes: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class LogWork:
    """Jira's own form for logging work, as it was filled in."""

    time_spent: str
    started: str
    comment: str
    problems: dict[str, str] = field(default_factory=dict)


def blueprint(sandbox: "Sandbox", site: Site) -> Blueprint:
    """The pages of one site, and what their script asks the site for."""
    pages = Blueprint("pages", __name__, template_folder="templates")
    _add_browsing(pages, sandbox, site)
    _add_addon_pages(pages, sandbox, site)
    _add_administration(pages, sandbox, site)
    _add_script_calls(pages, site)
    _add_files(pages)
    pages.before_request(_refuse_foreign_forms(site))
    pages.after_request(_remember_visitor(site))
    pages.after_request(_protect(site))
    return pages


def _add_browsing(pages: Blueprint, sandbox: "Sandbox", site: Site) -> None:
    show = _renderer(sandbox, site)

    @pages.get("/")
    def home() -> ResponseReturnValue:
        with site.model.lock:
            projects = list(_visible_projects(site.model, current_user(site)))
        return show("home.html", title=site.model.title, projects=projects)

    @pages.get("/browse/<key>")
    def issue(key: str) -> ResponseReturnValue:
        return _issue_page(show, site, key, _blank_form(site))

    @pages.post("/browse/<key>/worklog")
    def log_work(key: str) -> ResponseReturnValue:
        """Jira's own "Log work": a public work log. The answer is the page again when something is wrong."""
        user = current_user(site)
        filled = request.form
        form = LogWork(filled.get("timeSpent", ""), filled.get("started", ""), filled.get("comment", ""))
        with site.model.lock:
            found = _browsable(site.model, user, key)
            if found is None:
                return _nothing_here(show)
            form.problems.update(_log(site.model, user, found, form))
        if form.problems:
            page, _status = _issue_page(show, site, key, form)
            return page, 400
        return redirect(url_for(".issue", key=found.key, tab="worklog", _anchor="activity"), 303)

    @pages.post("/sandbox/user")
    def switch_user() -> ResponseReturnValue:
        user = site.user(request.form["account"])
        answer = redirect(_own_path(request.form.get("back", "/")), 303)
        _remember(answer, user)
        return answer


def _issue_page(show: "Show", site: Site, key: str, form: LogWork) -> tuple[str, int]:
    user, world = current_user(site), site.model
    with world.lock:
        found = _browsable(world, user, key)
        if found is None:
            return _nothing_here(show)
        facts = _issue_facts(world, user, found)
        activity = _activity(world, user, found)
        panels = [
            _slot(world, addon, module, user, found)
            for addon, module in addons.visible_modules(world, "jiraIssueContents", user)
        ]
    wanted = request.args.get("tab", "worklog")
    tab = wanted if wanted in TABS else "worklog"
    return show(
        "issue.html", title=facts["key"], issue=facts, activity=activity, panels=panels, tab=tab, form=form
    )


def _nothing_here(show: "Show") -> tuple[str, int]:
    page, _status = show("nothing.html", title="Not found")
    return page, 404


def _add_addon_pages(pages: Blueprint, sandbox: "Sandbox", site: Site) -> None:
    show = _renderer(sandbox, site)

    @pages.get("/plugins/servlet/ac/<addon_key>/<module_key>")
    def addon_page(addon_key: str, module_key: str) -> ResponseReturnValue:
        """A general or administration page of an add-on, to those who meet its conditions."""
        user, world = current_user(site), site.model
        with world.lock:
            for kind in ("generalPages", "adminPages"):
                for addon, module in addons.visible_modules(world, kind, user):
                    if (addon.key, module["key"]) == (addon_key, module_key):
                        slot = _slot(world, addon, module, user)
                        return show("addon.html", title=slot["title"], slot=slot, kind=kind)
        return _nothing_here(show)


def _add_administration(pages: Blueprint, sandbox: "Sandbox", site: Site) -> None:
    show = _renderer(sandbox, site)
    acts: dict[str, tuple[str, Callable[[str], object]]] = {
        "disable": ("is disabled", site.disable),
        "enable": ("is enabled", site.enable),
        "rotate": ("has a new shared secret", site.rotate_secret),
        "uninstall": ("is uninstalled", site.uninstall),
    }

    def apps_page(done: str | None = None, problem: str | None = None) -> tuple[str, int]:
        with site.model.lock:
            installed = [_addon_facts(addon) for addon in site.model.addons.values()]
        page, status = show(
            "apps.html",
            title="Apps",
            installed=installed,
            addon_url=DEFAULT_ADDON,
            done=done,
            problem=problem,
        )
        return page, 502 if problem else status

    def administrators_only(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def guarded(**arguments: str) -> ResponseReturnValue:
            if not Permissions(site.model, current_user(site)).holds_globally(ADMINISTER):
                return show("forbidden.html", title="Administrators only")[0], 403
            return view(**arguments)

        return guarded

    @pages.get("/admin/apps")
    @administrators_only
    def apps() -> ResponseReturnValue:
        return apps_page(done=request.args.get("done"))

    @pages.post("/admin/apps")
    @administrators_only
    def install() -> ResponseReturnValue:
        try:
            addon = site.install(request.form.get("url", "").strip())
        except InstallFailed as failure:
            return apps_page(problem=str(failure))
        return redirect(url_for(".apps", done=f"{addon.name} is installed"), 303)

    @pages.post("/admin/apps/<key>/<act>")
    @administrators_only
    def act_on(key: str, act: str) -> ResponseReturnValue:
        if act not in acts or key not in site.model.addons:
            return _nothing_here(show)
        outcome, perform = acts[act]
        try:
            perform(key)
        except (InstallFailed, LookupError) as failure:
            return apps_page(problem=str(failure))
        return redirect(url_for(".apps", done=f"{site.model.addons[key].name} {outcome}"), 303)


def _add_script_calls(pages: Blueprint, site: Site) -> None:
    """What the host script asks for, as the cookie's user and about nothing that this user may not browse."""

    def asked() -> tuple[Addon, str, User, Issue | None]:
        user = current_user(site)
        addon = site.addon(request.args["addon"])
        key = request.args.get("issue")
        issue = _browsable(site.model, user, key) if key else None
        if addon.state is not AddonState.ENABLED or (key and issue is None):
            raise LookupError(f"{addon.key} is not to be seen here")
        return addon, request.args["module"], user, issue

    @pages.get("/sandbox/context-token")
    def context_token() -> ResponseReturnValue:
        with site.model.lock:
            addon, module, user, issue = asked()
            return jsonify(token=addons.context_token(site.model, addon, user, module, issue))

    @pages.get("/sandbox/module-url")
    def module_url() -> ResponseReturnValue:
        with site.model.lock:
            addon, module, user, issue = asked()
            return jsonify(url=addons.module_url(site.model, addon, module, user, issue))

    @pages.errorhandler(LookupError)
    def unknown(error: LookupError) -> ResponseReturnValue:
        return jsonify(error=str(error)), 404


def _add_files(pages: Blueprint) -> None:
    @pages.get("/atlassian-connect/<path:name>")
    def built_file(name: str) -> ResponseReturnValue:
        """The bridge, the host script and the themes, as `node static/build.mjs` left them."""
        if not BUILT.is_dir():
            return Response("Not built yet: run node static/build.mjs\n", 404, mimetype="text/plain")
        answer = send_from_directory(BUILT, name, max_age=0)
        # Add-on pages are of another origin and load the bridge and the themes from here.
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer


Show = Callable[..., tuple[str, int]]
"""Renders a template inside the site's frame; the status is 200."""


def _renderer(sandbox: "Sandbox", site: Site) -> Show:
    def show(template: str, **facts: Any) -> tuple[str, int]:
        user, world = current_user(site), site.model
        with world.lock:
            frame = {
                "site": {"name": site.name, "title": world.title},
                "sites": [{"name": one.name, "url": one.base_url} for one in sandbox.sites.values()],
                "me": _who(world, user.account_id),
                "cast": _cast(user),
                "is_admin": Permissions(world, user).holds_globally(ADMINISTER),
                "pages": list(_menu(world, "generalPages", user)),
                "admin_pages": list(_menu(world, "adminPages", user)),
                "color_mode": "dark" if request.cookies.get(THEME_COOKIE) == "dark" else "light",
                "here": request.full_path if request.method == "GET" else "/",
                "when": _clock_of(user),
                "pretty": clock.pretty,
            }
        return render_template(template, **(frame | facts)), 200

    return show


def _menu(world: World, kind: str, user: User) -> Iterator[Json]:
    for addon, module in addons.visible_modules(world, kind, user):
        url = url_for(".addon_page", addon_key=addon.key, module_key=module["key"])
        yield {"title": module["name"]["value"], "url": url}


def _cast(user: User) -> list[Json]:
    return [
        {
            "account_id": person.account_id,
            "name": person.display_name,
            "role": person.role,
            "story": STORIES.get(person.role, ""),
            "chosen": person.account_id == user.account_id,
        }
        for person in cast.PEOPLE
        if person.active
    ]


def _visible_projects(world: World, user: User) -> Iterator[Json]:
    permissions = Permissions(world, user)
    for project in world.projects.values():
        issues = [
            _issue_line(world, issue)
            for issue in world.issues.values()
            if issue.project_id == project.id and permissions.holds_on(BROWSE_PROJECTS, issue)
        ]
        if issues:
            yield {"key": project.key, "name": project.name, "about": project.description, "issues": issues}


def _issue_line(world: World, issue: Issue) -> Json:
    status = world.statuses[issue.status_id]
    return {
        "key": issue.key,
        "summary": issue.summary,
        "kind": world.issue_types[issue.issue_type_id].name,
        "status": {"name": status.name, "category": status.category},
        "assignee": _who(world, issue.assignee) if issue.assignee else None,
        "time_spent": issue.time_spent,
    }


def _issue_facts(world: World, user: User, issue: Issue) -> Json:
    project = world.project_of(issue)
    spent, remaining = issue.time_spent or 0, issue.remaining_estimate or 0
    return _issue_line(world, issue) | {
        "id": str(issue.id),
        "project": {"key": project.key, "name": project.name},
        "description": as_text(issue.description),
        "reporter": _who(world, issue.reporter),
        "priority": world.priorities[issue.priority_id].name,
        "labels": issue.labels,
        "estimate": issue.original_estimate,
        "remaining": issue.remaining_estimate,
        "whole": max(spent + remaining, 1),
        "created": issue.created,
        "updated": issue.updated,
        "may_log": Permissions(world, user).holds_on(WORK_ON_ISSUES, issue),
    }


def _activity(world: World, user: User, issue: Issue) -> dict[str, list[Activity]]:
    permissions = Permissions(world, user)
    logged = [
        Activity(
            one.started,
            _who(world, one.author),
            worklog={
                "id": one.id,
                "time_spent": clock.pretty(one.seconds),
                "comment": as_text(one.comment),
                "restricted_to": one.visibility.value if one.visibility else None,
            },
        )
        for one in world.worklogs_of(issue)
        if permissions.may_see(one)
    ]
    changed = [
        Activity(entry.created, _who(world, entry.author), changes=_changes(entry)) for entry in issue.history
    ]
    by_tab = {"worklog": logged, "history": changed, "all": logged + changed}
    return {tab: sorted(entries, key=lambda entry: entry.at, reverse=True) for tab, entries in by_tab.items()}


def _changes(entry: HistoryEntry) -> list[Json]:
    def shown(name: str, value: str | None) -> str:
        if not value:
            return "None"
        return clock.pretty(int(value)) if name in _SECONDS else value

    return [
        {
            "field": _FIELD_NAMES.get(item.field, item.field),
            "before": shown(item.field, item.from_text),
            "after": shown(item.field, item.to_text),
        }
        for item in entry.items
    ]


def _slot(world: World, addon: Addon, module: Json, user: User, issue: Issue | None = None) -> Json:
    """Where one of an add-on's pages goes. The address is signed for the next three minutes."""
    icon = module.get("icon", {}).get("url")
    return {
        "addon_key": addon.key,
        "module_key": module["key"],
        "title": module["name"]["value"],
        "url": addons.module_url(world, addon, module["key"], user, issue),
        "icon": addon.base_url + icon if icon and icon.startswith("/") else icon,
        "by": addon.name,
    }


def _addon_facts(addon: Addon) -> Json:
    return {
        "key": addon.key,
        "name": addon.name,
        "state": addon.state.value,
        "base_url": addon.base_url,
        "descriptor_url": addon.descriptor_url,
        "client_key": addon.client_key,
        "scopes": sorted(addon.scopes),
        "modules": [
            f"{kind}: {module.get('key') or module.get('event')}"
            for kind in addon.descriptor.get("modules", {})
            for module in addons.modules(addon, kind)
        ],
    }


def _browsable(world: World, user: User, key: str) -> Issue | None:
    found = world.issue(key)
    if found is None or not Permissions(world, user).holds_on(BROWSE_PROJECTS, found):
        return None
    return found


def _log(world: World, user: User, issue: Issue, form: LogWork) -> dict[str, str]:
    """Log the work, or say field by field what is wrong."""
    if not Permissions(world, user).holds_on(WORK_ON_ISSUES, issue):
        return {"timeSpent": "You do not have permission to log work on this issue."}
    problems = {}
    try:
        seconds = clock.parse_duration(form.time_spent)
    except ValueError:
        seconds = 0
    if seconds < clock.SECONDS_PER_MINUTE:
        problems["timeSpent"] = "Use the format: 2w 4d 6h 45m"
    try:
        started = datetime.fromisoformat(form.started).replace(tzinfo=ZoneInfo(user.time_zone))
    except ValueError:
        problems["started"] = "Give a date and a time."
    if not problems:
        comment = as_document(form.comment.strip()) if form.comment.strip() else None
        worklogs.add(world, issue, user.account_id, worklogs.Entry(started, seconds, comment))
    return problems


def _blank_form(site: Site) -> LogWork:
    here = clock.now().astimezone(ZoneInfo(current_user(site).time_zone))
    return LogWork("", f"{here:%Y-%m-%dT%H:%M}", "")


def _who(world: World, account_id: str) -> Who:
    user = world.users.get(account_id)
    return Who(account_id, user.display_name if user else "Former user")


def _clock_of(user: User) -> Callable[[datetime], str]:
    zone = ZoneInfo(user.time_zone)
    return lambda moment: f"{moment.astimezone(zone):%d %b %Y, %H:%M}"


def _own_path(address: str) -> str:
    """A path of this site, whatever a form says: nobody is sent elsewhere from here."""
    parts = urlsplit(address)
    foreign = parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\"))
    return "/" if foreign else address


def _refuse_foreign_forms(site: Site) -> Callable[[], ResponseReturnValue | None]:
    """The cookie travels with forms of foreign pages too, so their origin decides."""

    def check() -> ResponseReturnValue | None:
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin not in (None, site.base_url):
            return Response("XSRF check failed\n", 403, mimetype="text/plain")
        return None

    return check


def _remember_visitor(site: Site) -> Callable[[Response], Response]:
    """Whom a page took its visitor for, the cookie says from then on: it is all that REST goes by."""

    def remember(response: Response) -> Response:
        user = current_user(site)
        unknown = request.cookies.get(USER_COOKIE) != user.account_id
        if request.method == "GET" and response.mimetype == "text/html" and unknown:
            _remember(response, user)
        return response

    return remember


def _remember(response: BaseResponse, user: User) -> None:
    response.set_cookie(USER_COOKIE, user.account_id, max_age=31_536_000, httponly=True, samesite="Lax")


def _protect(site: Site) -> Callable[[Response], Response]:
    """The headers of bridge hosts: own scripts and styles only, and frames of installed add-ons."""

    def headers(response: Response) -> Response:
        with site.model.lock:
            addresses = [urlsplit(addon.base_url) for addon in site.model.addons.values()]
        addon_origins = " ".join(sorted({f"{address.scheme}://{address.netloc}" for address in addresses}))
        response.headers["Content-Security-Policy"] = "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "connect-src 'self'",
                f"img-src 'self' data: {addon_origins}".rstrip(),
                f"frame-src {addon_origins or NOWHERE}",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if response.mimetype in {"text/html", "application/json"}:
            response.headers["Cache-Control"] = "no-store"
        return response

    return headers
