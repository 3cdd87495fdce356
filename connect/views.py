"""What Jira itself calls: the descriptor, the lifecycle callbacks, the webhooks."""

from __future__ import annotations

from collections.abc import Collection

import orjson
from flask import Blueprint, Response, request

from connect import descriptor, guard, webhooks
from connect.guard import LifecycleEvent, Qsh, lifecycle_signed, signed, unsigned
from connect.ports import Installations, Webhooks
from connect.principals import InstallationState
from connect.settings import ConnectSettings


def create_blueprint(
    settings: ConnectSettings, installations: Installations, listener: Webhooks
) -> Blueprint:
    """The blueprint `connect`. Its callbacks and webhooks answer 204 without a body."""
    blueprint = Blueprint("connect", __name__)
    described = orjson.dumps(descriptor.render(settings))

    @blueprint.get("/atlassian-connect.json")
    @unsigned(reason="Jira reads the descriptor before it knows the app; it holds nothing secret")
    def describe() -> Response:
        return Response(described, mimetype="application/json")

    @blueprint.post("/installed")
    @lifecycle_signed(LifecycleEvent.INSTALLED)
    def installed() -> Response:
        callback = guard.current_callback()
        if callback.installed is None:
            raise LookupError("an installed callback without its site")
        installations.install(callback.installed, guard.current_facts())
        return Response(status=204)

    @blueprint.post("/uninstalled")
    @lifecycle_signed(LifecycleEvent.UNINSTALLED)
    def uninstalled() -> Response:
        return change_state(InstallationState.UNINSTALLED)

    @blueprint.post("/enabled")
    @lifecycle_signed(LifecycleEvent.ENABLED)
    def enabled() -> Response:
        return change_state(InstallationState.ENABLED)

    @blueprint.post("/disabled")
    @lifecycle_signed(LifecycleEvent.DISABLED)
    def disabled() -> Response:
        return change_state(InstallationState.DISABLED)

    @blueprint.post("/hooks/worklog")
    @signed(qsh=Qsh.REQUEST, user=False)
    def worklog_changed() -> Response:
        return receive(webhooks.WORKLOG_EVENTS)

    @blueprint.post("/hooks/issue")
    @signed(qsh=Qsh.REQUEST, user=False)
    def issue_deleted() -> Response:
        return receive(webhooks.ISSUE_EVENTS)

    def change_state(state: InstallationState) -> Response:
        installations.change_state(guard.current_callback().client_key, state, guard.current_facts())
        return Response(status=204)

    def receive(events: Collection[str]) -> Response:
        delivery = webhooks.read(
            guard.limited_body(webhooks.LARGEST_BODY),
            request.headers.get(webhooks.IDENTIFIER_HEADER),
            events,
        )
        listener.receive(guard.current_principal(), delivery, guard.current_facts())
        return Response(status=204)

    return blueprint
