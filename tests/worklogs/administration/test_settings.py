"""Two administrators at once."""

from __future__ import annotations

import threading

import app as product
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from worklogs.administration import settings


def test_of_two_changes_at_once_the_second_builds_on_the_first(house, team):
    """Otherwise switching secured teams off could be undone by somebody who changes the hours."""
    database = Database(product.Settings.from_env(house.environ).tenancy)
    actor = Actor(house.instance_key(), house.caller("admin").account_id, ActorKind.USER)
    answered = []

    def change_days():
        answered.append(house.caller("admin")("PATCH", "/settings", {"daysPerWeek": 4}).status_code)

    second = threading.Thread(target=change_days)
    with database.tenant_session(actor) as session:
        settings.change(session, actor, {"secured_teams": False}, is_site_administrator=True)
        second.start()
        second.join(1.0)
        assert second.is_alive(), "it waits for the first"
    second.join()
    database.dispose()
    found = house.caller("admin").get("/settings").json
    assert (answered, found["securedTeams"], found["daysPerWeek"]) == ([200], False, 4)


def test_the_first_change_of_a_site_keeps_the_defaults_of_the_rest(house):
    found = house.caller("admin", "globex")("PATCH", "/settings", {"hoursPerDay": 7.5}).json
    assert (found["hoursPerDay"], found["daysPerWeek"], found["securedTeams"]) == (7.5, 5, False)
