"""What a process remembers of a tenant is at most 0.75 s old, and bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event, text

from connect.ports import Installed, RequestFacts
from connect.principals import Installation, InstallationState
from tenancy import directory as module
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database
from tenancy.directory import FRESH_SECONDS, Directory
from tenancy.errors import KeyEncryptionKeyMissing, NoTenant
from tenancy.installations import Installations
from tenancy.settings import TenancySettings


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(database: Database, clock: Clock) -> Directory:
    return Directory(database, database.keys, clock)


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """The look-ups that reached the database."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "find_installation" in statement:
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def other_process(tenancy_settings: TenancySettings) -> Iterator[Database]:
    """Another process's database."""
    other = Database(tenancy_settings)
    yield other
    other.dispose()


def test_a_tenant_is_looked_up_once_while_it_is_fresh(
    directory: Directory, clock: Clock, acme: Installation, asked: list[str]
) -> None:
    first = directory.find(acme.client_key)
    clock.now += FRESH_SECONDS - 0.01
    assert directory.find(acme.client_key) is first
    assert len(asked) == 1
    clock.now += 0.01
    assert directory.find(acme.client_key) is not first
    assert len(asked) == 2


def test_what_is_remembered_is_fresh_for_less_than_a_second() -> None:
    assert FRESH_SECONDS <= 0.75


def test_age_is_counted_from_before_the_question(
    database: Database, directory: Directory, clock: Clock, acme: Installation, asked: list[str]
) -> None:
    def slow(*_: object) -> None:
        clock.now += 0.5

    event.listen(database.engine, "after_cursor_execute", slow)
    directory.find(acme.client_key)
    event.remove(database.engine, "after_cursor_execute", slow)
    clock.now += 0.3
    directory.find(acme.client_key)
    assert len(asked) == 2


def test_that_there_is_no_such_site_is_remembered_as_long(
    directory: Directory, clock: Clock, asked: list[str]
) -> None:
    assert directory.find("nobody") is None
    assert directory.find("nobody") is None
    assert len(asked) == 1
    clock.now += FRESH_SECONDS
    assert directory.find("nobody") is None
    assert len(asked) == 2


@pytest.mark.parametrize("key", ["", "-", "x" * 256, "a\0b", "\ud800", "a\nb"])
def test_what_cannot_be_a_client_key_is_not_asked_for(
    directory: Directory, key: str, asked: list[str]
) -> None:
    assert directory.find(key) is None
    assert asked == []


def test_asking_for_many_sites_that_are_none_fills_no_memory_and_pushes_no_site_out(
    directory: Directory, acme: Installation, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setattr(module, "_UNKNOWN", 10)
    directory.find(acme.client_key)
    for number in range(30):
        directory.find(f"nobody-{number}")
    assert len(directory._unknown) == 10
    before = len(asked)
    directory.find(acme.client_key)
    assert len(asked) == before


def test_what_is_stale_does_not_stay_in_memory(
    directory: Directory, clock: Clock, acme: Installation, globex: Installation
) -> None:
    directory.find(acme.client_key)
    clock.now += FRESH_SECONDS
    directory.find(globex.client_key)
    assert list(directory._known) == [globex.client_key]


def test_a_tenant_looked_up_while_it_changed_is_not_remembered(
    database: Database, directory: Directory, acme: Installation, asked: list[str]
) -> None:
    def change(*_: object) -> None:
        directory.forget(acme.client_key)

    event.listen(database.engine, "after_cursor_execute", change)
    directory.find(acme.client_key)
    event.remove(database.engine, "after_cursor_execute", change)
    directory.find(acme.client_key)
    assert len(asked) == 2


def test_a_session_gets_its_cipher_without_a_second_connection(
    tenancy_settings: TenancySettings, acme: Installation
) -> None:
    alone = Database(
        TenancySettings(
            database_url=tenancy_settings.database_url,
            owner_url=None,
            auditor_url=None,
            key_encryption_keys=tenancy_settings.key_encryption_keys,
            pool_size=1,
            prepared_statements=True,
        )
    )
    with alone.tenant_session(Actor(acme.client_key, None, ActorKind.APP)) as session:
        cipher = alone.cipher(session)
        assert cipher.open("t", "r", cipher.seal("t", "r", b"text")) == b"text"
    alone.dispose()


def test_a_cipher_costs_no_statement_while_the_tenant_is_fresh(
    database: Database, acme: Installation, asked: list[str]
) -> None:
    database.directory.forget(acme.client_key)
    database.directory.find(acme.client_key)
    with database.tenant_session(Actor(acme.client_key, None, ActorKind.APP)) as session:
        for _ in range(20):
            database.cipher(session)
    assert len(asked) == 1


def test_a_session_of_no_site_has_no_cipher(database: Database) -> None:
    with (
        pytest.raises(NoTenant, match="nobody"),
        database.tenant_session(Actor("nobody", None, ActorKind.APP)) as session,
    ):
        database.cipher(session)


def test_a_missing_key_encryption_key_is_named(
    tenancy_settings: TenancySettings, acme: Installation, key_encryption_keys: str
) -> None:
    url = tenancy_settings.database_url.render_as_string(hide_password=False)
    other = Database(
        TenancySettings.from_env(
            {"DATABASE_URL": url, "VAULT_KEY_ENCRYPTION_KEYS": key_encryption_keys.replace("test:", "other:")}
        )
    )
    with pytest.raises(KeyEncryptionKeyMissing, match="'test'"):
        other.directory.find(acme.client_key)
    other.dispose()


def within_a_second(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 1
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def state_of(installations: Installations, client_key: str) -> InstallationState | None:
    installation = installations.find(client_key)
    return installation and installation.state


def test_every_process_knows_within_a_second(
    database: Database, other_process: Database, facts: RequestFacts
) -> None:
    here, there = Installations(database), Installations(other_process)
    here.install(Installed("hooli", "first", "https://hooli.atlassian.net", None, "jira"), facts)
    found = there.find("hooli")
    assert found is not None
    assert found.shared_secret == "first"

    here.install(Installed("hooli", "second", "https://hooli.atlassian.net", None, "jira"), facts)
    now = here.find("hooli")
    assert now is not None
    assert now.shared_secret == "second"
    assert within_a_second(lambda: there.find("hooli") == now)

    here.change_state("hooli", InstallationState.UNINSTALLED, facts)
    assert state_of(here, "hooli") is InstallationState.UNINSTALLED
    assert within_a_second(lambda: state_of(there, "hooli") is InstallationState.UNINSTALLED)


def test_threads_that_ask_at_once_get_the_same_answer(directory: Directory, acme: Installation) -> None:
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(directory.find(acme.client_key))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.installation for each in answers if each] == [acme] * 8


def test_the_app_cannot_read_secrets_or_keys_otherwise(database: Database, acme: Installation) -> None:
    for statement in ("select shared_secret from vault.installation", "select wrapped from vault.data_key"):
        with (
            pytest.raises(Exception, match="permission denied"),
            database.tenant_session(Actor(acme.client_key, None, ActorKind.APP)) as session,
        ):
            session.execute(text(statement))
