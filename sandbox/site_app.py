"""A site's web application: REST for programs, pages for people."""

from typing import TYPE_CHECKING

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from sandbox import pages
from sandbox.faults import FaultyApplication
from sandbox.rest import blueprint as rest
from sandbox.site import Site

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def create_site_app(sandbox: "Sandbox", site: Site) -> Flask:
    """The application of one site, with its faults around it."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(rest.create(site.model, sandbox.cloud.access, site.limits))
    app.register_blueprint(pages.blueprint(sandbox, site))
    app.add_url_rule("/healthz", view_func=_healthy)
    app.register_error_handler(NotFound, _unrouted)
    app.register_error_handler(MethodNotAllowed, _unrouted)
    app.wsgi_app = FaultyApplication(app.wsgi_app, site.faults)  # type: ignore[method-assign]
    return app


def _healthy() -> str:
    return "ok"


def _unrouted(error: HTTPException) -> ResponseReturnValue:
    """What REST does not have is refused in JSON; a page that is not there stays a page."""
    if not request.path.startswith("/rest/"):
        return error
    return jsonify({"message": f"null for uri: {request.url}", "status-code": error.code}), error.code or 404
