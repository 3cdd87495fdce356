"""What this layer reads from the environment."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from connect.settings import Reader

KEY_BYTES = 32
_KEY_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    """One key that wraps data keys: its name, which is stored beside what it wrapped, and its 32 bytes."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TenancySettings:
    """Where the data is and what seals it.

    The URLs name three roles of one database: app (required), owner (for `migrate`, `tenants` and `keys
    rotate`) and auditor. `key_encryption_keys`: the first wraps, the others only unwrap.
    `prepared_statements` is off where PgBouncer in transaction mode stands before the database.
    """

    database_url: URL
    owner_url: URL | None
    auditor_url: URL | None
    key_encryption_keys: tuple[KeyEncryptionKey, ...]
    pool_size: int
    prepared_statements: bool

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> TenancySettings:
        """Read this layer's settings alone; raises `SettingsError` naming every missing or unusable key."""
        reader = Reader(environ)
        settings = cls.read(reader)
        reader.finish()
        return settings

    @classmethod
    def read(cls, reader: Reader) -> TenancySettings:
        """Read this layer's settings; they count once `reader.finish()` has returned."""
        return cls(
            database_url=_url(reader, "DATABASE_URL", reader.text("DATABASE_URL")),
            owner_url=_optional_url(reader, "DATABASE_OWNER_URL"),
            auditor_url=_optional_url(reader, "DATABASE_AUDITOR_URL"),
            key_encryption_keys=read_key_encryption_keys(reader),
            pool_size=reader.integer("VAULT_DATABASE_POOL_SIZE", 10, minimum=1, maximum=1000),
            prepared_statements=reader.choice("VAULT_DATABASE_PREPARED_STATEMENTS", ("on", "off"), "on")
            == "on",
        )


def read_owner_url(reader: Reader) -> URL:
    """Read DATABASE_OWNER_URL where it is required: for the operator's commands."""
    return _url(reader, "DATABASE_OWNER_URL", reader.text("DATABASE_OWNER_URL"))


def libpq_url(url: URL) -> str:
    """Return the URL for libpq's own clients (psycopg, procrastinate), password included."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _optional_url(reader: Reader, key: str) -> URL | None:
    text = reader.optional(key)
    return None if text is None else _url(reader, key, text)


def _url(reader: Reader, key: str, text: str) -> URL:
    def checked() -> URL:
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise ValueError("must be a URL such as postgresql://role:password@host:5432/database") from None
        if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg") or not url.username:
            raise ValueError("must be a URL such as postgresql://role:password@host:5432/database")
        return url.set(drivername="postgresql+psycopg")

    nowhere = URL.create("postgresql+psycopg")
    return reader.checked(key, checked, nowhere) if text else nowhere


def read_key_encryption_keys(
    reader: Reader, key: str = "VAULT_KEY_ENCRYPTION_KEYS"
) -> tuple[KeyEncryptionKey, ...]:
    """Read the keys that wrap data keys: `name:base64` of 32 bytes each, the wrapping one first."""

    def checked() -> tuple[KeyEncryptionKey, ...]:
        keys = tuple(_key(entry) for entry in entries)
        if len({each.id for each in keys}) < len(keys):
            raise ValueError("names two keys alike")
        return keys

    entries = reader.words(key)
    return reader.checked(key, checked, ())


def _key(entry: str) -> KeyEncryptionKey:
    advice = "must be a list of name:base64 with 32 bytes each; `worklog-vault keys generate` makes one"
    name, colon, encoded = entry.partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(advice) from None
    if not colon or not _KEY_NAME.fullmatch(name) or len(secret) != KEY_BYTES:
        raise ValueError(advice)
    return KeyEncryptionKey(name, secret)
