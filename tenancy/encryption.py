"""Sealing what must not be read from a copy of the database (design section 5).

Envelope encryption with AES-256-GCM: a key-encryption key from the environment wraps one data key per
tenant, the data key seals that tenant's secrets and texts. What a seal is bound to (its additional
authenticated data) are table, tenant and row, so a sealed value moved to another row, table or tenant does
not open.

A sealed value: one byte of version (1), 16 bytes of the data key's id, 12 of nonce, then ciphertext and tag.
A wrapped data key: one byte of version (1), 12 of nonce, then ciphertext and tag. Nonces are random; NIST SP
800-38D allows 2^32 of them under one key.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenancy.errors import KeyEncryptionKeyMissing, SealBroken
from tenancy.identifiers import new_id
from tenancy.settings import KEY_BYTES, KeyEncryptionKey

_VERSION = b"\x01"
_NONCE_BYTES = 12
_NONCE_AT = 1 + 16
_TEXT_AT = _NONCE_AT + _NONCE_BYTES
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: its id, the name of what wraps it, and the wrapped bytes."""

    id: UUID
    key_encryption_key: str
    wrapped: bytes = field(repr=False)


class Cipher:
    """Seals and opens for one tenant. The newest of its data keys seals, each opens what it sealed."""

    def __init__(self, instance_key: str, data_keys: Mapping[UUID, bytes]) -> None:
        self.instance_key = instance_key
        self._tenant = instance_key.encode()
        self._keys = {key_id.bytes: AESGCM(key) for key_id, key in data_keys.items()}
        self._newest = max(self._keys)
        self._prefixes: dict[str, bytes] = {}

    def seal(self, table: str, row_id: UUID | str, plaintext: bytes) -> bytes:
        """Return `plaintext` sealed for this row of this table; 45 bytes longer."""
        nonce = os.urandom(_NONCE_BYTES)
        text = self._keys[self._newest].encrypt(nonce, plaintext, self._bound_to(table, row_id))
        return b"".join((_VERSION, self._newest, nonce, text))

    def open(self, table: str, row_id: UUID | str, sealed: bytes) -> bytes:
        """Return what was sealed for this row of this table.

        Raises SealBroken when it was changed, sealed for another row, table or tenant, or its key is gone.
        """
        key = self._keys.get(sealed[1:_NONCE_AT])
        if sealed[:1] != _VERSION or key is None:
            raise SealBroken(f"A sealed value of {table} has an unknown version or data key.")
        try:
            return key.decrypt(sealed[_NONCE_AT:_TEXT_AT], sealed[_TEXT_AT:], self._bound_to(table, row_id))
        except (InvalidTag, ValueError):
            raise SealBroken(f"A sealed value of {table} was changed or belongs to another row.") from None

    def _bound_to(self, table: str, row_id: UUID | str) -> bytes:
        prefix = self._prefixes.get(table)
        if prefix is None:
            # All but the row is the same for every row of a page.
            prefix = self._prefixes[table] = _bound((b"sealed", table.encode(), self._tenant))
        row = str(row_id).encode()
        return prefix + _LENGTH.pack(len(row)) + row


class KeyEncryptionKeys:
    """The keys from the environment: the first wraps, all of them unwrap."""

    def __init__(self, keys: Iterable[KeyEncryptionKey]) -> None:
        self._keys = {key.id: AESGCM(key.secret) for key in keys}
        self.first = next(iter(self._keys))

    @property
    def names(self) -> list[str]:
        """The names of all keys, the wrapping one first."""
        return list(self._keys)

    def new_data_key(self, instance_key: str) -> tuple[WrappedKey, Cipher]:
        """Make a data key for a tenant: wrapped for storing, and as the cipher that uses it."""
        key_id, data_key = new_id(), os.urandom(KEY_BYTES)
        return self._wrap(instance_key, key_id, data_key), Cipher(instance_key, {key_id: data_key})

    def cipher(self, instance_key: str, wrapped: Iterable[WrappedKey]) -> Cipher:
        """Unwrap a tenant's data keys.

        Raises KeyEncryptionKeyMissing when one is wrapped by a key that the environment does not have,
        SealBroken when one was changed or belongs to another tenant.
        """
        return Cipher(instance_key, {each.id: self._unwrap(instance_key, each) for each in wrapped})

    def rewrap(self, instance_key: str, wrapped: WrappedKey) -> WrappedKey:
        """Return the same data key wrapped by the first key. Raises as `cipher` does."""
        return self._wrap(instance_key, wrapped.id, self._unwrap(instance_key, wrapped))

    def _wrap(self, instance_key: str, key_id: UUID, data_key: bytes) -> WrappedKey:
        nonce = os.urandom(_NONCE_BYTES)
        bound_to = _wrapping_of(instance_key, key_id, self.first)
        text = self._keys[self.first].encrypt(nonce, data_key, bound_to)
        return WrappedKey(key_id, self.first, b"".join((_VERSION, nonce, text)))

    def _unwrap(self, instance_key: str, wrapped: WrappedKey) -> bytes:
        name, text = wrapped.key_encryption_key, wrapped.wrapped
        key = self._keys.get(name)
        if key is None:
            raise KeyEncryptionKeyMissing(
                f"VAULT_KEY_ENCRYPTION_KEYS has no key {name!r}, which wraps the data key of site "
                f"{instance_key}. Put it back (after the first), and run `worklog-vault keys rotate` before "
                "you remove it."
            )
        if text[:1] != _VERSION:
            raise SealBroken(f"The data key of site {instance_key} has an unknown version.")
        try:
            bound_to = _wrapping_of(instance_key, wrapped.id, name)
            return key.decrypt(text[1 : 1 + _NONCE_BYTES], text[1 + _NONCE_BYTES :], bound_to)
        except (InvalidTag, ValueError):
            raise SealBroken(
                f"The data key of site {instance_key} does not open with {name!r}: it was changed, or "
                "another key bears that name now."
            ) from None


def _wrapping_of(instance_key: str, key_id: UUID, key_encryption_key: str) -> bytes:
    return _bound((b"data key", instance_key.encode(), key_id.bytes, key_encryption_key.encode()))


def _bound(parts: Iterable[bytes]) -> bytes:
    """Join parts so that no two different lists give the same bytes."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)
