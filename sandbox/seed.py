"""The demo's world inside the app: two companies, a secured team each, and two weeks of work.

Made through the app's own REST API by the people it belongs to, with real context tokens, so that nothing is
in the demo that a user could not have made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import requests

from sandbox import cast
from sandbox.server import Sandbox

_TIMEOUT_SECONDS = 30


class SeedFailed(Exception):
    """The app refused what the demo wanted to make."""


@dataclass(frozen=True)
class _Plan:
    """One company's secured team and what its people did: (role, issue, days ago, hour, duration, words)."""

    team: str
    description: str
    work: tuple[tuple[str, str, int, int, str, str], ...]


_PLANS = {
    "acme": _Plan(
        "Security response",
        "Handles incidents. What we work on, and for how long, is for this team's eyes only.",
        (
            ("member", "SEC-1", 9, 9, "2h 30m", "Collected the access logs of the affected hosts"),
            ("lead", "SEC-1", 8, 14, "1h", "Briefed counsel; agreed on the order of disclosure"),
            ("member", "SEC-1", 7, 10, "4h", "Reproduced the token leak against a copy of production"),
            ("member", "SEC-2", 6, 9, "1h 30m", "Interviewed the engineer on call"),
            ("lead", "SEC-2", 5, 16, "45m", "Went through the evidence with the data protection officer"),
            ("member", "SEC-1", 2, 13, "3h 15m", "Wrote and tested the revocation script"),
            ("member", "SEC-3", 1, 9, "2h", "Checked the backup keys against the escrow list"),
        ),
    ),
    "globex": _Plan(
        "Internal investigations",
        "Works for the legal department. Hours on these issues would tell what is being looked into.",
        (
            ("member", "SEC-1", 4, 11, "2h", "Preserved the mailboxes named in the hold notice"),
            ("lead", "SEC-1", 3, 9, "1h 15m", "Prepared questions for the interviews"),
            ("member", "SEC-2", 1, 15, "3h", "Reviewed the export, first half"),
        ),
    ),
}


def sow(sandbox: Sandbox, addon_url: str) -> Iterator[str]:
    """Fill the app and say what was made, line by line. A site that has its team already is left alone.

    Raises SeedFailed with the app's own words.
    """
    for name, plan in _PLANS.items():
        yield f"{name:<8} {_Seeder(sandbox, addon_url, name).run(plan)}"


class _Seeder:
    def __init__(self, sandbox: Sandbox, addon_url: str, site: str) -> None:
        self._site = sandbox.site(site)
        self._api = f"{addon_url.rstrip('/')}/api/v1"

    def run(self, plan: _Plan) -> str:
        found = self._call("lead", "GET", f"/teams?text={quote(plan.team)}")["teams"]
        if any(team["name"] == plan.team for team in found):
            return f'has its secured team "{plan.team}" already'
        lead = cast.account_id("lead")
        self._call("admin", "PATCH", "/settings", {"securedTeams": True, "teamManagers": [lead]})
        team_id = self._team(plan)
        for role, issue, days_ago, hour, duration, words in plan.work:
            body = {
                "teamId": team_id,
                "started": _started(role, days_ago, hour),
                "timeSpent": duration,
                "description": words,
            }
            self._call(role, "POST", f"/issues/{self._site.issue(issue).id}/worklogs", body)
        return f'made the secured team "{plan.team}" with {len(plan.work)} secured work logs'

    def _team(self, plan: _Plan) -> str:
        body = {"name": plan.team, "description": plan.description, "visibility": "secured"}
        team_id = str(self._call("lead", "POST", "/teams", body)["id"])
        roles = {each["name"]: each["id"] for each in self._call("lead", "GET", f"/teams/{team_id}")["roles"]}
        reader = {"name": "Reader", "permissions": ["view_others"]}
        roles["Reader"] = self._call("lead", "POST", f"/teams/{team_id}/roles", reader)["id"]
        today = datetime.now(ZoneInfo("UTC")).date()
        for role, held, left in (
            ("member", "Team member", None),
            ("reader", "Reader", None),
            ("leaver", "Reader", today - timedelta(days=10)),
        ):
            member = {
                "accountId": cast.account_id(role),
                "roleId": roles[held],
                "joinedOn": (today - timedelta(days=200)).isoformat(),
                "leftOn": left.isoformat() if left else None,
            }
            self._call("lead", "POST", f"/teams/{team_id}/members", member)
        return team_id

    def _call(self, role: str, method: str, path: str, body: Any = None) -> Any:
        token = self._site.context_token(role, "SEC-1")
        answer = requests.request(
            method,
            f"{self._api}{path}",
            json=body,
            headers={"Authorization": f"JWT {token}"},
            timeout=_TIMEOUT_SECONDS,
        )
        if not answer.ok:
            raise SeedFailed(f"{method} {path} as {role}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


def _started(role: str, days_ago: int, hour: int) -> str:
    zone = ZoneInfo(next(person.time_zone for person in cast.PEOPLE if person.role == role))
    day = datetime.now(zone).replace(hour=hour, minute=0, second=0, microsecond=0)
    return (day - timedelta(days=days_ago)).isoformat()
