"""The issue panel, the teams page and the administration page, and whether the service is well."""

import sqlalchemy
from flask import Blueprint, Response, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from connect import guard
from connect.guard import Qsh, signed, unsigned
from tenancy.errors import DatabaseUnavailable
from worklogs import services
from worklogs.pages import bundles

blueprint = Blueprint("pages", __name__, template_folder="templates")


@blueprint.get("/panel")
@signed(qsh=Qsh.REQUEST)
def panel() -> str:
    """The work logs of one issue, inside Jira's issue view."""
    return _page(
        "panel", issue_id=request.args.get("issueId", ""), issue_key=request.args.get("issueKey", "")
    )


@blueprint.get("/teams")
@signed(qsh=Qsh.REQUEST)
def teams() -> str:
    """The viewer's teams."""
    return _page("teams")


@blueprint.get("/admin")
@signed(qsh=Qsh.REQUEST)
def administration() -> str:
    """The site's settings; the API refuses whoever does not administer the site."""
    return _page("administration")


@blueprint.get("/healthz")
@unsigned(reason="a balancer asks; the answer says only whether the database answers")
def health() -> Response:
    """200 when the service can serve. Raises DatabaseUnavailable."""
    try:
        with services.current().database.engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
    except SQLAlchemyError as exc:
        raise DatabaseUnavailable from exc
    return Response('{"status": "ok"}', mimetype="application/json")


def _page(name: str, **data: str) -> str:
    running = services.current()
    site = guard.current_principal().installation.base_url
    return render_template(
        "page.html",
        page=name,
        data=data,
        bundle=bundles.bundle(running.bundles, name),
        bridge=running.connect.bridge_for(site),
    )
