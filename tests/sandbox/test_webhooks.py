import pytest

from sandbox import cast, tokens
from sandbox.webhooks import DeliveryState


def log(ask, **body):
    return ask("member", "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h", **body}).json()


def test_a_new_work_log_is_announced_signed_for_its_url(acme, installed, ask):
    logged = log(ask)
    acme.webhooks.drain()
    (call,) = installed.received
    assert call.target == "/hooks/worklog?kind=created"
    claims = tokens.verify(call.token, acme.addon().shared_secret)
    assert claims["qsh"] == tokens.query_hash("POST", call.target)
    assert claims["iss"] == acme.addon().client_key
    assert call.body["webhookEvent"] == "worklog_created"
    assert call.body["worklog"]["id"] == logged["id"]
    assert call.body["worklog"]["issueId"] == "10001"
    assert call.body["worklog"]["author"]["accountId"] == cast.MEMBER.account_id
    assert call.headers["X-Atlassian-Webhook-Identifier"]
    assert "X-Atlassian-Webhook-Retry" not in call.headers


def test_changes_and_deletions_are_announced(acme, installed, ask):
    path = f"/issue/SEC-1/worklog/{log(ask)['id']}"
    ask("member", "PUT", path, json={"timeSpent": "2h"})
    ask("member", "DELETE", path)
    ask("lead", "DELETE", "/issue/SEC-2")
    acme.webhooks.drain()
    events = [one.body["webhookEvent"] for one in installed.received]
    assert events == ["worklog_created", "worklog_updated", "worklog_deleted", "jira:issue_deleted"]
    assert installed.received[-1].body["issue"]["id"] == "10002"


def test_a_site_announces_only_its_own_work(acme, globex, installed, ask):
    ask("member", "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"}, site=globex)
    globex.webhooks.drain()
    (call,) = installed.received
    assert tokens.unverified_issuer(call.token) == globex.addon().client_key
    assert acme.webhooks.deliveries() == []


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_a_passing_refusal_is_tried_again_with_the_same_identifier(acme, installed, ask, status):
    installed.answers["/hooks/worklog"] = [status, status]
    log(ask)
    acme.webhooks.drain()
    assert len({one.headers["X-Atlassian-Webhook-Identifier"] for one in installed.received}) == 1
    assert [one.headers.get("X-Atlassian-Webhook-Retry") for one in installed.received] == [None, "1", "2"]
    (delivery,) = acme.webhooks.deliveries()
    assert delivery.state is DeliveryState.DELIVERED
    assert [attempt.status for attempt in delivery.attempts] == [status, status, 204]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_final_refusal_is_not_tried_again(acme, installed, ask, status):
    installed.answers["/hooks/worklog"] = [status]
    log(ask)
    acme.webhooks.drain()
    assert len(installed.received) == 1
    assert acme.webhooks.deliveries()[0].state is DeliveryState.FAILED


def test_after_all_retries_a_delivery_has_failed(acme, installed, ask):
    installed.answers["/hooks/worklog"] = [500, 500, 500]
    log(ask)
    acme.webhooks.drain()
    assert len(installed.received) == 3
    assert acme.webhooks.deliveries()[0].state is DeliveryState.FAILED


def test_an_add_on_that_cannot_be_reached_is_tried_again(acme, installed, ask):
    acme.addon().descriptor["baseUrl"] = "http://localhost:9"
    log(ask)
    acme.webhooks.drain()
    (delivery,) = acme.webhooks.deliveries()
    assert [attempt.status for attempt in delivery.attempts] == [None, None, None]
    assert delivery.attempts[0].error


def test_a_delivery_can_be_repeated_as_at_least_once_allows(acme, installed, ask):
    log(ask)
    acme.webhooks.drain()
    acme.webhooks.repeat(acme.webhooks.deliveries()[0].identifier)
    acme.webhooks.drain()
    first, second = installed.received
    assert first.body == second.body
    assert first.headers["X-Atlassian-Webhook-Identifier"] == second.headers["X-Atlassian-Webhook-Identifier"]
    with pytest.raises(LookupError):
        acme.webhooks.repeat("no-such-delivery")


def test_a_disabled_add_on_is_told_nothing(acme, installed, ask):
    acme.disable()
    installed.received.clear()
    log(ask)
    acme.webhooks.drain()
    assert installed.received == []


def test_a_delivery_after_a_rotation_is_signed_with_the_new_secret(acme, installed, ask):
    acme.rotate_secret()
    installed.received.clear()
    log(ask)
    acme.webhooks.drain()
    assert tokens.verify(installed.received[0].token, acme.addon().shared_secret)
