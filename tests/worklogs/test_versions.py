"""Versions from bodies, queries and headers."""

from __future__ import annotations

import pytest

from tests import house as building
from worklogs.versions import LARGEST


@pytest.fixture(scope="module")
def worklog(house, team):
    return building.log_time(house, team)


@pytest.mark.parametrize("version", [-1, 0, LARGEST + 1, 2**31 - 1, 2**31, 2**63, 2**70])
def test_a_version_that_cannot_be_is_a_bad_field(house, worklog, version):
    member, path = house.caller("member"), f"/worklogs/{worklog['id']}"
    for answer in (
        member("PATCH", path, {"timeSpent": "1h", "version": version}),
        member("DELETE", f"{path}?version={version}"),
    ):
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json["errors"]] == ["version"]


def test_a_version_that_never_was_is_stale(house, worklog):
    member, path = house.caller("member"), f"/worklogs/{worklog['id']}"
    assert member("PATCH", path, {"timeSpent": "1h", "version": LARGEST}).json["code"] == "stale_version"
    assert member("DELETE", f"{path}?version={LARGEST}").json["code"] == "stale_version"
    answer = member("PATCH", path, {"timeSpent": "1h"}, if_match=f'"{LARGEST}"')
    assert answer.json["code"] == "stale_version"


@pytest.mark.parametrize("header", ["1", "*x", '"1', '"9999999999"', '"\xb2"', '"-1"', '"1", "2"'])
def test_an_if_match_that_is_no_etag_of_ours_says_so(house, worklog, header):
    answer = house.caller("member")(
        "PATCH", f"/worklogs/{worklog['id']}", {"timeSpent": "1h"}, if_match=header
    )
    assert [each["field"] for each in answer.json["errors"]] == ["If-Match"]
