"""What the views of this layer work with; `app.py` puts it in place."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from connect import guard
from connect.jira import Jira, Site
from connect.settings import ConnectSettings
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tenancy.installations import Installations

_KEY = "worklog-vault"


@dataclass(frozen=True, slots=True)
class Services:
    """The database, Jira, the sites with their keys, where the bundles lie, and the door's settings."""

    database: Database
    jira: Jira
    installations: Installations
    bundles: Path
    connect: ConnectSettings


def provide(app: Flask, services: Services) -> None:
    """Give `app` its services."""
    app.extensions[_KEY] = services


def current() -> Services:
    """The services of the running application."""
    return cast(Services, current_app.extensions[_KEY])


def current_actor() -> Actor:
    """Who makes the current request, for which site: verified by the route's guard."""
    principal, facts = guard.current_principal(), guard.current_facts()
    return Actor(
        principal.instance_key,
        principal.account_id,
        ActorKind.USER,
        request_id=facts.request_id,
        source_address=facts.source_address,
    )


def current_site() -> Site:
    """The Jira site that the current request speaks for."""
    return current().jira.site(guard.current_principal().installation)
