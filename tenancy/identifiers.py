"""Identifiers of rows: UUID version 7 (RFC 9562), made here because PostgreSQL before 18 cannot.

Random, and never a sequence that tenants share: a gap in a sequence would tell of rows one may not see
(design section 3). Ordered by time, so that a primary key's index grows at its end.
"""

from __future__ import annotations

import os
import time
from uuid import UUID

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_NANOSECONDS_IN_MILLISECOND = 1_000_000


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of milliseconds, 12 bits of their fraction, 62 random bits."""
    milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS_IN_MILLISECOND)
    fraction = (rest << 12) // _NANOSECONDS_IN_MILLISECOND
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=(milliseconds << 80) | (fraction << 64) | random | _VERSION_AND_VARIANT)
