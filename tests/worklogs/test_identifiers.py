"""Identifiers in addresses."""

from __future__ import annotations

import pytest

from worklogs import identifiers


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "+1", "1_0", " 1", "1e3", "٣", "²", str(2**63), "1" * 5000, "00000000000000000000012345"],
)
def test_what_is_no_issue_id_is_refused_and_never_cut_to_one(text):
    with pytest.raises(identifiers.InvalidIdentifier):
        identifiers.issue_id(text)


def test_an_issue_id_is_a_number_that_the_database_can_hold():
    assert identifiers.issue_id("10001") == 10001
    assert identifiers.issue_id(str(2**63 - 1)) == 2**63 - 1
