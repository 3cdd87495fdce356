"""What the site says about itself: server, configuration, vocabulary."""

from sandbox import clock, representations
from sandbox.model import Json
from sandbox.rest.callers import Scope
from sandbox.rest.routes import Call, route

_VERSION = (1001, 0, 0)


@route("GET", "/serverInfo", scope=Scope.READ, anonymous=True)
def server_info(call: Call) -> Json:
    base = call.world.base_url
    return {
        "baseUrl": base,
        "displayUrl": base,
        "displayUrlServicedeskHelpCenter": base,
        "displayUrlConfluence": base,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": list(_VERSION),
        "deploymentType": "Cloud",
        "buildNumber": 100294,
        "buildDate": "2026-11-20T09:00:00.000+0000",
        "serverTime": clock.stamp(clock.now()),
        "scmInfo": "sandbox",
        "serverTitle": call.world.title,
        "serverTimeZone": "Etc/UTC",
    }


@route("GET", "/configuration", scope=Scope.READ)
def configuration(_call: Call) -> Json:
    return {
        "votingEnabled": True,
        "watchingEnabled": True,
        "unassignedIssuesAllowed": True,
        "subTasksEnabled": False,
        "issueLinkingEnabled": True,
        "timeTrackingEnabled": True,
        "attachmentsEnabled": True,
        "timeTrackingConfiguration": {
            "workingHoursPerDay": float(clock.HOURS_PER_DAY),
            "workingDaysPerWeek": float(clock.DAYS_PER_WEEK),
            "timeFormat": "pretty",
            "defaultUnit": "minute",
        },
    }


@route("GET", "/field", scope=Scope.READ, anonymous=True)
def fields(_call: Call) -> list[Json]:
    return [
        {
            "id": identifier,
            "key": identifier,
            "name": name,
            "custom": False,
            "orderable": identifier in {"summary", "description", "labels", "assignee", "timetracking"},
            "navigable": identifier not in {"worklog", "timetracking"},
            "searchable": bool(clauses),
            "clauseNames": list(clauses),
            "schema": {"type": kind, "system": identifier} | ({"items": "string"} if kind == "array" else {}),
        }
        for identifier, (name, kind, clauses) in representations.FIELDS.items()
    ]


@route("GET", "/status", scope=Scope.READ, anonymous=True)
def statuses(call: Call) -> list[Json]:
    return [representations.status(call.world, status) for status in call.world.statuses.values()]


@route("GET", "/priority", scope=Scope.READ, anonymous=True)
def priorities(call: Call) -> list[Json]:
    return [representations.priority(call.world, priority) for priority in call.world.priorities.values()]


@route("GET", "/issuetype", scope=Scope.READ, anonymous=True)
def issue_types(call: Call) -> list[Json]:
    return [representations.issue_type(call.world, kind) for kind in call.world.issue_types.values()]
