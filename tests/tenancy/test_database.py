"""A session exists only for a tenant, for one transaction, and survives the database's absence."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidRequestError, ProgrammingError

from connect.errors import Forbidden
from tenancy import migrations
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database, TenantSession
from tenancy.embedded import THROWAWAY_SETTINGS, EmbeddedPostgres
from tenancy.errors import (
    DatabaseUnavailable,
    Denied,
    OutcomeUnknown,
    SessionIsOneTransaction,
    TransactionLost,
)
from tenancy.eventlog import Target, TenancyAction
from tenancy.settings import TenancySettings

CONTEXT = text(
    "select current_setting('vault.instance_key', true), current_setting('vault.account_id', true), "
    "current_setting('synchronous_commit')"
)


def delete_issue(session: TenantSession, issue_id: int) -> None:
    session.execute(
        text("insert into vault.deleted_issue values (:site, :id, now())"),
        {"site": session.actor.instance_key, "id": issue_id},
    )


def deleted_issues(database: Database, actor: Actor) -> set[int]:
    with database.tenant_session(actor) as session:
        return set(session.execute(text("select issue_id from vault.deleted_issue")).scalars())


# --- A session is a tenant's ---


def test_a_session_names_tenant_and_account_to_the_database(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        assert tuple(session.execute(CONTEXT).one()) == ("acme-client-key", "lead", "on")


def test_without_a_person_there_is_no_account(database: Database) -> None:
    with database.tenant_session(Actor("acme-client-key", None, ActorKind.APP)) as session:
        assert session.execute(CONTEXT).one()[1] == ""


@pytest.mark.parametrize(
    "odd", ["it's", "'; drop table vault.event; --", "back\\slash", "\\'", "ключ", "a\nb", "%s", "$1", "a''b"]
)
def test_an_odd_key_is_text_and_nothing_else(database: Database, odd: str) -> None:
    with database.tenant_session(Actor(odd, odd, ActorKind.USER)) as session:
        assert tuple(session.execute(CONTEXT).one())[:2] == (odd, odd)


def test_the_pooled_connection_forgets_the_tenant(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        pid = session.execute(text("select pg_backend_pid()")).scalar_one()
        delete_issue(session, 1)
    with database.engine.connect() as connection:
        assert connection.execute(text("select pg_backend_pid()")).scalar_one() == pid
        assert connection.execute(CONTEXT).one()[0] == ""
        assert connection.execute(text("select count(*) from vault.deleted_issue")).scalar_one() == 0


def test_two_threads_on_one_database_never_see_each_others_tenant(database: Database) -> None:
    start = threading.Barrier(8)

    def rounds(number: int) -> set[str]:
        actor = Actor(f"site-{number}", f"person-{number}", ActorKind.USER)
        start.wait(timeout=10)
        seen = set()
        for _ in range(30):
            with database.tenant_session(actor) as session:
                seen.add(" ".join(session.execute(CONTEXT).one()))
        return seen

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(rounds, range(8)))
    assert results == [{f"site-{number} person-{number} on"} for number in range(8)]


# --- A session is one transaction ---


def test_leaving_the_block_commits(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        delete_issue(session, 100)
    assert 100 in deleted_issues(database, lead)


def test_leaving_by_an_exception_rolls_back(database: Database, lead: Actor) -> None:
    with pytest.raises(ZeroDivisionError), database.tenant_session(lead) as session:
        delete_issue(session, 101)
        raise ZeroDivisionError
    assert 101 not in deleted_issues(database, lead)


def test_a_read_does_not_wait_for_the_disk_when_it_says_so(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead, durable=False) as session:
        assert session.execute(CONTEXT).one()[2] == "off"
    with database.tenant_session(lead) as session:
        assert session.execute(CONTEXT).one()[2] == "on"


@pytest.mark.parametrize("act", ["commit", "rollback", "close"])
def test_a_session_cannot_end_its_transaction_inside_the_block(
    database: Database, lead: Actor, act: str
) -> None:
    with pytest.raises(SessionIsOneTransaction), database.tenant_session(lead) as session:
        delete_issue(session, 102)
        getattr(session, act)()
    assert 102 not in deleted_issues(database, lead)


def test_a_commit_past_the_session_leaves_a_transaction_that_sees_and_writes_nothing(
    database: Database, lead: Actor
) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        database.tenant_session(lead) as session,
    ):
        delete_issue(session, 103)
        session.connection().connection.commit()
        assert session.execute(text("select count(*) from vault.deleted_issue")).scalar_one() == 0
        delete_issue(session, 108)


def test_what_comes_after_a_commit_of_the_sessions_transaction_has_no_tenant_and_is_lost(
    database: Database, lead: Actor
) -> None:
    with pytest.raises(TransactionLost), database.tenant_session(lead) as session:
        transaction = session.connection().get_transaction()
        assert transaction is not None
        transaction.commit()
        assert session.execute(CONTEXT).one()[0] == ""


def test_a_session_cannot_be_used_after_its_block(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        pass
    with pytest.raises(InvalidRequestError, match="closed"):
        session.execute(CONTEXT)


def test_a_part_that_may_fail_is_nested(database: Database, lead: Actor) -> None:
    with database.tenant_session(lead) as session:
        with pytest.raises(ProgrammingError), session.begin_nested():
            delete_issue(session, 104)
            session.execute(text("select nonsense"))
        with session.begin_nested():
            delete_issue(session, 105)
    assert {104, 105} & deleted_issues(database, lead) == {105}


def test_a_swallowed_failure_does_not_pass_for_a_commit(database: Database, lead: Actor) -> None:
    with pytest.raises(TransactionLost), database.tenant_session(lead) as session:
        delete_issue(session, 106)
        with pytest.raises(ProgrammingError):
            session.execute(text("select nonsense"))
    assert 106 not in deleted_issues(database, lead)


def test_parameters_are_not_in_errors(database: Database, lead: Actor) -> None:
    with pytest.raises(ProgrammingError) as failed, database.tenant_session(lead) as session:
        session.execute(text("select nonsense where :x = 'y'"), {"x": "personal"})
    assert "personal" not in str(failed.value)


# --- Denied acts ---


class NotYours(Forbidden, Denied):
    """This is not yours."""

    code = "not_yours"


DENIALS = text(
    "select action, target_kind, target_id, reason, actor_account, request_id "
    "from vault.event where outcome = 'denied' order by id"
)


def denials(database: Database, actor: Actor) -> list[tuple[str, ...]]:
    with database.tenant_session(actor) as session:
        return [tuple(row) for row in session.execute(DENIALS)]


def test_a_denied_act_is_undone_and_written_down(database: Database, lead: Actor) -> None:
    refusal = NotYours()
    refusal.action, refusal.target = TenancyAction.ISSUE_DELETED, Target("issue", 107)

    with pytest.raises(NotYours), database.tenant_session(lead) as session:
        delete_issue(session, 107)
        raise refusal

    assert 107 not in deleted_issues(database, lead)
    assert denials(database, lead)[-1] == (
        "issue:delete",
        "issue",
        "107",
        "not_yours",
        "lead",
        "request-1",
    )


def test_a_denial_that_names_no_act_is_written_down_too(database: Database, lead: Actor) -> None:
    with pytest.raises(NotYours), database.tenant_session(lead):
        raise NotYours
    assert denials(database, lead)[-1][:4] == ("request:refuse", None, None, "not_yours")


def test_an_error_that_is_no_denial_is_no_event(database: Database, lead: Actor) -> None:
    before = denials(database, lead)
    with pytest.raises(Forbidden), database.tenant_session(lead):
        raise Forbidden
    assert denials(database, lead) == before


# --- The database goes away and comes back ---


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server that this module may stop."""
    with (
        tempfile.TemporaryDirectory(prefix="vault-pg-") as directory,
        EmbeddedPostgres(Path(directory), THROWAWAY_SETTINGS) as server,
    ):
        server.create_database()
        migrations.upgrade(make_url(server.urls().owner).set(drivername="postgresql+psycopg"))
        yield server


@pytest.fixture
def fragile(own_server: EmbeddedPostgres, key_encryption_keys: str) -> Iterator[Database]:
    """A database on it."""
    database = Database(
        TenancySettings.from_env(
            {"DATABASE_URL": own_server.urls().app, "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys}
        )
    )
    yield database
    database.dispose()


def fill_pool(database: Database, actor: Actor) -> None:
    """Leave several idle connections in the pool."""
    together = threading.Barrier(4)

    def hold(_: int) -> None:
        with database.tenant_session(actor):
            together.wait(timeout=10)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(hold, range(4)))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_while_idle_is_not_noticed(
    own_server: EmbeddedPostgres, fragile: Database, lead: Actor, mode: str
) -> None:
    fill_pool(fragile, lead)
    number = 200 if mode == "fast" else 201
    with fragile.tenant_session(lead) as session:
        delete_issue(session, number)

    own_server.restart("fast" if mode == "fast" else "immediate")

    for _ in range(5):
        assert number in deleted_issues(fragile, lead)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_in_the_middle_of_a_request_loses_nothing_and_the_service_recovers(
    own_server: EmbeddedPostgres, fragile: Database, lead: Actor, mode: str
) -> None:
    saved, unsaved, later = (210, 211, 212) if mode == "fast" else (213, 214, 215)
    with fragile.tenant_session(lead) as session:
        delete_issue(session, saved)

    with pytest.raises(DatabaseUnavailable) as refused, fragile.tenant_session(lead) as session:
        delete_issue(session, unsaved)
        own_server.restart("fast" if mode == "fast" else "immediate")
        delete_issue(session, later)

    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
    with fragile.tenant_session(lead) as session:
        delete_issue(session, later)
    assert {saved, unsaved, later} & deleted_issues(fragile, lead) == {saved, later}


def test_while_the_database_is_down_requests_are_told_to_come_again(
    own_server: EmbeddedPostgres, fragile: Database, lead: Actor
) -> None:
    fill_pool(fragile, lead)
    own_server.stop()
    for _ in range(5):
        with pytest.raises(DatabaseUnavailable), fragile.tenant_session(lead):
            pass
    own_server.start()
    assert deleted_issues(fragile, lead) is not None


def test_a_connection_that_breaks_before_the_commit_saves_nothing(
    own_server: EmbeddedPostgres, fragile: Database, lead: Actor
) -> None:
    with (
        pytest.raises((DatabaseUnavailable, OutcomeUnknown)) as refused,
        fragile.tenant_session(lead) as session,
    ):
        delete_issue(session, 220)
        end_backend(own_server, session)
    assert refused.value.status == 503
    assert 220 not in deleted_issues(fragile, lead)


def test_a_connection_that_breaks_during_the_commit_leaves_the_outcome_open(
    own_server: EmbeddedPostgres, fragile: Database, lead: Actor
) -> None:
    with psycopg.connect(own_server.admin_url("vault"), autocommit=True) as admin:
        admin.execute(
            """
            create function public.die() returns trigger language plpgsql as
              $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
            create constraint trigger die after insert on vault.deleted_issue
              deferrable initially deferred for each row when (new.issue_id = 230)
              execute function public.die()
            """
        )
    with pytest.raises(OutcomeUnknown) as refused, fragile.tenant_session(lead) as session:
        delete_issue(session, 230)
    assert "Retry-After" not in refused.value.headers
    assert 230 not in deleted_issues(fragile, lead)


def test_a_deadlock_asks_to_come_again(fragile: Database, lead: Actor) -> None:
    first_has_it, second_has_it = threading.Event(), threading.Event()
    lock = text("select pg_advisory_xact_lock(:number)")

    def cross(first: int, second: int, mine: threading.Event, other: threading.Event) -> str:
        try:
            with fragile.tenant_session(lead) as session:
                session.execute(lock, {"number": first})
                mine.set()
                other.wait(timeout=10)
                session.execute(lock, {"number": second})
        except DatabaseUnavailable:
            return "come again"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(cross, 1, 2, first_has_it, second_has_it)
        other = threads.submit(cross, 2, 1, second_has_it, first_has_it)
        assert sorted([one.result(), other.result()]) == ["come again", "done"]


def test_a_full_pool_asks_to_come_again(
    own_server: EmbeddedPostgres, key_encryption_keys: str, lead: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Database(
        TenancySettings.from_env(
            {
                "DATABASE_URL": own_server.urls().app,
                "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys,
                "VAULT_DATABASE_POOL_SIZE": "1",
            }
        )
    )
    monkeypatch.setattr(small.engine.pool, "_timeout", 0.1)
    with small.tenant_session(lead), pytest.raises(DatabaseUnavailable), small.tenant_session(lead):
        pass
    small.dispose()


def test_no_statement_is_prepared_when_that_is_switched_off(
    own_server: EmbeddedPostgres, key_encryption_keys: str, lead: Actor
) -> None:
    def prepared(setting: str) -> int:
        database = Database(
            TenancySettings.from_env(
                {
                    "DATABASE_URL": own_server.urls().app,
                    "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys,
                    "VAULT_DATABASE_PREPARED_STATEMENTS": setting,
                }
            )
        )
        for _ in range(10):
            with database.tenant_session(lead) as session:
                count: int = session.execute(text("select count(*) from pg_prepared_statements")).scalar_one()
        database.dispose()
        return count

    assert prepared("on") > 0
    assert prepared("off") == 0


def end_backend(server: EmbeddedPostgres, session: TenantSession) -> None:
    pid = session.execute(text("select pg_backend_pid()")).scalar_one()
    with psycopg.connect(server.admin_url(), autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [pid])
