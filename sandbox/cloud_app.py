"""The web application of the cloud's services; the control API is beside them."""

from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import control
from sandbox.cloud import ACCESS_TOKEN_SECONDS, GRANT_TYPE, Cloud, RefusedGrant
from sandbox.faults import FaultyApplication

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def create_cloud_app(sandbox: "Sandbox") -> Flask:
    """Key server, token server, control API, health check."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(_services(sandbox.cloud))
    app.register_blueprint(control.blueprint(sandbox))
    app.wsgi_app = FaultyApplication(app.wsgi_app, sandbox.cloud.faults)  # type: ignore[method-assign]
    return app


def _services(cloud: Cloud) -> Blueprint:
    services = Blueprint("services", __name__)

    @services.get("/healthz")
    def healthy() -> str:
        return "ok"

    @services.get("/install-keys/<kid>")
    def install_key(kid: str) -> ResponseReturnValue:
        pem = cloud.public_key(kid)
        if pem is None:
            return Response("Not found", 404, mimetype="text/plain")
        return Response(pem, mimetype="text/plain", headers={"Cache-Control": "public, max-age=86400"})

    @services.post("/oauth2/token")
    def token() -> ResponseReturnValue:
        if request.form.get("grant_type") != GRANT_TYPE:
            return _refused(RefusedGrant("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}"))
        try:
            text, granted = cloud.grant(request.form.get("assertion", ""), request.form.get("scope"))
        except RefusedGrant as error:
            return _refused(error)
        answer = jsonify(
            access_token=text,
            expires_in=ACCESS_TOKEN_SECONDS,
            token_type="Bearer",  # noqa: S106
            scope=" ".join(sorted(granted.scopes)),
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return services


def _refused(error: RefusedGrant) -> ResponseReturnValue:
    return jsonify(error=error.code, error_description=error.description), 400
