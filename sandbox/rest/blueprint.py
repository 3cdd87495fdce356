"""The REST interface on a Flask application: who calls, whether the scope allows it, the view, the answer."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from sandbox.cloud import AccessToken
from sandbox.limits import Limits, Standing
from sandbox.model import World

# Importing a module of views enters its routes into the table.
from sandbox.rest import issues, people, permissions, projects, properties, search, system, worklogs  # noqa: F401
from sandbox.rest.callers import CLIENT_KEY_HEADER, USER_COOKIE, Caller, CallerKind, Credentials, identify
from sandbox.rest.errors import JiraError
from sandbox.rest.routes import ROUTES, Answer, Call, Route

VERSIONS = {"2": 2, "3": 3, "latest": 2}
_ISSUE_IN_PATH = re.compile(r"/issue/([^/]+)")
_CHANGING = frozenset({"POST", "PUT", "DELETE", "PATCH"})


def create(world: World, access: Callable[[str], AccessToken | None], limits: Limits) -> Blueprint:
    """The blueprint of one site, for all versions of the interface. ``access`` knows the access tokens."""
    rest = Blueprint("rest", __name__, url_prefix="/rest/api")
    for segment, version in VERSIONS.items():
        for route in ROUTES:
            rest.add_url_rule(
                f"/{segment}{route.rule}",
                endpoint=f"{segment}-{route.method}-{route.rule}",
                view_func=_view(world, access, limits, route, version),
                methods=[route.method],
            )
    rest.register_error_handler(JiraError, _refusal)
    rest.after_request(_add_limit_headers)
    return rest


def _view(
    world: World,
    access: Callable[[str], AccessToken | None],
    limits: Limits,
    route: Route,
    version: int,
) -> Callable[..., Response]:
    def view(**parameters: Any) -> Response:
        _count(limits, route)
        with world.lock:
            caller = identify(world, access, _credentials())
            _admit(caller, route)
            call = Call(world, caller, version, request.path, request.args.to_dict(flat=False), _json())
            try:
                return _answer(route.view(call, **parameters))
            finally:
                if route.method in _CHANGING:
                    world.touch()

    return view


def _credentials() -> Credentials:
    return Credentials(
        method=request.method,
        target=request.environ["RAW_URI"],
        authorization=request.headers.get("Authorization", ""),
        jwt_parameter=request.args.get("jwt"),
        cookie=request.cookies.get(USER_COOKIE),
        client_key=request.headers.get(CLIENT_KEY_HEADER),
    )


def _admit(caller: Caller, route: Route) -> None:
    if caller.kind is CallerKind.ANONYMOUS and not route.anonymous:
        raise JiraError(401, "Client must be authenticated to access this resource.")
    if not caller.may_use(route.scope):
        raise JiraError(403, f"The add-on needs the scope {route.scope} for this request.")
    # A cookie travels with every request of the browser, also with one that a foreign page started.
    foreign = request.headers.get("Origin", request.host_url.rstrip("/")) != request.host_url.rstrip("/")
    if foreign and caller.kind is CallerKind.BROWSER and request.method in _CHANGING:
        raise JiraError(403, "XSRF check failed")


def _count(limits: Limits, route: Route) -> None:
    named = _ISSUE_IN_PATH.search(request.path)
    g.standing = limits.count(route.method, route.rule, named[1] if named else None)
    if g.standing.reason is not None:
        raise JiraError(429, "Rate limit exceeded.", headers=g.standing.headers())


def _json() -> Any:
    if not request.get_data():
        return None
    try:
        return request.get_json(force=True)
    except HTTPException as error:
        message = "There was an error parsing JSON. Check that your request body is valid."
        raise JiraError(400, message) from error


def _answer(result: Any) -> Response:
    answer = result if isinstance(result, Answer) else Answer(200, result)
    if answer.body is None:
        return Response(status=answer.status)
    return _as_json(answer.status, answer.body)


def _refusal(error: JiraError) -> Response:
    response = _as_json(error.status, error.body())
    response.headers.update(error.headers)
    return response


def _as_json(status: int, body: Any) -> Response:
    return Response(current_app.json.dumps(body), status, content_type="application/json;charset=UTF-8")


def _add_limit_headers(response: Response) -> Response:
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers.update(standing.headers())
    response.headers["Cache-Control"] = "no-cache, no-store, no-transform"
    return response
