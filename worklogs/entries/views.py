"""Work logs over REST."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from flask.views import MethodView

from connect.guard import Qsh, signed
from worklogs import durations, errors, identifiers, services
from worklogs.actions import Act
from worklogs.administration import settings
from worklogs.blueprints import Blueprint
from worklogs.durations import WorkingTime
from worklogs.entries import answers, entries, issues, listing, positions, public, schemas
from worklogs.entries.entries import Amendment, Draft, Entry
from worklogs.entries.public import JiraPart
from worklogs.versions import etag, expected_version

blueprint = Blueprint("worklogs", __name__, description="Work logs, secured and public")

_BROWSE, _WORK = "BROWSE_PROJECTS", "WORK_ON_ISSUES"


@blueprint.route("/issues/<issue_id>/worklogs")
class IssueWorklogs(MethodView):
    """The work logs of one issue."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.ListQuery(), location="query")
    @blueprint.response(200, schemas.WorklogPage)
    def get(self, query: dict[str, Any], issue_id: str) -> Response:
        """List the work logs of an issue, newest start first.

        Secured ones are those that you may see; public ones are asked of Jira as you. If Jira does not
        answer, `jira.status` says so and the secured ones are there all the same.
        """
        issue, wanted, limit = identifiers.issue_id(issue_id), query["visibility"], query["limit"]
        position = positions.read(query["cursor"])
        if wanted == "secured":
            return _json(_secured_page(issue, position, limit))
        actor = services.current_actor()
        part = public.of_issue(services.current_site(), actor.user(), issue)
        worklogs, more, total = _merged(issue, wanted, position, limit, part)
        return _json(answers.page(worklogs, more, total, part))

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.NewWorklog)
    @blueprint.response(201, schemas.Worklog)
    def post(self, body: dict[str, Any], issue_id: str) -> Response:
        """Log time on an issue into a team with secured work logs."""
        actor, issue = services.current_actor(), identifiers.issue_id(issue_id)
        author = body["author_account_id"] or actor.user()
        database = services.current().database
        with database.tenant_session(actor) as session:
            entries.require_may_log(session, actor, body["team_id"], author)
            if issues.is_deleted(session, issue):
                raise errors.IssueDeleted
            working_time = settings.load(session, actor).working_time
        draft = Draft(
            team_id=body["team_id"],
            issue_id=issue,
            author=author,
            started=body["started"],
            seconds=_seconds(body, working_time) or 0,
            description=body["description"],
        )
        # Asked between two transactions: none is held open while Jira thinks.
        _require_jira_permission(issue, author)
        with database.tenant_session(actor) as session:
            entry = entries.log(session, actor, database.cipher(session), draft)
        return _one(entry, working_time, 201)


@blueprint.route("/worklogs/<worklog_id>")
class OneWorklog(MethodView):
    """One secured work log."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.response(200, schemas.Worklog)
    def get(self, worklog_id: str) -> Response:
        """Read a secured work log; its ETag is its version."""
        actor, wanted = services.current_actor(), _worklog_id(worklog_id)
        database = services.current().database
        with database.tenant_session(actor, durable=False) as session:
            entry = entries.find(session, actor, database.cipher(session), wanted)
            working_time = settings.load(session, actor).working_time
        return _one(entry, working_time)

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.WorklogChange)
    @blueprint.response(200, schemas.Worklog)
    def patch(self, body: dict[str, Any], worklog_id: str) -> Response:
        """Change a secured work log. If-Match (or `version`) says which version you changed."""
        actor, wanted = services.current_actor(), _worklog_id(worklog_id)
        version = expected_version(body.get("version"))
        if version is None:
            raise errors.VersionMissing
        database = services.current().database
        with database.tenant_session(actor) as session:
            working_time = settings.load(session, actor).working_time
            amendment = Amendment(body.get("started"), _seconds(body, working_time), body.get("description"))
            entry = entries.amend(
                session, actor, database.cipher(session), wanted, amendment, version=version
            )
        return _one(entry, working_time)

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.DeleteQuery, location="query")
    @blueprint.response(204)
    def delete(self, query: dict[str, Any], worklog_id: str) -> Response:
        """Delete a secured work log; with If-Match only if it is still that version."""
        actor, wanted = services.current_actor(), _worklog_id(worklog_id)
        version = expected_version(query["version"])
        with services.current().database.tenant_session(actor) as session:
            entries.delete(session, actor, wanted, version=version)
        return Response(status=204)


def _secured_page(issue: int, position: positions.Position, limit: int) -> dict[str, Any]:
    """One page of the secured world alone: the panel's first and most frequent question."""
    actor, database = services.current_actor(), services.current().database
    question = listing.question(actor, issue, before=position.secured, limit=limit)
    with database.tenant_session(actor, durable=False, opening=question) as session:
        page = listing.page(session, actor, database.cipher(session), issue, limit=limit)
    last = page.entries[-1] if page.more else None
    return answers.page(
        [answers.secured(entry, page.working_time) for entry in page.entries],
        positions.after_secured(last.started, last.id) if last else None,
        page.total_seconds,
        None,
    )


def _merged(
    issue: int, wanted: str, position: positions.Position, limit: int, part: JiraPart
) -> tuple[list[dict[str, Any]], str | None, int]:
    """One page of both worlds, newest start first, its next cursor, and the total of the secured world."""
    actor, database = services.current_actor(), services.current().database
    rows: list[tuple[tuple[Any, ...], str, dict[str, Any]]] = []
    total, more = 0, False
    question = listing.question(actor, issue, before=position.secured, limit=limit)
    opening = question if wanted != "public" else None
    with database.tenant_session(actor, durable=False, opening=opening) as session:
        working_time = settings.load(session, actor).working_time
        if opening:
            page = listing.page(session, actor, database.cipher(session), issue, limit=limit)
            total, more = page.total_seconds, page.more
            for entry in page.entries:
                rows.append(
                    (
                        (entry.started, 1, entry.id),
                        positions.after_secured(entry.started, entry.id),
                        answers.secured(entry, working_time),
                    )
                )
    for worklog in public.behind(part.worklogs, position.public)[: limit + 1]:
        rows.append(
            (
                (worklog.started, 0, worklog.id),
                positions.after_public(worklog.started, worklog.id),
                answers.public(worklog, working_time),
            )
        )
    rows.sort(key=lambda row: row[0], reverse=True)
    shown = rows[:limit]
    more = more or len(rows) > limit
    return [row[2] for row in shown], shown[-1][1] if shown and more else None, total


def _require_jira_permission(issue: int, author: str) -> None:
    """Raise unless the author may browse the issue and work on it in Jira (domain.md W5)."""
    granted = (
        services.current_site()
        .as_app()
        .permissions(author, project_permissions=(_BROWSE, _WORK), issues=(issue,))
    )
    if issue not in granted.on_issue(_BROWSE):
        raise errors.InvalidField(
            "issueId", "There is no such issue in Jira for the author of this work log."
        )
    if issue not in granted.on_issue(_WORK):
        raise errors.DeniedByJira(
            'Jira does not let the author work on this issue ("Work on issues").'
        ).about(Act.WORKLOG_CREATE, entries.issue_target(issue))


def _seconds(body: dict[str, Any], working_time: WorkingTime) -> int | None:
    field = "timeSpent" if "time_spent" in body else "timeSpentSeconds"
    try:
        if "time_spent" in body:
            return durations.parse(body["time_spent"], working_time)
        if "time_spent_seconds" in body:
            return durations.checked_seconds(body["time_spent_seconds"])
    except durations.UnreadableDuration as exc:
        raise errors.InvalidField(field, str(exc)) from exc
    return None


def _worklog_id(text: str) -> UUID:
    return identifiers.uuid(text, "worklogId")


def _one(entry: Entry, working_time: WorkingTime, status: int = 200) -> Response:
    response = _json(answers.secured(entry, working_time), status)
    response.headers["ETag"] = etag(entry.version)
    if status == 201:
        response.headers["Location"] = f"{request.root_path}/api/v1/worklogs/{entry.id}"
    return response


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, mimetype="application/json")
