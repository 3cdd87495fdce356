"""Teams, roles and members over REST."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from connect.guard import Qsh, signed
from worklogs import identifiers, services
from worklogs.administration import administrators
from worklogs.blueprints import Blueprint
from worklogs.policy import Permission
from worklogs.teams import members, roles, schemas, teams
from worklogs.versions import etag, expected_version

blueprint = Blueprint("teams", __name__, description="Teams, their roles and members")

Answer = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/teams")
class Teams(MethodView):
    """The teams of a site."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.TeamQuery, location="query")
    @blueprint.response(200, schemas.TeamPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the teams that you are an active member of."""
        actor = services.current_actor()
        permission = query["permission"]
        wanted = teams.TeamFilter(
            query["visibility"], Permission(permission) if permission else None, query["text"]
        )
        with services.current().database.tenant_session(actor) as session:
            page, more = teams.listing(session, actor, wanted, cursor=query["cursor"], limit=query["limit"])
        return {"teams": [schemas.team(view) for view in page], "next": more}

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.NewTeam)
    @blueprint.response(201, schemas.Team)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a team. For Jira administrators and the team managers they name."""
        actor = services.current_actor()
        is_administrator = administrators.is_administrator(services.current_site(), actor.user())
        with services.current().database.tenant_session(actor) as session:
            view = teams.create(session, actor, teams.NewTeam(**body), is_site_administrator=is_administrator)
        return schemas.team(view)


@blueprint.route("/teams/<team_id>")
class OneTeam(MethodView):
    """One team."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.response(200, schemas.TeamWithRoles)
    def get(self, team_id: str) -> Answer:
        """Read a team of yours with its roles."""
        actor, wanted = services.current_actor(), _team_id(team_id)
        with services.current().database.tenant_session(actor) as session:
            view = teams.find(session, actor, wanted)
            held = roles.of_team(session, wanted)
        answer = {**schemas.team(view), "roles": [schemas.role(each) for each in held]}
        return answer, 200, {"ETag": etag(view.team.version)}


@blueprint.route("/teams/<team_id>/roles")
class Roles(MethodView):
    """The roles of a team."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.response(200, schemas.RoleList)
    def get(self, team_id: str) -> dict[str, Any]:
        """List the roles of a team of yours."""
        actor, wanted = services.current_actor(), _team_id(team_id)
        with services.current().database.tenant_session(actor) as session:
            teams.find(session, actor, wanted)
            held = roles.of_team(session, wanted)
        return {"roles": [schemas.role(each) for each in held]}

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.NewRole)
    @blueprint.response(201, schemas.RoleAnswer)
    def post(self, body: dict[str, Any], team_id: str) -> dict[str, Any]:
        """Make a custom role. Needs "manage team"."""
        actor, wanted = services.current_actor(), _team_id(team_id)
        new = roles.NewRole(body["name"], frozenset(map(Permission, body["permissions"])))
        with services.current().database.tenant_session(actor) as session:
            role = roles.create(session, actor, wanted, new)
        return schemas.role(role)


@blueprint.route("/teams/<team_id>/members")
class Members(MethodView):
    """The members of a team."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.response(200, schemas.MemberList)
    def get(self, team_id: str) -> dict[str, Any]:
        """List the memberships of a team of yours, past ones too."""
        actor, wanted = services.current_actor(), _team_id(team_id)
        with services.current().database.tenant_session(actor) as session:
            found = members.of_team(session, actor, wanted)
        return {"members": [schemas.member(each) for each in found]}

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.NewMember)
    @blueprint.response(201, schemas.Member)
    def post(self, body: dict[str, Any], team_id: str) -> Answer:
        """Add somebody. Needs "manage team"."""
        actor, wanted = services.current_actor(), _team_id(team_id)
        with services.current().database.tenant_session(actor) as session:
            member = members.add(session, actor, wanted, members.NewMember(**body))
        return schemas.member(member), 201, {"ETag": etag(member.version)}


@blueprint.route("/teams/<team_id>/members/<member_id>")
class OneMember(MethodView):
    """One membership."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(schemas.MemberChange)
    @blueprint.response(200, schemas.Member)
    def patch(self, body: dict[str, Any], team_id: str, member_id: str) -> Answer:
        """Change role or dates. Needs "manage team"; a team keeps one active lead."""
        actor, team, wanted = (
            services.current_actor(),
            _team_id(team_id),
            identifiers.uuid(member_id, "memberId"),
        )
        version = expected_version(body.pop("version", None))
        with services.current().database.tenant_session(actor) as session:
            member = members.change(
                session, actor, team, wanted, members.MemberChange(**body), version=version
            )
        return schemas.member(member), 200, {"ETag": etag(member.version)}

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.response(204)
    def delete(self, team_id: str, member_id: str) -> None:
        """End a membership now; it stays as history. Needs "manage team"; a team keeps one active lead."""
        actor, team, wanted = (
            services.current_actor(),
            _team_id(team_id),
            identifiers.uuid(member_id, "memberId"),
        )
        with services.current().database.tenant_session(actor) as session:
            members.end(session, actor, team, wanted)


def _team_id(text: str) -> UUID:
    return identifiers.uuid(text, "teamId")
