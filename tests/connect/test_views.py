"""What Jira calls: callbacks reach the installations, webhooks their listener."""

from __future__ import annotations

from typing import Any

import pytest

from connect.principals import InstallationState
from tests.connect.doors import Door, KnownSite, SmallApp

WORKLOG = {
    "timestamp": 1_800_000_000_000,
    "webhookEvent": "worklog_created",
    "worklog": {"id": "3", "issueId": "1"},
}
ISSUE = {"timestamp": 1_800_000_000_000, "webhookEvent": "jira:issue_deleted", "issue": {"id": "1"}}


def deliver(
    door: Door, target: str, body: Any, site: KnownSite | None = None, identifier: str | None = "d-1"
) -> int:
    headers = {"X-Atlassian-Webhook-Identifier": identifier} if identifier else {}
    return door.knock("POST", target, door.request_token("POST", target, site), body, headers).status_code


def test_installing_keeps_what_the_callback_says(small: SmallApp, door: Door) -> None:
    site = KnownSite("33333333-dddd-4ddd-8ddd-333333333333", "n" * 64, "https://new.atlassian.net")
    response = door.tell("installed", site)
    assert (response.status_code, response.data) == (204, b"")
    kept = small.installations.find(site.client_key)
    assert kept is not None
    assert (kept.shared_secret, kept.base_url) == (site.secret, site.base_url)
    assert kept.oauth_client_id == "eyJob3N0S2V5IjoiYWNtZSJ9"
    assert kept.state is InstallationState.ENABLED


def test_each_base_url_is_an_audience(door: Door) -> None:
    token = door.install_token("/installed", aud="https://eu.vault.example.com")
    assert door.knock("POST", "/installed", token, door.callback("installed")).status_code == 204


def test_a_webhook_reaches_its_listener_in_the_name_of_its_site(small: SmallApp, door: Door) -> None:
    assert deliver(door, "/hooks/worklog", WORKLOG) == 204
    assert deliver(door, "/hooks/issue", ISSUE, door.globex) == 204
    received = {site: (each.event, each.worklog_id) for (site, _), each in small.webhooks.rows.items()}
    assert received == {
        door.acme.client_key: ("worklog_created", 3),
        door.globex.client_key: ("jira:issue_deleted", None),
    }


def test_jira_may_add_parameters_to_a_webhooks_address(small: SmallApp, door: Door) -> None:
    assert deliver(door, "/hooks/worklog?user_id=a%3Ab&user_key=k", WORKLOG) == 204
    assert len(small.webhooks.rows) == 1


def test_a_webhook_may_speak_for_no_user(door: Door) -> None:
    claims = {"sub": None}
    token = door.request_token("POST", "/hooks/worklog", **claims)
    assert door.knock("POST", "/hooks/worklog", token, WORKLOG).status_code == 204


@pytest.mark.parametrize("identifier", ["d-1", None])
def test_a_delivery_that_comes_again_is_the_same(small: SmallApp, door: Door, identifier: str | None) -> None:
    for _ in range(2):
        assert deliver(door, "/hooks/worklog", WORKLOG, identifier=identifier) == 204
    assert len(small.webhooks.rows) == 1


def test_a_webhook_that_makes_no_sense_names_the_field(small: SmallApp, door: Door) -> None:
    assert deliver(door, "/hooks/issue", WORKLOG) == 422
    assert deliver(door, "/hooks/worklog", ISSUE) == 422
    assert deliver(door, "/hooks/worklog", b"{") == 400
    assert deliver(door, "/hooks/worklog", {**WORKLOG, "comment": "x" * 3_000_000}) == 413
    assert small.webhooks.rows == {}
    assert small.refusals.rows == [], "a body that makes no sense is no forgery"
