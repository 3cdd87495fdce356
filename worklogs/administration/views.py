"""A site's settings over REST."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from connect.guard import Qsh, signed
from connect.jira import JiraRefused, JiraUnavailable
from worklogs import services
from worklogs.administration import administrators, settings
from worklogs.administration.settings import Settings
from worklogs.blueprints import Blueprint
from worklogs.fields import AccountId, Schema

blueprint = Blueprint("settings", __name__, description="What a site's administrator decides")


class SettingsChange(Schema):
    """What to change; what is left out stays."""

    secured_teams = fields.Boolean(truthy={True}, falsy={False})
    team_managers = fields.List(AccountId(), validate=validate.Length(max=500))
    hours_per_day = fields.Decimal(places=2, validate=validate.Range(0, 24, min_inclusive=False))
    days_per_week = fields.Decimal(places=2, validate=validate.Range(0, 7, min_inclusive=False))


class SettingsAnswer(Schema):
    """A site's settings, with what you may do about them."""

    secured_teams = fields.Boolean(required=True)
    team_managers = fields.List(fields.String(), required=True)
    hours_per_day = fields.Float(required=True)
    days_per_week = fields.Float(required=True)
    can_administer = fields.Boolean(required=True)
    can_create_teams = fields.Boolean(required=True)


@blueprint.route("/settings")
class SiteSettings(MethodView):
    """The settings of a site."""

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.response(200, SettingsAnswer)
    def get(self) -> dict[str, Any]:
        """Read the settings. Anybody on the site may."""
        actor = services.current_actor()
        with services.current().database.tenant_session(actor) as session:
            found = settings.load(session, actor)
        return _answer(found, actor.user(), _may_administer(actor.user()))

    @signed(qsh=Qsh.CONTEXT)
    @blueprint.arguments(SettingsChange)
    @blueprint.response(200, SettingsAnswer)
    def patch(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change the settings. For Jira administrators."""
        actor = services.current_actor()
        if "team_managers" in body:
            body["team_managers"] = tuple(dict.fromkeys(body["team_managers"]))
        is_administrator = administrators.is_administrator(services.current_site(), actor.user())
        with services.current().database.tenant_session(actor) as session:
            changed = settings.change(session, actor, body, is_site_administrator=is_administrator)
        return _answer(changed, actor.user(), is_administrator)


def _may_administer(me: str) -> bool:
    """False also while Jira does not say: how long a day is, must be known without it."""
    try:
        return administrators.is_administrator(services.current_site(), me)
    except (JiraUnavailable, JiraRefused):
        return False


def _answer(found: Settings, me: str, is_administrator: bool) -> dict[str, Any]:
    return {
        "secured_teams": found.secured_teams,
        "team_managers": list(found.team_managers) if is_administrator else [],
        "hours_per_day": found.hours_per_day,
        "days_per_week": found.days_per_week,
        "can_administer": is_administrator,
        "can_create_teams": is_administrator or me in found.team_managers,
    }
