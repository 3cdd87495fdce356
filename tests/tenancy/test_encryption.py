"""A sealed value opens where it was sealed and nowhere else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.encryption import Cipher, KeyEncryptionKeys, WrappedKey
from tenancy.errors import KeyEncryptionKeyMissing, SealBroken
from tenancy.identifiers import new_id
from tenancy.settings import KeyEncryptionKey

OLD, NEW = KeyEncryptionKey("old", bytes(range(32))), KeyEncryptionKey("new", bytes(range(32, 64)))
KEYS = KeyEncryptionKeys([OLD])
ROW = new_id()


@pytest.fixture(scope="module")
def cipher() -> Cipher:
    _, cipher = KEYS.new_data_key("acme")
    return cipher


@given(plaintext=st.binary(max_size=500), table=st.text(max_size=20), row=st.uuids() | st.text(max_size=20))
def test_what_was_sealed_opens(cipher: Cipher, plaintext: bytes, table: str, row: str) -> None:
    assert cipher.open(table, row, cipher.seal(table, row, plaintext)) == plaintext


def test_the_same_text_never_looks_the_same(cipher: Cipher) -> None:
    assert cipher.seal("worklog", ROW, b"secret") != cipher.seal("worklog", ROW, b"secret")


def test_a_change_of_any_byte_is_noticed(cipher: Cipher) -> None:
    sealed = cipher.seal("worklog", ROW, b"six words about a security incident")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            cipher.open("worklog", ROW, bytes(changed))


def test_a_cut_off_value_is_noticed(cipher: Cipher) -> None:
    sealed = cipher.seal("worklog", ROW, b"text")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            cipher.open("worklog", ROW, sealed[:length])


def test_a_value_moved_to_another_row_or_table_does_not_open(cipher: Cipher) -> None:
    sealed = cipher.seal("worklog", ROW, b"text")
    with pytest.raises(SealBroken):
        cipher.open("worklog", new_id(), sealed)
    with pytest.raises(SealBroken):
        cipher.open("other", ROW, sealed)


def test_table_and_row_cannot_be_traded_for_each_other(cipher: Cipher) -> None:
    with pytest.raises(SealBroken):
        cipher.open("a", "bc", cipher.seal("ab", "c", b"text"))


def test_a_value_of_one_tenant_does_not_open_for_another_even_with_the_same_key() -> None:
    key_id, key = new_id(), os.urandom(32)
    acme, globex = Cipher("acme", {key_id: key}), Cipher("globex", {key_id: key})
    with pytest.raises(SealBroken):
        globex.open("worklog", ROW, acme.seal("worklog", ROW, b"text"))


def test_the_newest_data_key_seals_and_older_ones_still_open() -> None:
    older, newer = sorted([new_id(), new_id()])
    keys = {older: os.urandom(32), newer: os.urandom(32)}
    sealed_before = Cipher("acme", {older: keys[older]}).seal("worklog", ROW, b"before")
    both = Cipher("acme", keys)

    assert both.open("worklog", ROW, sealed_before) == b"before"
    assert Cipher("acme", {newer: keys[newer]}).open("worklog", ROW, both.seal("worklog", ROW, b"x")) == b"x"


def test_a_data_key_comes_back_from_its_wrapping() -> None:
    wrapped, cipher = KEYS.new_data_key("acme")
    again = KEYS.cipher("acme", [wrapped])
    assert again.open("worklog", ROW, cipher.seal("worklog", ROW, b"text")) == b"text"


def test_a_wrapped_key_of_another_tenant_does_not_open() -> None:
    wrapped, _ = KEYS.new_data_key("acme")
    with pytest.raises(SealBroken):
        KEYS.cipher("globex", [wrapped])


def test_a_wrapped_key_under_another_id_does_not_open() -> None:
    wrapped, _ = KEYS.new_data_key("acme")
    with pytest.raises(SealBroken):
        KEYS.cipher("acme", [WrappedKey(new_id(), wrapped.key_encryption_key, wrapped.wrapped)])


def test_another_key_of_the_same_name_does_not_open() -> None:
    wrapped, _ = KEYS.new_data_key("acme")
    with pytest.raises(SealBroken, match="'old'"):
        KeyEncryptionKeys([KeyEncryptionKey("old", bytes(32))]).cipher("acme", [wrapped])


def test_a_missing_key_encryption_key_is_named_with_what_to_do() -> None:
    wrapped, _ = KEYS.new_data_key("acme")
    with pytest.raises(KeyEncryptionKeyMissing, match=r"no key 'old'.*site acme.*keys rotate"):
        KeyEncryptionKeys([NEW]).cipher("acme", [wrapped])


def test_a_rewrapped_key_needs_the_first_key_only() -> None:
    wrapped, cipher = KEYS.new_data_key("acme")
    rewrapped = KeyEncryptionKeys([NEW, OLD]).rewrap("acme", wrapped)

    assert rewrapped.key_encryption_key == "new"
    again = KeyEncryptionKeys([NEW]).cipher("acme", [rewrapped])
    assert again.open("worklog", ROW, cipher.seal("worklog", ROW, b"text")) == b"text"


def test_keys_are_not_shown() -> None:
    wrapped, cipher = KEYS.new_data_key("acme")
    assert repr(wrapped.wrapped) not in repr(wrapped)
    assert repr(OLD.secret) not in repr(OLD) + repr(KEYS) + repr(cipher)
