"""The REST API under /api/v1 and its OpenAPI document."""

from flask import Flask
from flask_smorest import Api

from connect.guard import Guard
from worklogs.administration.views import blueprint as administration
from worklogs.entries.views import blueprint as entries
from worklogs.teams.views import blueprint as teams

PREFIX = "/api/v1"
_DESCRIPTION = """\
Work logs that only permitted team members can see. Every call carries a context token, as the app's own
pages get it from `AP.context.getToken()`: `Authorization: JWT <token>`. Errors are RFC 9457 problems with a
stable `code`; what is hidden and what is absent are the same 404.
"""


def init_app(app: Flask, guard: Guard) -> None:
    """Give `app` the API and, unsigned, the document that describes it."""
    app.config.update(
        API_TITLE="Worklog Vault",
        API_VERSION="1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": _DESCRIPTION},
            "components": {
                "securitySchemes": {
                    "contextToken": {
                        "type": "apiKey",
                        "in": "header",
                        "name": "Authorization",
                        "description": "`JWT ` and a context token of the Jira site.",
                    }
                }
            },
            "security": [{"contextToken": []}],
        },
    )
    api = Api(app)
    for blueprint in (entries, teams, administration):
        api.register_blueprint(blueprint, url_prefix=PREFIX)
    guard.declare_unsigned("api-docs.openapi_json", reason="it describes the API and holds nobody's data")
