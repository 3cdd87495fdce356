"""The switchboard, under ``/control`` on the cloud's port; README.md beside this file lists its requests.

JSON in and out, and no authentication: it is a sandbox. A wrong request is answered 400 or 404, an add-on
that refuses 502, each with ``{"error": "..."}``.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import cast
from sandbox.addons import UnknownModule
from sandbox.faults import Faults
from sandbox.lifecycle import InstallFailed, Order
from sandbox.model import Addon, AddonState, Json
from sandbox.site import PANEL, Site

if TYPE_CHECKING:
    from sandbox.server import Sandbox

CLOUD = "cloud"


def blueprint(sandbox: "Sandbox") -> Blueprint:
    """The control API of a sandbox."""
    control = Blueprint("control", __name__, url_prefix="/control")
    _add_overview(control, sandbox)
    _add_lifecycle(control, sandbox)
    _add_faults(control, sandbox)
    _add_deliveries(control, sandbox)
    _add_tokens(control, sandbox)
    control.register_error_handler(LookupError, lambda error: (jsonify(error=_message(error)), 404))
    control.register_error_handler(ValueError, lambda error: (jsonify(error=_message(error)), 400))
    control.register_error_handler(InstallFailed, lambda error: (jsonify(error=_message(error)), 502))
    control.register_error_handler(TimeoutError, lambda error: (jsonify(error=_message(error)), 504))
    return control


def _add_overview(control: Blueprint, sandbox: "Sandbox") -> None:
    @control.get("/")
    def overview() -> ResponseReturnValue:
        return jsonify(
            cloudUrl=sandbox.cloud_url,
            installKeysUrl=sandbox.install_keys_url,
            sites={name: _site(site) for name, site in sandbox.sites.items()},
            cast=[asdict(person) for person in cast.PEOPLE],
        )

    @control.post("/reset")
    def reset() -> ResponseReturnValue:
        sandbox.reset()
        return "", 204


def _add_lifecycle(control: Blueprint, sandbox: "Sandbox") -> None:
    @control.get("/sites/<site>/addon")
    def addon(site: str) -> ResponseReturnValue:
        return jsonify(_addon(sandbox.site(site).addon(request.args.get("key"))))

    @control.post("/sites/<site>/install")
    def install(site: str) -> ResponseReturnValue:
        return jsonify(_addon(sandbox.site(site).install(_required(_body(), "url"))))

    @control.post("/sites/<site>/uninstall")
    def uninstall(site: str) -> ResponseReturnValue:
        body = _body()
        order = Order(body.get("order", Order.PARALLEL))
        callbacks = sandbox.site(site).uninstall(body.get("key"), order)
        return jsonify([asdict(callback) for callback in callbacks])

    @control.post("/sites/<site>/disable")
    def disable(site: str) -> ResponseReturnValue:
        return jsonify(asdict(sandbox.site(site).disable(_body().get("key"))))

    @control.post("/sites/<site>/enable")
    def enable(site: str) -> ResponseReturnValue:
        return jsonify(asdict(sandbox.site(site).enable(_body().get("key"))))

    @control.post("/sites/<site>/rotate")
    def rotate(site: str) -> ResponseReturnValue:
        return jsonify(_addon(sandbox.site(site).rotate_secret(_body().get("key"))))


def _add_faults(control: Blueprint, sandbox: "Sandbox") -> None:
    def of(site: str) -> Faults:
        return sandbox.cloud.faults if site == CLOUD else sandbox.site(site).faults

    @control.get("/sites/<site>/faults")
    def faults(site: str) -> ResponseReturnValue:
        return jsonify([asdict(fault) for fault in of(site).active()])

    @control.post("/sites/<site>/faults")
    def inject(site: str) -> ResponseReturnValue:
        options = _fault_options(_body())
        if site == CLOUD:
            options.setdefault("path", "*")
        return jsonify(asdict(of(site).inject(**options))), 201

    @control.delete("/sites/<site>/faults")
    def clear(site: str) -> ResponseReturnValue:
        of(site).clear()
        return "", 204

    @control.delete("/sites/<site>/faults/<int:fault>")
    def clear_one(site: str, fault: int) -> ResponseReturnValue:
        of(site).clear(fault)
        return "", 204

    @control.get("/sites/<site>/limits")
    def limits(site: str) -> ResponseReturnValue:
        return jsonify(enforced=sandbox.site(site).limits.enforced)

    @control.put("/sites/<site>/limits")
    def enforce(site: str) -> ResponseReturnValue:
        enforced = _body().get("enforced")
        if not isinstance(enforced, bool):
            raise ValueError("enforced must be true or false")
        sandbox.site(site).limits.enforced = enforced
        return jsonify(enforced=enforced)

    @control.put("/sites/<site>/settling")
    def settle(site: str) -> ResponseReturnValue:
        sandbox.site(site).model.settling_seconds = int(_required(_body(), "seconds"))
        return "", 204


def _add_deliveries(control: Blueprint, sandbox: "Sandbox") -> None:
    @control.get("/sites/<site>/deliveries")
    def deliveries(site: str) -> ResponseReturnValue:
        return jsonify([asdict(delivery) for delivery in sandbox.site(site).webhooks.deliveries()])

    @control.delete("/sites/<site>/deliveries")
    def forget(site: str) -> ResponseReturnValue:
        sandbox.site(site).webhooks.clear()
        return "", 204

    @control.post("/sites/<site>/deliveries/drain")
    def drain(site: str) -> ResponseReturnValue:
        sandbox.site(site).webhooks.drain(float(_body().get("timeout", 10)))
        return "", 204

    @control.post("/sites/<site>/deliveries/<identifier>/repeat")
    def repeat(site: str, identifier: str) -> ResponseReturnValue:
        sandbox.site(site).webhooks.repeat(identifier)
        return "", 202


def _add_tokens(control: Blueprint, sandbox: "Sandbox") -> None:
    @control.get("/sites/<site>/tokens")
    def tokens(site: str) -> ResponseReturnValue:
        found, user, issue = sandbox.site(site), request.args.get("user"), request.args.get("issue")
        module, key = request.args.get("module", PANEL if issue else None), request.args.get("key")
        token = found.context_token(user, issue, module, key)
        url = found.module_url(user, module, issue, key) if module else None
        return jsonify(contextToken=token, url=url, accountId=found.user(user).account_id if user else None)

    @control.post("/tokens/forget")
    def forget_tokens() -> ResponseReturnValue:
        sandbox.cloud.forget_tokens()
        return "", 204


def _site(site: Site) -> Json:
    present = [addon for addon in site.model.addons.values() if addon.state is not AddonState.UNINSTALLED]
    return {
        "baseUrl": site.base_url,
        "title": site.model.title,
        "addons": [
            {"key": addon.key, "state": addon.state, "clientKey": addon.client_key} for addon in present
        ],
        "issues": {issue.key: issue.id for issue in site.model.issues.values()},
    }


def _addon(addon: Addon) -> Json:
    return {
        "key": addon.key,
        "name": addon.name,
        "state": addon.state,
        "baseUrl": addon.base_url,
        "clientKey": addon.client_key,
        "oauthClientId": addon.oauth_client_id,
        "sharedSecret": addon.shared_secret,
        "userAccountId": addon.user_account_id,
    }


_FAULT_OPTIONS: dict[str, type | tuple[type, ...]] = {
    "kind": str,
    "path": str,
    "method": str,
    "count": int,
    "probability": (int, float),
    "status": int,
    "retry_after": (int, type(None)),
    "reason": str,
    "seconds": (int, float),
}


def _fault_options(body: Json) -> Json:
    _required(body, "kind")
    for name, value in body.items():
        if name not in _FAULT_OPTIONS:
            raise ValueError(f"{name} is not an option of a fault; there are {', '.join(_FAULT_OPTIONS)}")
        if isinstance(value, bool) or not isinstance(value, _FAULT_OPTIONS[name]):
            raise ValueError(f"{name} cannot be {value!r}")
    return body


def _body() -> Json:
    body = request.get_json(silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body


def _required(body: Json, name: str) -> Any:
    if name not in body:
        raise ValueError(f"{name} is missing")
    return body[name]


def _message(error: BaseException) -> str:
    if isinstance(error, UnknownModule) or not isinstance(error, KeyError):
        return str(error)
    return f"{error} is unknown"
