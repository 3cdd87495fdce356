"""Identifiers are UUIDv7: unique, and in the order in which they were made."""

import time
from uuid import RFC_4122

from tenancy.identifiers import new_id


def test_an_identifier_is_a_uuid_of_version_7() -> None:
    made = new_id()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_an_identifier_begins_with_the_milliseconds_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id().int >> 80
    assert before <= made <= time.time_ns() // 1_000_000


def test_identifiers_made_apart_are_in_order() -> None:
    made = []
    for _ in range(50):
        made.append(new_id())
        time.sleep(0.00001)
    assert made == sorted(made)


def test_identifiers_are_unique() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
