"""For whoever may not see them, secured work logs make no difference to any answer (domain.md W4, design 4).

Random worlds: every GET route is asked by people without permission before the secured work logs exist and
after; status, headers and body are the same bytes.
"""

from __future__ import annotations

import itertools
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import house as building

#: People to whom the work logs of others are nothing: strangers, the administrator, who has left, and a
#: member of the team whose role does not hold "view others" (asked about others' work logs only).
BLIND = ("outsider", "admin", "auditor", "leaver", "member")
AUTHORS = ("lead", "reader")
_BOTH = ["log_own", "view_others"]
ISSUES = ("SEC-1", "SEC-2", "OPS-1")

worlds = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(AUTHORS),
            "issue": st.sampled_from(ISSUES),
            "timeSpent": st.integers(1, 600).map(lambda minutes: f"{minutes}m"),
            "started": st.sampled_from(
                ["2026-11-24T09:00:00+01:00", "2026-11-20T23:30:00-08:00", "2026-01-05T00:00:00Z"]
            ),
            "description": st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30),
        }
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def everyone_logs(house, team):
    """The reader may log, too."""
    lead = house.caller("lead")
    role = lead.made(f"/teams/{team.id}/roles", {"name": "Logs", "permissions": _BOTH})
    path = f"/teams/{team.id}/members/{team.members['reader']}"
    assert lead("PATCH", path, {"roleId": role["id"]}).status_code == 200
    return team


def get_rules(house):
    """Every GET route of the app that a person with a token may call."""
    rules = [rule.rule for rule in house.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [rule for rule in rules if rule.startswith("/api/v1/") and not rule.endswith("openapi.json")]


def addresses(house, team, worklog_ids):
    """Every GET route with every identifier of the world, and what listings can be asked."""
    fillings = {
        "issue_id": [house.issue_id(key) for key in ISSUES],
        "worklog_id": worklog_ids,
        "team_id": [team.id],
        "member_id": list(team.members.values()),
    }
    for rule in get_rules(house):
        names = [name for name in fillings if f"<{name}>" in rule]
        for values in itertools.product(*(fillings[name] for name in names)):
            path = rule.removeprefix("/api/v1")
            for name, value in zip(names, values, strict=True):
                path = path.replace(f"<{name}>", str(value))
            assert "<" not in path, f"the test does not know how to fill {rule}"
            yield path
            if path.endswith("/worklogs"):
                yield from (f"{path}?visibility=all", f"{path}?visibility=all&limit=1", f"{path}?limit=1")


def answers(house, team, worklog_ids):
    found = {}
    for role in BLIND:
        caller = house.caller(role)
        for path in addresses(house, team, worklog_ids):
            answer = caller.get(path)
            found[role, path] = (answer.status_code, sorted(answer.headers), answer.data)
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds)
def test_w4_secured_work_logs_change_no_answer_for_those_who_may_not_see_them(house, everyone_logs, world):
    team = everyone_logs
    real = [building.log_time(house, team, **entry)["id"] for entry in world]
    with_them = answers(house, team, real)
    for worklog_id in real:
        house.as_owner("delete from vault.secured_worklog where id = :id", id=uuid.UUID(worklog_id))
    without_them = answers(house, team, real)
    for where, answer in with_them.items():
        assert answer == without_them[where], where


def test_w4_the_test_above_would_notice(house, everyone_logs):
    """The same comparison for somebody who may see them does differ."""
    worklog = building.log_time(house, everyone_logs, role="lead")
    path = f"/issues/{house.issue_id()}/worklogs"
    before = house.caller("reader").get(path).data
    house.as_owner("delete from vault.secured_worklog where id = :id", id=uuid.UUID(worklog["id"]))
    assert house.caller("reader").get(path).data != before
