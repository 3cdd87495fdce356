"""Teams, roles and members as JSON."""

from typing import Any

from marshmallow import fields, validate

from worklogs.fields import AccountId, CleanText, Day, Schema
from worklogs.models import Membership, Role
from worklogs.policy import Permission
from worklogs.teams import members
from worklogs.teams.teams import TeamView
from worklogs.versions import LARGEST

_VISIBILITY = validate.OneOf(["public", "secured"])
_PERMISSION = validate.OneOf([each.value for each in Permission])


class TeamQuery(Schema):
    """Which of your teams to list."""

    visibility = fields.String(load_default=None, validate=_VISIBILITY)
    permission = fields.String(
        load_default=None,
        validate=_PERMISSION,
        metadata={"description": "Only teams in which you hold this permission."},
    )
    text = CleanText(longest=200, load_default=None, metadata={"description": "Part of name or description."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None)


class NewTeam(Schema):
    """A team to make."""

    name = CleanText(longest=120, required=True)
    description = CleanText(longest=2000, load_default="")
    visibility = fields.String(
        required=True,
        validate=_VISIBILITY,
        metadata={"description": "Where the team's work logs live. It can never be changed."},
    )
    lead_account_id = AccountId(load_default=None, metadata={"description": "You when left out."})


class NewRole(Schema):
    """A custom role."""

    name = CleanText(longest=80, required=True)
    permissions = fields.List(
        fields.String(validate=_PERMISSION), required=True, validate=validate.Length(max=20)
    )


class NewMember(Schema):
    """Somebody to add."""

    account_id = AccountId(required=True)
    role_id = fields.UUID(required=True)
    joined_on = Day(load_default=None, metadata={"description": "Today when left out."})
    left_on = Day(load_default=None, allow_none=True, metadata={"description": "The last day."})


class MemberChange(Schema):
    """What to change about a membership; what is left out stays."""

    role_id = fields.UUID()
    joined_on = Day()
    left_on = Day(allow_none=True)
    version = fields.Integer(strict=True, validate=validate.Range(1, LARGEST))


class Person(Schema):
    """Somebody with an Atlassian account."""

    account_id = fields.String(required=True)


class NamedRole(Schema):
    """A role, by name."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class RoleAnswer(NamedRole):
    """A role of a team."""

    permissions = fields.List(fields.String(), required=True)
    is_default = fields.Boolean(required=True)


class Team(Schema):
    """A team, with what you are in it."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    visibility = fields.String(required=True, validate=_VISIBILITY)
    lead = fields.Nested(Person, required=True)
    role = fields.Nested(NamedRole, required=True, allow_none=True)
    permissions = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class TeamWithRoles(Team):
    """A team and its roles."""

    roles = fields.List(fields.Nested(RoleAnswer), required=True)


class TeamPage(Schema):
    """A page of your teams, newest first."""

    teams = fields.List(fields.Nested(Team), required=True)
    next = fields.String(required=True, allow_none=True)


class RoleList(Schema):
    """All roles of a team."""

    roles = fields.List(fields.Nested(RoleAnswer), required=True)


class Member(Schema):
    """A membership: one stint of a person in a team."""

    id = fields.UUID(required=True)
    account_id = fields.String(required=True)
    role = fields.Nested(NamedRole, required=True)
    joined_on = fields.Date(required=True)
    left_on = fields.Date(required=True, allow_none=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class MemberList(Schema):
    """All memberships of a team, past ones too."""

    members = fields.List(fields.Nested(Member), required=True)


def team(view: TeamView) -> dict[str, Any]:
    """What the schema Team dumps."""
    row = view.team
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "visibility": row.visibility,
        "lead": {"account_id": row.lead_account_id},
        "role": {"id": view.role.id, "name": view.role.name} if view.role else None,
        "permissions": sorted(view.permissions),
        "version": row.version,
    }


def role(row: Role) -> dict[str, Any]:
    """What the schema RoleAnswer dumps."""
    return {
        "id": row.id,
        "name": row.name,
        "permissions": row.permissions,
        "is_default": row.kind != "custom",
    }


def member(row: Membership) -> dict[str, Any]:
    """What the schema Member dumps."""
    return {
        "id": row.id,
        "account_id": row.account_id,
        "role": {"id": row.role.id, "name": row.role.name},
        "joined_on": row.joined_on,
        "left_on": row.left_on,
        "active": members.is_active(row),
        "version": row.version,
    }
