"""The operator's way in: transactions as the owner, for commands, never for requests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from tenancy import driver, roles


class Owner:
    """Connects with DATABASE_OWNER_URL and acts as vault_owner.

    The owner sees the directory (installations and data keys) of all tenants; of every other table it sees
    the rows of the one tenant it has entered, like anyone.
    """

    def __init__(self, owner_url: URL) -> None:
        self._engine = driver.create_engine(
            owner_url, poolclass=NullPool, use_native_hstore=False, hide_parameters=True
        )

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """Open a transaction as the owner; it commits when the block ends without an error."""
        with self._engine.begin() as connection:
            for statement in roles.AS_OWNER:
                connection.exec_driver_sql(statement)
            yield connection

    @staticmethod
    def enter_tenant(connection: Connection, instance_key: str) -> None:
        """See the rows of one tenant until the transaction ends."""
        connection.exec_driver_sql("select set_config('vault.instance_key', %s, true)", (instance_key,))
