"""psycopg's connection with a short way for what every request does.

A statement through psycopg's cursor passes through dozens of Python calls and lets go of the interpreter's
lock six times, each time for another thread to take it. Through libpq itself it is one call and one release
(measured on the issue panel's two statements: 0.10 ms of processor time instead of 0.19). Here is what every
request does and is worth it; everything else is psycopg as it comes.
"""

from __future__ import annotations

import re
import select
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import psycopg
import sqlalchemy
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.orm import Session

from tenancy.errors import DatabaseUnavailable

_PARAMETER = re.compile(r"%\((\w+)\)s")
_DONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
_IDLE = TransactionStatus.IDLE

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A hot statement: prepared once a connection under its `name`, so different statements differ in name.

    Make it with `Statement.of`, whose parameters stand as `%(name)s`.
    """

    name: bytes
    sql: bytes
    parameters: tuple[str, ...]

    @classmethod
    def of(cls, name: str, sql: str) -> Self:
        """Number the parameters as PostgreSQL wants them."""
        parameters = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
        numbered = _PARAMETER.sub(lambda match: f"${parameters.index(match[1]) + 1}", sql)
        return cls(name.encode(), numbered.encode(), parameters)

    def arguments(self, values: Mapping[str, object]) -> list[bytes | None]:
        """The values in the parameters' order, as text: PostgreSQL reads them as what the statement needs."""
        return [_as_text(values[name]) for name in self.parameters]


def _as_text(value: object) -> bytes | None:
    if value is None:
        return None
    text = str(value).encode()
    if b"\0" in text:
        # libpq would take it for the end of the text.
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text


@dataclass(frozen=True, slots=True)
class Call:
    """A statement with the values of its parameters."""

    statement: Statement
    values: Mapping[str, object]


_BEGIN, _COMMIT = Statement.of("begin", "begin"), Statement.of("commit", "commit")


class DriverConnection(psycopg.Connection[TupleRow]):
    """A connection that runs hot statements, several in one round trip where they follow each other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared_hot: set[bytes] = set()
        self._at_commit: list[Call] = []
        self._readable = select.poll()
        self._readable.register(self.fileno(), select.POLLIN)

    def run(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        """Run a statement and return its rows; like a cursor of psycopg, begin a transaction if none is open.

        Raises psycopg's errors, OperationalError when the connection is lost.
        """
        arguments = statement.arguments(values)
        if self.pgconn.transaction_status == _IDLE and not self.autocommit:
            self._checked(self.pgconn.exec_(b"begin"))
        if self._prepares(statement):
            result = self.pgconn.exec_prepared(
                statement.name,
                arguments,  # type: ignore[arg-type]  # None is NULL, whatever the annotation says.
                result_format=Format.BINARY,
            )
        else:
            result = self.pgconn.exec_params(statement.sql, arguments, result_format=Format.BINARY)
        self._checked(result)
        return self._rows(result)

    def begin_with(self, *calls: Call) -> list[Row]:
        """Begin a transaction and run these in one round trip; return the rows of the last."""
        return self._rows(self._run_together([Call(_BEGIN, {}), *calls])[-1])

    def run_at_commit(self, statement: Statement, values: Mapping[str, object]) -> None:
        """Run a statement in the commit's round trip; the commit raises its error. A rollback forgets it."""
        self._at_commit.append(Call(statement, values))

    def commit(self) -> None:
        """Commit; raises as `run` does. Two-phase commits are not used here."""
        if self.pgconn.transaction_status == _IDLE:
            return
        calls, self._at_commit = self._at_commit, []
        if calls:
            self._run_together([*calls, Call(_COMMIT, {})])
        else:
            self._checked(self.pgconn.exec_(b"commit"))

    def rollback(self) -> None:
        """Roll back, if there is anything to; raises as `run` does."""
        self._at_commit.clear()
        if self.pgconn.transaction_status != _IDLE:
            self._checked(self.pgconn.exec_(b"rollback"))

    def _run_together(self, calls: Sequence[Call]) -> list[PGresult]:
        """Run in libpq's pipeline mode: when one fails, PostgreSQL skips what comes behind it.

        Not psycopg's own pipeline, which takes longer than the round trips that it saves; nor one text of
        several `execute`, which costs PostgreSQL more (measured: 0.63 ms a panel instead of 0.45).
        """
        server = self.pgconn
        ready = [(call.statement, call.statement.arguments(call.values)) for call in calls]
        prepared = [self._prepares(statement) for statement, _ in ready]
        server.enter_pipeline_mode()
        for (statement, arguments), known in zip(ready, prepared, strict=True):
            if known:
                server.send_query_prepared(statement.name, arguments, result_format=Format.BINARY)
            else:
                server.send_query_params(statement.sql, arguments, result_format=Format.BINARY)
        server.pipeline_sync()
        results = [self._next_result() for _ in ready]
        self._next_result(ExecStatus.PIPELINE_SYNC)
        server.exit_pipeline_mode()
        for result in results:
            self._checked(result)
        return results

    def _next_result(self, last: ExecStatus | None = None) -> PGresult:
        """The result of the pipeline's next statement. Raises OperationalError if the connection is lost."""
        server = self.pgconn
        result = None
        while True:
            # libpq's own waiting would keep the interpreter's lock; this lets other threads work.
            while server.is_busy():
                self._readable.poll()
                server.consume_input()
            found = server.get_result()
            if found is None and result is not None:
                return result
            if found is None or server.status == ConnStatus.BAD:
                raise psycopg.OperationalError(server.get_error_message())
            if found.status == last:
                return found
            result = found

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        # psycopg deallocates all prepared statements, ours too, when its own may have become invalid: after
        # a rollback to a savepoint, for example.
        if name is None:
            self._prepared_hot.clear()
        return super()._deallocate(name)

    def _prepares(self, statement: Statement) -> bool:
        """Prepare a statement unless it is, and say whether it may be at all."""
        if self.prepare_threshold is None:
            # A pooler between us and the server gives every transaction another session.
            return False
        if statement.name not in self._prepared_hot:
            self._checked(self.pgconn.prepare(statement.name, statement.sql))
            self._prepared_hot.add(statement.name)
        return True

    def _rows(self, result: PGresult) -> list[Row]:
        if not result.ntuples:
            return []
        # Not kept: it holds the connection, which would then be closed by the garbage collector alone.
        rows = Transformer(self)
        rows.set_pgresult(result)
        return rows.load_rows(0, result.ntuples, tuple)

    def _checked(self, result: PGresult) -> None:
        if result.status in _DONE:
            return
        if result.error_field(DiagnosticField.SQLSTATE) is None:
            # Not the server's words but libpq's own: it has lost the server.
            raise psycopg.OperationalError(self.pgconn.get_error_message())
        raise error_from_result(result)


def create_engine(url: URL, **options: Any) -> Engine:
    """As SQLAlchemy's own, for an engine whose connections are `DriverConnection`s."""
    engine = sqlalchemy.create_engine(url, **options)
    event.listen(engine, "do_connect", _connect)
    return engine


class DriverSession(Session):
    """A session on a connection of such an engine.

    It knows the driver's connection from the start: a hot statement then does not set SQLAlchemy's session in
    motion, which a transaction of nothing else can do without.
    """

    def __init__(self, connection: Connection, **options: Any) -> None:
        super().__init__(connection, **options)
        self.driver: DriverConnection | None = driver_of(connection)


def driver_of(where: Connection | Session) -> DriverConnection:
    """Return what is behind a connection of such an engine. Raises DatabaseUnavailable when it is lost."""
    if isinstance(where, DriverSession) and where.driver is not None:
        return where.driver
    connection = where.connection() if isinstance(where, Session) else where
    driver = connection.connection.driver_connection
    if not isinstance(driver, DriverConnection):
        raise DatabaseUnavailable
    return driver


def _connect(
    _dialect: Dialect, _record: object, arguments: tuple[Any, ...], options: dict[str, Any]
) -> DriverConnection:
    return DriverConnection.connect(*arguments, **options)
