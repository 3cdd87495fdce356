"""A session exists only for a tenant, and for one transaction."""

from sqlalchemy import text

from tenancy.actors import Actor, ActorKind
from tenancy.database import Database


def test_a_session_names_tenant_and_account_to_the_database(database: Database) -> None:
    actor = Actor("acme", "lead", ActorKind.USER)

    with database.tenant_session(actor) as session:
        facts = session.execute(
            text("select current_setting('vault.instance_key'), current_setting('vault.account_id')")
        ).one()

    assert tuple(facts) == ("acme", "lead")
