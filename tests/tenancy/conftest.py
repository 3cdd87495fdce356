"""Databases to break, and the rows of two sites."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from tenancy.actors import Actor, ActorKind
from tenancy.embedded import EmbeddedPostgres
from tests.conftest import TEMPLATE

_numbers = itertools.count(1)


@pytest.fixture
def scratch(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The name of a migrated database that this test alone may break."""
    name = f"vault_scratch_{next(_numbers)}"
    postgres.create_database(name, TEMPLATE)
    yield name
    postgres.drop_database(name)


@pytest.fixture
def scratch_admin(postgres: EmbeddedPostgres, scratch: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to it."""
    with psycopg.connect(postgres.admin_url(scratch), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def lead() -> Actor:
    """A person in acme."""
    return Actor("acme-client-key", "lead", ActorKind.USER, "request-1", "203.0.113.7")


@pytest.fixture(scope="module")
def stranger() -> Actor:
    """A person in globex, with the same account id."""
    return Actor("globex-client-key", "lead", ActorKind.USER, "request-2", "203.0.113.8")


def now_utc() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)
