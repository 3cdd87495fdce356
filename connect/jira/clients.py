"""What the app asks Jira, one method a question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from connect import qsh, tokens
from connect.errors import Unavailable
from connect.jira import results
from connect.jira.errors import JiraRefused, JiraUnavailable
from connect.jira.grants import UserGrants
from connect.jira.results import IssueSummary, Permissions, PublicWorklog
from connect.jira.transport import Call, Transport
from connect.principals import Installation
from connect.settings import ConnectSettings

#: An app token's life in seconds, as Atlassian's own library has it.
APP_TOKEN_LIFE = 180
#: Connect's scopes for what the user client does; a token for reading cannot write.
READING = ("READ",)
#: Jira's own bound on one page of work logs, and ours on their number.
WORKLOG_PAGE, MOST_WORKLOGS = 5_000, 50_000
#: Jira's bound on the issues in one permission check (jira.md section 5).
ISSUES_A_CHECK = 1_000


class SiteRefused(Unavailable):
    """This site's address is not one that the app may call."""

    code = "jira_site_refused"


class Jira:
    """Jira's REST for all sites: one connection pool and one store of user tokens; safe for threads.

    `patience` (seconds) bounds how long one call waits between tries; a job may have more than a page.
    """

    def __init__(
        self,
        settings: ConnectSettings,
        *,
        patience: float = 5.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = Transport(settings.jira_timeout_seconds, patience, sleep=sleep)
        self._grants = UserGrants(self._transport, settings.authorization_url, clock=clock)

    def site(self, installation: Installation) -> Site:
        """Jira's REST of one site; raises SiteRefused when its address is on no allowed host (any more)."""
        try:
            self._settings.site_origin(installation.base_url)
        except ValueError as error:
            raise SiteRefused from error
        return Site(installation, self._settings.app_key, self._transport, self._grants, self._clock)


class Site:
    """One Jira site: choose as whom to call it."""

    def __init__(
        self,
        installation: Installation,
        app_key: str,
        transport: Transport,
        grants: UserGrants,
        clock: Callable[[], float],
    ) -> None:
        self._installation = installation
        self._app_key = app_key
        self._transport = transport
        self._grants = grants
        self._clock = clock

    def as_app(self) -> AppClient:
        """Calls with the app's own rights."""

        def authorize(method: str, target: str) -> str:
            now = int(self._clock())
            claims = {
                "iss": self._app_key,
                "aud": [self._installation.client_key],
                "iat": now,
                "exp": now + APP_TOKEN_LIFE,
                "qsh": qsh.request_hash(method, target),
            }
            return "JWT " + tokens.sign_shared(claims, self._installation.shared_secret)

        return AppClient(lambda call: self._transport.send(call, self._installation.base_url, authorize))

    def as_user(self, account_id: str) -> UserClient:
        """Calls with the rights of one user of the site, so that Jira decides what may be seen."""

        site = self._installation

        def send_once(call: Call) -> Any:
            header = "Bearer " + self._grants.token(site, account_id, READING)
            return self._transport.send(call, site.base_url, lambda _method, _target: header)

        def send(call: Call) -> Any:
            try:
                return send_once(call)
            except JiraRefused as refused:
                # Jira may end a token before its time; a new one tells whether it was that.
                if refused.jira_status != 401 or not self._grants.forget(site, account_id, READING):
                    raise
            return send_once(call)

        return UserClient(send)


class AppClient:
    """Questions that the app asks for itself."""

    def __init__(self, send: Callable[[Call], Any]) -> None:
        self._send = send

    def permissions(
        self,
        account_id: str,
        *,
        global_permissions: Iterable[str] = (),
        project_permissions: Iterable[str] = (),
        issues: Iterable[int] = (),
    ) -> Permissions:
        """Which of these permissions a user holds: site-wide, and on which of these issues.

        Issues that Jira does not know are not in the answer, which denies. Raises JiraUnavailable or
        JiraRefused.
        """
        asked_global = sorted(set(global_permissions))
        asked_project = sorted(set(project_permissions))
        chunks = _chunks(sorted(set(issues)) if asked_project else [])
        held = Permissions()
        for chunk in chunks or ([[]] if asked_global else []):
            body = {
                "accountId": account_id,
                "globalPermissions": asked_global,
                "projectPermissions": [{"permissions": asked_project, "issues": chunk}] if chunk else [],
            }
            answer = self._send(Call("POST", "/rest/api/3/permissions/check", json=body))
            held = _both(held, results.granted(answer, asked_global, asked_project))
            asked_global = []  # Asked once, with the first chunk.
        return held


class UserClient:
    """Questions that the app asks as a user: Jira answers what that user may know."""

    def __init__(self, send: Callable[[Call], Any]) -> None:
        self._send = send

    def issue(self, issue_id: int) -> IssueSummary:
        """An issue's summary and times.

        Raises JiraRefused (404) when the user cannot see it, JiraUnavailable.
        """
        query = {"fields": "summary,timespent,timeoriginalestimate", "updateHistory": "false"}
        return results.issue_summary(self._send(Call("GET", f"/rest/api/3/issue/{issue_id:d}", query)))

    def worklogs(self, issue_id: int) -> list[PublicWorklog]:
        """All work logs of an issue that the user may see, from all pages, as Jira orders them.

        Raises JiraRefused (404) when the user cannot see the issue, JiraUnavailable; also when there are more
        than MOST_WORKLOGS, because half of them would pass for all.
        """
        found: list[PublicWorklog] = []
        while True:
            query = {"startAt": str(len(found)), "maxResults": str(WORKLOG_PAGE)}
            answer = self._send(Call("GET", f"/rest/api/3/issue/{issue_id:d}/worklog", query))
            page, total = results.public_worklogs(answer)
            found += page
            if not page or len(found) >= total:
                return found
            if len(found) >= MOST_WORKLOGS:
                raise JiraUnavailable(f"The issue has more than {MOST_WORKLOGS} work logs.")


def _chunks(issues: Sequence[int]) -> list[list[int]]:
    return [list(issues[at : at + ISSUES_A_CHECK]) for at in range(0, len(issues), ISSUES_A_CHECK)]


def _both(one: Permissions, other: Permissions) -> Permissions:
    names = one.issues.keys() | other.issues.keys()
    return Permissions(
        one.global_ | other.global_, {name: one.on_issue(name) | other.on_issue(name) for name in names}
    )
