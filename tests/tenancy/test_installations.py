"""Jira's calls in any order lead to where they should, and every one of them is an event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from connect.ports import Installed, RequestFacts
from connect.principals import Installation, InstallationState
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database
from tenancy.embedded import DatabaseUrls
from tenancy.identifiers import new_id
from tenancy.installations import Installations, next_state

ENABLED, DISABLED, UNINSTALLED = InstallationState
INSTALL = "install"


def installed(
    client_key: str, secret: str = "secret", base_url: str = "https://x.atlassian.net"
) -> Installed:
    return Installed(client_key, secret, base_url, "oauth", "jira")


def events(database: Database, site: str) -> list[dict[str, Any]]:
    with database.tenant_session(Actor(site, None, ActorKind.APP)) as session:
        return [dict(row._mapping) for row in session.execute(text("select * from vault.event order by id"))]


def test_what_was_installed_is_found(installations: Installations, acme: Installation) -> None:
    assert acme == Installation(
        client_key="acme-client-key",
        shared_secret="acme-shared-secret-of-forty-letters-or-so",
        base_url="https://acme.atlassian.net",
        oauth_client_id="acme-oauth-client",
        state=ENABLED,
        product_type="jira",
    )


def test_two_sites_have_each_their_own(two_tenants: tuple[Installation, Installation]) -> None:
    acme, globex = two_tenants
    assert acme.client_key != globex.client_key
    assert acme.shared_secret != globex.shared_secret


def test_the_secret_is_not_readable_in_the_database(
    postgres: Any, database_urls: DatabaseUrls, acme: Installation
) -> None:
    name = database_urls.app.partition("@/")[2].partition("?")[0]
    with psycopg.connect(postgres.admin_url(name)) as admin:
        rows = admin.execute("select i::text, d::text from vault.installation i, vault.data_key d").fetchall()
        stored = admin.execute("select shared_secret from vault.installation").fetchall()
    assert acme.shared_secret not in str(rows)
    assert all(acme.shared_secret.encode() not in secret for (secret,) in stored)


def test_a_reinstall_rotates_the_secret_and_keeps_the_data(
    database: Database, installations: Installations, facts: RequestFacts
) -> None:
    installations.install(installed("initech", "one"), facts)
    actor = Actor("initech", None, ActorKind.APP)
    with database.tenant_session(actor) as session:
        sealed = database.cipher(session).seal("worklog", "1", b"kept")
    installations.change_state("initech", UNINSTALLED, facts)
    installations.install(installed("initech", "two", "https://moved.atlassian.net"), facts)

    found = installations.find("initech")
    assert found is not None
    assert (found.shared_secret, found.base_url, found.state) == (
        "two",
        "https://moved.atlassian.net",
        ENABLED,
    )
    with database.tenant_session(actor) as session:
        assert database.cipher(session).open("worklog", "1", sealed) == b"kept"


def test_every_call_is_an_event_without_secrets(
    database: Database, installations: Installations, facts: RequestFacts
) -> None:
    installations.install(installed("umbrella", "very-secret"), facts)
    for state in (DISABLED, DISABLED, UNINSTALLED, DISABLED):
        installations.change_state("umbrella", state, facts)
    installations.install(installed("umbrella", "more-secret"), facts)

    told = [
        (each["action"], each["reason"], each["changes"].get("state"))
        for each in events(database, "umbrella")[1:]
    ]
    assert told == [
        ("installation:install", "installed", [None, "enabled"]),
        ("installation:disable", None, ["enabled", "disabled"]),
        ("installation:disable", None, ["disabled", "disabled"]),
        ("installation:uninstall", None, ["disabled", "uninstalled"]),
        ("installation:disable", "uninstalled_wins", ["uninstalled", "uninstalled"]),
        ("installation:install", "reinstalled", ["uninstalled", "enabled"]),
    ]
    first = events(database, "umbrella")[0]
    assert (first["action"], first["actor_kind"], first["request_id"]) == (
        "data_key:create",
        "jira",
        "request-1",
    )
    assert first["source_address"] == "203.0.113.7"
    assert "secret" not in str(events(database, "umbrella"))


def test_a_call_for_an_unknown_site_is_harmless_and_written_down_under_the_service(
    database: Database, installations: Installations, facts: RequestFacts
) -> None:
    installations.change_state("nobody-knows-it", UNINSTALLED, facts)
    assert installations.find("nobody-knows-it") is None
    last = events(database, SERVICE_INSTANCE)[-1]
    assert (last["action"], last["target_id"], last["outcome"], last["reason"]) == (
        "installation:uninstall",
        "nobody-knows-it",
        "failed",
        "unknown_installation",
    )


def test_the_services_own_key_cannot_be_installed(installations: Installations, facts: RequestFacts) -> None:
    with pytest.raises(Exception, match="installation_instance_key_check"):
        installations.install(installed(SERVICE_INSTANCE), facts)


@pytest.mark.parametrize(
    ("current", "wanted", "after"),
    [
        (ENABLED, ENABLED, ENABLED),
        (ENABLED, DISABLED, DISABLED),
        (ENABLED, UNINSTALLED, UNINSTALLED),
        (DISABLED, ENABLED, ENABLED),
        (DISABLED, DISABLED, DISABLED),
        (DISABLED, UNINSTALLED, UNINSTALLED),
        (UNINSTALLED, ENABLED, UNINSTALLED),
        (UNINSTALLED, DISABLED, UNINSTALLED),
        (UNINSTALLED, UNINSTALLED, UNINSTALLED),
    ],
)
def test_where_a_call_leads(
    current: InstallationState, wanted: InstallationState, after: InstallationState
) -> None:
    assert next_state(current, wanted) is after


calls = st.lists(st.sampled_from([INSTALL, ENABLED, DISABLED, UNINSTALLED]), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=calls)
def test_calls_in_any_order_lead_where_the_last_install_and_what_came_after_say(
    installations: Installations, facts: RequestFacts, calls: list[str]
) -> None:
    site = str(new_id())
    expected: InstallationState | None = None
    for number, call in enumerate(calls):
        if call == INSTALL:
            installations.install(installed(site, f"secret {number}"), facts)
            expected, secret = ENABLED, f"secret {number}"
        else:
            installations.change_state(site, InstallationState(call), facts)
            if expected not in (None, UNINSTALLED):
                expected = InstallationState(call)
        found = installations.find(site)
        assert (found and found.state) is expected
        if found:
            assert found.shared_secret == secret


def test_disabled_and_uninstalled_in_parallel_end_uninstalled(
    installations: Installations, facts: RequestFacts
) -> None:
    for number in range(10):
        site = f"parallel-{number}"
        installations.install(installed(site), facts)
        with ThreadPoolExecutor(2) as threads:
            list(
                threads.map(
                    lambda s, site=site: installations.change_state(site, s, facts), [DISABLED, UNINSTALLED]
                )
            )
        found = installations.find(site)
        assert found is not None
        assert found.state is UNINSTALLED


def test_two_first_installs_at_once_make_one_site_with_one_key(
    database: Database, installations: Installations, facts: RequestFacts
) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: installations.install(installed("twins", f"{n}"), facts), range(4)))
    created = [each for each in events(database, "twins") if each["action"] == "data_key:create"]
    assert len(created) == 1
    found = installations.find("twins")
    assert found is not None
    assert found.shared_secret in "0123"
