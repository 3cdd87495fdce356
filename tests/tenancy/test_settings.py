"""Settings complain in full and never repeat a secret."""

import base64

import pytest

from connect.settings import SettingsError
from tenancy.settings import TenancySettings, libpq_url

KEY = base64.b64encode(bytes(32)).decode()
GOOD = {"DATABASE_URL": "postgresql://vault_app:pw@db.example/vault", "VAULT_KEY_ENCRYPTION_KEYS": f"a:{KEY}"}


def test_all_missing_keys_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        TenancySettings.from_env({})
    assert set(refused.value.problems) == {"DATABASE_URL", "VAULT_KEY_ENCRYPTION_KEYS"}


@pytest.mark.parametrize(
    "url", ["postgresql://vault_app@/vault?host=/run/pg", "postgres://a:b@h/d", "postgresql+psycopg://a@h/d"]
)
def test_a_url_of_libpq_or_sqlalchemy_is_normalised(url: str) -> None:
    settings = TenancySettings.from_env({**GOOD, "DATABASE_URL": url})
    assert settings.database_url.drivername == "postgresql+psycopg"
    assert libpq_url(settings.database_url).startswith("postgresql://")


@pytest.mark.parametrize(
    "url",
    ["mysql://a@h/d", "postgresql+asyncpg://a@h/d", "nonsense", "postgresql://h/d", "postgresql://a@h:x/d"],
)
def test_another_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        TenancySettings.from_env({**GOOD, "DATABASE_URL": url})
    assert "postgresql://role:password@host" in refused.value.problems["DATABASE_URL"]
    assert url not in str(refused.value)


@pytest.mark.parametrize(
    "keys",
    [
        KEY,
        f":{KEY}",
        f"a{KEY}",
        "a:" + base64.b64encode(bytes(16)).decode(),
        "a:not base64",
        f"a:{KEY} a:{KEY[:-4]}AAE=",
        f"{'n' * 65}:{KEY}",
    ],
)
def test_keys_that_cannot_be_used_are_refused_without_repeating_them(keys: str) -> None:
    with pytest.raises(SettingsError) as refused:
        TenancySettings.from_env({**GOOD, "VAULT_KEY_ENCRYPTION_KEYS": keys})
    assert "VAULT_KEY_ENCRYPTION_KEYS" in refused.value.problems
    assert KEY not in str(refused.value)


def test_the_first_key_comes_first() -> None:
    other = base64.b64encode(bytes(range(32))).decode()
    settings = TenancySettings.from_env({**GOOD, "VAULT_KEY_ENCRYPTION_KEYS": f"new:{other}, old:{KEY}"})
    assert [key.id for key in settings.key_encryption_keys] == ["new", "old"]


def test_secrets_are_not_shown() -> None:
    settings = TenancySettings.from_env(GOOD)
    assert KEY not in repr(settings)
    assert "pw" not in repr(settings)
    assert repr(bytes(32)) not in repr(settings)


def test_prepared_statements_can_be_switched_off_for_pgbouncer() -> None:
    assert TenancySettings.from_env(GOOD).prepared_statements
    off = TenancySettings.from_env({**GOOD, "VAULT_DATABASE_PREPARED_STATEMENTS": "off"})
    assert not off.prepared_statements
