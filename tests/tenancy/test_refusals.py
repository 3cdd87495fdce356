"""Every refusal is written down: once, bounded, under the site it claims to be or the service's own key."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from connect.ports import Refusal, RequestFacts
from connect.principals import Installation
from tenancy.actors import SERVICE_INSTANCE, Actor, ActorKind
from tenancy.database import Database
from tenancy.refusals import Refusals

FACTS = RequestFacts("request-9", "198.51.100.1", "GET", "/panel")
LAST = text("select * from vault.event where action = 'request:refuse' order by id desc limit 1")


def last(database: Database, site: str) -> dict[str, Any]:
    with database.tenant_session(Actor(site, None, ActorKind.APP)) as session:
        row = session.execute(LAST).one_or_none()
    return {} if row is None else dict(row._mapping)


def test_a_refusal_is_written_down_under_the_site_it_claims_to_be(
    database: Database, two_tenants: tuple[Installation, Installation]
) -> None:
    acme, globex = two_tenants
    Refusals(database).record(Refusal("qsh_wrong", "made for another request", acme.client_key), FACTS)

    event = last(database, acme.client_key)
    assert (event["outcome"], event["reason"], event["actor_kind"]) == ("denied", "qsh_wrong", "app")
    assert (event["target_id"], event["source_address"]) == ("GET /panel", "198.51.100.1")
    assert event["request_id"] == "request-9"
    assert event["changes"] == {"detail": "made for another request", "claimed_site": acme.client_key}
    assert last(database, globex.client_key) == {}


@pytest.mark.parametrize("claimed", [None, "", "nobody-we-know", SERVICE_INSTANCE, "x" * 5000])
def test_a_refusal_that_belongs_to_no_site_is_written_down_under_the_service(
    database: Database, claimed: str | None
) -> None:
    Refusals(database).record(Refusal("issuer_unknown", f"says it is {claimed}", claimed), FACTS)
    event = last(database, SERVICE_INSTANCE)
    assert event["reason"] == "issuer_unknown"
    assert event["changes"]["claimed_site"] == (claimed[:200] if claimed else claimed)


@pytest.mark.parametrize(
    "nasty", ["\0", "\ud800", "a" * 100_000, "'; drop table event; --", "\N{PILE OF POO}"]
)
def test_whatever_a_caller_writes_fits_into_the_log(database: Database, nasty: str) -> None:
    facts = RequestFacts(nasty, nasty, nasty, nasty)
    Refusals(database).record(Refusal("target_malformed", nasty, nasty), facts)
    event = last(database, SERVICE_INSTANCE)
    assert event["reason"] == "target_malformed"
    assert len(str(event)) < 3000


def test_two_refusals_are_two_events(database: Database) -> None:
    for _ in range(2):
        Refusals(database).record(Refusal("token_missing", "twice", None), FACTS)
    with database.tenant_session(Actor(SERVICE_INSTANCE, None, ActorKind.APP)) as session:
        count = session.execute(text("select count(*) from vault.event where reason = 'token_missing'"))
        assert count.scalar_one() == 2
