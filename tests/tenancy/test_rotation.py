"""Rotating wraps every data key anew and disturbs nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from connect.ports import Installed, RequestFacts
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tenancy.embedded import DatabaseUrls, EmbeddedPostgres
from tenancy.encryption import KeyEncryptionKeys
from tenancy.errors import KeyEncryptionKeyMissing
from tenancy.installations import Installations
from tenancy.rotation import Rotation
from tenancy.settings import TenancySettings

FACTS = RequestFacts("request-1", "203.0.113.7", "POST", "/installed")
SITES = ["acme", "globex", "hooli"]


def entry(name: str) -> str:
    return f"{name}:{base64.b64encode(name.encode().ljust(32)).decode()}"


@pytest.fixture
def urls(postgres: EmbeddedPostgres, scratch: str) -> DatabaseUrls:
    return postgres.urls(scratch)


def settings(urls: DatabaseUrls, *names: str) -> TenancySettings:
    return TenancySettings.from_env(
        {
            "DATABASE_URL": urls.app,
            "DATABASE_OWNER_URL": urls.owner,
            "VAULT_KEY_ENCRYPTION_KEYS": " ".join(entry(name) for name in names),
        }
    )


def rotation(urls: DatabaseUrls, *names: str) -> Rotation:
    configured = settings(urls, *names)
    assert configured.owner_url is not None
    return Rotation(configured.owner_url, KeyEncryptionKeys(configured.key_encryption_keys))


@pytest.fixture
def sealed(urls: DatabaseUrls) -> Iterator[dict[str, bytes]]:
    """Three sites under the key `old`, and what each has sealed."""
    database = Database(settings(urls, "old"))
    sealed = {}
    for site in SITES:
        Installations(database).install(Installed(site, "secret", "https://a.example", None, "jira"), FACTS)
        with database.tenant_session(Actor(site, None, ActorKind.APP)) as session:
            sealed[site] = database.cipher(session).seal("worklog", "1", site.encode())
    yield sealed
    database.dispose()


def opened(urls: DatabaseUrls, sealed: dict[str, bytes], *names: str) -> dict[str, str]:
    database = Database(settings(urls, *names))
    try:
        return {site: opened_by(database, site, value) for site, value in sealed.items()}
    finally:
        database.dispose()


def opened_by(database: Database, site: str, value: bytes) -> str:
    with database.tenant_session(Actor(site, None, ActorKind.APP)) as session:
        return database.cipher(session).open("worklog", "1", value).decode()


EVERYTHING = {site: site for site in SITES}


def test_after_rotating_the_old_key_is_not_needed(urls: DatabaseUrls, sealed: dict[str, bytes]) -> None:
    rotating = rotation(urls, "new", "old")
    assert rotating.unused() == []

    assert list(rotating.carry_out(rotating.plan())) == SITES

    assert rotating.unused() == ["old"]
    assert opened(urls, sealed, "new") == EVERYTHING
    with pytest.raises(KeyEncryptionKeyMissing):
        opened(urls, sealed, "old")


def test_rotating_again_does_nothing(urls: DatabaseUrls, sealed: dict[str, bytes]) -> None:
    for expected in (SITES, []):
        rotating = rotation(urls, "new", "old")
        assert list(rotating.carry_out(rotating.plan())) == expected
    assert opened(urls, sealed, "new") == EVERYTHING


def test_an_interrupted_rotation_goes_on_where_it_stopped(
    urls: DatabaseUrls, sealed: dict[str, bytes]
) -> None:
    rotating = rotation(urls, "new", "old")
    steps = rotating.carry_out(rotating.plan())
    assert next(steps) == "acme"
    steps.close()  # type: ignore[attr-defined]

    assert opened(urls, sealed, "new", "old") == EVERYTHING
    again = rotation(urls, "new", "old")
    assert list(again.carry_out(again.plan())) == ["globex", "hooli"]


def test_two_rotations_at_once_wrap_each_key_once(
    urls: DatabaseUrls, sealed: dict[str, bytes], scratch_admin: psycopg.Connection
) -> None:
    one, other = rotation(urls, "new", "old"), rotation(urls, "new", "old")
    plans = one.plan(), other.plan()
    list(one.carry_out(plans[0]))
    list(other.carry_out(plans[1]))
    rewrapped = scratch_admin.execute("select instance_key from vault.event where action = 'data_key:rewrap'")
    assert sorted(site for (site,) in rewrapped) == SITES
    assert opened(urls, sealed, "new") == EVERYTHING


def test_a_missing_key_is_named_before_anything_changes(
    urls: DatabaseUrls, sealed: dict[str, bytes], scratch_admin: psycopg.Connection
) -> None:
    def stored() -> list[Any]:
        return scratch_admin.execute("select * from vault.data_key order by id").fetchall()

    before = stored()
    with pytest.raises(KeyEncryptionKeyMissing, match="lacks old"):
        rotation(urls, "new", "other").plan()
    assert stored() == before


def test_each_rewrapping_is_an_event_of_its_site(urls: DatabaseUrls, sealed: dict[str, bytes]) -> None:
    rotating = rotation(urls, "new", "old")
    list(rotating.carry_out(rotating.plan()))
    database = Database(settings(urls, "new"))
    with database.tenant_session(Actor("globex", None, ActorKind.APP)) as session:
        changes = session.execute(
            text("select changes from vault.event where action = 'data_key:rewrap'")
        ).scalars()
        assert list(changes) == [{"key_encryption_key": ["old", "new"]}]
    database.dispose()
