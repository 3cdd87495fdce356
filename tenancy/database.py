"""The database of all tenants, and the only way to a session in it: `Database.tenant_session`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, RootTransaction, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connect.errors import VaultError
from tenancy import driver, eventlog
from tenancy.actors import Actor
from tenancy.directory import Directory
from tenancy.driver import Call, DriverSession, Row, Statement, driver_of
from tenancy.encryption import Cipher, KeyEncryptionKeys
from tenancy.errors import (
    DatabaseUnavailable,
    Denied,
    OutcomeUnknown,
    SessionIsOneTransaction,
    TransactionLost,
)
from tenancy.settings import TenancySettings

_IN_TRANSACTION = TransactionStatus.INTRANS

#: Serialization failures, deadlocks, lock time-outs: this transaction is gone, its repetition may succeed.
_TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})
#: What the server says while it goes or comes. Its connection is not always marked as broken by then.
_GOING_OR_COMING = frozenset({"57P01", "57P02", "57P03", "57P05"})


_CONTEXT = Statement.of(
    "context",
    "select set_config('vault.instance_key', %(instance_key)s, true),"
    " set_config('vault.account_id', %(account_id)s, true)",
)
_CONTEXT_OF_A_READ = Statement.of(
    "context_of_a_read",
    "select set_config('vault.instance_key', %(instance_key)s, true),"
    " set_config('vault.account_id', %(account_id)s, true), set_config('synchronous_commit', 'off', true)",
)


class TenantSession(DriverSession):
    """A session that is one transaction of one tenant, for one actor.

    It commits when the block of `Database.tenant_session` ends. `commit`, `rollback` and `close` are refused
    inside: the tenant is set for the transaction, and what came after would run without one.
    """

    def __init__(self, connection: Connection, actor: Actor, opening_rows: list[Row]) -> None:
        super().__init__(connection, expire_on_commit=False, close_resets_only=False)
        self.actor = actor
        #: What the opening statement returned; see `Database.tenant_session`.
        self.opening_rows = opening_rows

    def commit(self) -> None:
        """Refuse with SessionIsOneTransaction."""
        raise SessionIsOneTransaction

    def rollback(self) -> None:
        """Refuse with SessionIsOneTransaction."""
        raise SessionIsOneTransaction

    def end(self) -> None:
        """Let go of everything; any later use raises. Called by `Database.tenant_session` only."""
        self.driver = None
        super().close()

    def close(self) -> None:
        """Refuse with SessionIsOneTransaction."""
        raise SessionIsOneTransaction


class Database:
    """A pool of connections as the app role. One object a process, made after a fork."""

    def __init__(self, settings: TenancySettings) -> None:
        self.settings = settings
        self.engine = make_engine(settings)
        self.keys = KeyEncryptionKeys(settings.key_encryption_keys)
        self.directory = Directory(self, self.keys)

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()

    def cipher(self, session: TenantSession) -> Cipher:
        """Return what seals and opens for the session's tenant.

        Costs a statement only when the tenant was not looked up within 0.75 s; get a new one for each
        request. Raises NoTenant, KeyEncryptionKeyMissing or SealBroken.
        """
        return self.directory.tenant_of(session).cipher

    @contextmanager
    def tenant_session(
        self, actor: Actor, *, durable: bool = True, opening: Call | None = None
    ) -> Generator[TenantSession]:
        """Open one transaction in which the database sees `actor`'s tenant and account, and nothing else.

        Leaving the block commits; leaving it by an exception rolls back, and a `Denied` error is then
        recorded in a transaction of its own. With `durable=False` the commit does not wait for the disk: a
        crash of the server may lose the last moments' transactions, whole; it is for reads, whose only write
        is their event (design section 7). `opening` is a hot statement that travels with the beginning; its
        rows are the session's `opening_rows`.

        Raises DatabaseUnavailable when the database cannot be reached or goes away: nothing was changed then.
        A pooled connection that died while it was idle is replaced first. Raises OutcomeUnknown when it goes
        away during the commit, TransactionLost when a failed statement was swallowed inside the block.
        """
        try:
            with self._transaction(actor, durable, opening) as session:
                yield session
        except VaultError as refusal:
            if isinstance(refusal, Denied):
                self._record_denial(actor, refusal, refusal.code)
            raise

    @contextmanager
    def _transaction(
        self, actor: Actor, durable: bool, opening: Call | None = None
    ) -> Generator[TenantSession]:
        connection, transaction, rows = self._begin(actor, durable, opening)
        session = TenantSession(connection, actor, rows)
        try:
            try:
                yield session
                session.flush()
                _refuse_lost(connection, transaction)
            except (DBAPIError, psycopg.OperationalError) as error:
                if unavailable := _unavailable(error, connection):
                    raise unavailable from error
                raise
            except PendingRollbackError as error:
                raise TransactionLost from error
            try:
                transaction.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise OutcomeUnknown from error
                raise
        finally:
            session.end()
            # Rolls back what was not committed.
            connection.close()

    def _begin(
        self, actor: Actor, durable: bool, opening: Call | None
    ) -> tuple[Connection, RootTransaction, list[Row]]:
        connection = self._connect()
        try:
            return connection, *_begin_as(connection, actor, durable, opening)
        except BaseException as error:
            connection.close()
            if not isinstance(error, DBAPIError) or not error.connection_invalidated:
                raise
        # The pooled connection had died while it was idle (the database was restarted), and nothing was done
        # on it. Its failure made the pool forget every connection of its age, so the next one is new.
        connection = self._connect()
        try:
            return connection, *_begin_as(connection, actor, durable, opening)
        except BaseException as error:
            connection.close()
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise DatabaseUnavailable from error
            raise

    def _connect(self) -> Connection:
        try:
            return self.engine.connect()
        except (OperationalError, PoolTimeout) as error:
            raise DatabaseUnavailable from error

    def _record_denial(self, actor: Actor, refusal: Denied, reason: str) -> None:
        with self._transaction(actor, durable=True) as session:
            eventlog.record(
                session,
                actor,
                refusal.action or eventlog.TenancyAction.REQUEST_REFUSED,
                refusal.target,
                outcome=eventlog.Outcome.DENIED,
                reason=reason,
            )


def make_engine(settings: TenancySettings) -> Engine:
    """Return an engine of the app role. It has no tenant: use `Database.tenant_session`."""
    engine = driver.create_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=5,
        # The most recently used connection has the warmest caches.
        pool_use_lifo=True,
        use_native_hstore=False,
        # Errors are logged with their statement, and parameters are people's data.
        hide_parameters=True,
        connect_args={
            "application_name": "worklog-vault",
            # Hot statements send their parameters in it (`tenancy/driver.py`).
            "client_encoding": "utf8",
            "connect_timeout": 5,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "prepare_threshold": 5 if settings.prepared_statements else None,
        },
    )
    event.listen(engine, "handle_error", _mark_disconnect)
    return engine


def _mark_disconnect(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) in _GOING_OR_COMING:
        context.is_disconnect = True


def _begin_as(
    connection: Connection, actor: Actor, durable: bool, opening: Call | None
) -> tuple[RootTransaction, list[Row]]:
    """Begin, and say in the same breath for whom: at no moment has the transaction no tenant.

    One round trip past the driver's cursors and SQLAlchemy, the opening statement included, because every
    request pays for it. `true`: the facts end with the transaction, so a pooled connection, or PgBouncer's,
    forgets them.
    """
    transaction = connection.begin()
    facts = {"instance_key": actor.instance_key, "account_id": actor.account_id or ""}
    calls = [Call(_CONTEXT if durable else _CONTEXT_OF_A_READ, facts), *([opening] if opening else [])]
    try:
        rows = driver_of(connection).begin_with(*calls)
    except psycopg.OperationalError as error:
        # The connection is broken, most likely. SQLAlchemy shall find out by itself, so that its pool knows.
        try:
            connection.exec_driver_sql("select 1")
        except DBAPIError as trouble:
            if trouble.connection_invalidated:
                raise
        raise DatabaseUnavailable from error
    return transaction, rows if opening else []


def _unavailable(error: DBAPIError | psycopg.OperationalError, connection: Connection) -> VaultError | None:
    """Translate an error that is the database's absence, or its wish to have the transaction repeated."""
    if isinstance(error, psycopg.OperationalError):
        # Raised by the driver's own cursor (a job was deferred on it), past SQLAlchemy's bookkeeping.
        connection.invalidate(error)
        return DatabaseUnavailable()
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _TRY_AGAIN:
        return DatabaseUnavailable()
    return None


def _refuse_lost(connection: Connection, transaction: RootTransaction) -> None:
    if not transaction.is_active or driver_of(connection).pgconn.transaction_status != _IN_TRANSACTION:
        raise TransactionLost
