"""`worklogs.cursors` and `worklogs.entries.positions`: opaque, and harmless when forged."""

import contextlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from worklogs import cursors
from worklogs.cursors import InvalidCursor
from worklogs.entries import positions

moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments, st.uuids())
def test_a_cursor_reads_back_as_what_it_was_made_of(at, identifier):
    assert cursors.decode_uuid(cursors.encode(at, str(identifier))) == (at, identifier)


@given(st.text(max_size=80))
def test_a_forged_cursor_is_refused_as_invalid_and_nothing_else(text):
    with contextlib.suppress(InvalidCursor):
        positions.read(text)


@given(moments, st.uuids(), st.integers(0, 2**62))
def test_at_one_moment_secured_work_logs_come_before_public_ones(at, secured, public):
    behind_secured = positions.read(positions.after_secured(at, str(secured)))
    assert behind_secured.secured == (at, secured)
    assert behind_secured.public > (at, public)
    behind_public = positions.read(positions.after_public(at, public))
    assert behind_public.public == (at, public)
    assert behind_public.secured <= (at, secured)
