import time

import pytest
import requests

from sandbox.faults import Faults


def test_too_many_requests_come_with_jiras_headers_and_end_when_spent(acme, ask):
    acme.faults.inject("too-many-requests", count=1, retry_after=7, reason="jira-quota-global-based")
    refused = ask("member", "GET", "/myself")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "7"
    assert refused.headers["RateLimit-Reason"] == "jira-quota-global-based"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert ask("member", "GET", "/myself").status_code == 200
    assert acme.faults.active() == []


def test_a_refusal_may_lack_retry_after(acme, ask):
    acme.faults.inject("too-many-requests", retry_after=None)
    assert "Retry-After" not in ask("member", "GET", "/myself").headers


def test_a_server_error_is_a_page_that_is_no_json(acme, ask):
    acme.faults.inject("server-error", status=502)
    answer = ask("member", "GET", "/myself")
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


def test_latency_delays_the_answer_and_nothing_else(acme, ask):
    acme.faults.inject("latency", seconds=0.2, count=1)
    start = time.monotonic()
    assert ask("member", "GET", "/myself").status_code == 200
    assert time.monotonic() - start >= 0.2


def test_a_dropped_request_was_not_carried_out(acme, ask):
    acme.faults.inject("drop", method="POST", count=1)
    before = len(acme.model.worklogs)
    with pytest.raises(requests.ConnectionError):
        ask("member", "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"})
    assert len(acme.model.worklogs) == before


def test_a_request_that_was_accepted_and_dropped_was_carried_out(acme, ask):
    acme.faults.inject("accept-then-drop", path="/rest/api/*/worklog", count=1)
    before = len(acme.model.worklogs)
    with pytest.raises(requests.ConnectionError):
        ask("member", "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"})
    assert len(acme.model.worklogs) == before + 1


def test_a_fault_strikes_only_what_it_names(acme, globex, ask):
    acme.faults.inject("server-error", path="/rest/api/3/myself", method="GET")
    assert ask("member", "GET", "/myself").status_code == 503
    assert ask("member", "GET", "/serverInfo").status_code == 200
    assert ask("member", "GET", "/myself", version=2).status_code == 200
    assert ask("member", "GET", "/myself", site=globex).status_code == 200


def test_a_cleared_fault_is_gone(acme, ask):
    fault = acme.faults.inject("server-error")
    other = acme.faults.inject("server-error", path="/nowhere")
    acme.faults.clear(fault.id)
    assert acme.faults.active() == [other]
    assert ask("member", "GET", "/myself").status_code == 200
    acme.faults.clear()
    assert acme.faults.active() == []


def test_probability_decides_by_chance():
    faults = Faults()
    faults.inject("drop", probability=0.0)
    assert faults.strike("GET", "/rest/x") == []
    sometimes = faults.inject("server-error", probability=0.5)
    struck = sum(bool(faults.strike("GET", "/rest/x")) for _ in range(400))
    assert 100 < struck < 300
    assert sometimes.hits == struck


def test_slowness_adds_up_with_one_ending():
    faults = Faults()
    slow, ending, _spare = (faults.inject(kind) for kind in ("latency", "drop", "server-error"))
    assert faults.strike("GET", "/rest/x") == [slow, ending]


@pytest.mark.parametrize(
    "options",
    [{"probability": 2}, {"count": 0}, {"kind": "server-error", "status": 200}, {"kind": "earthquake"}],
)
def test_a_fault_that_cannot_be_is_refused(options):
    with pytest.raises(ValueError):
        Faults().inject(**{"kind": "drop", **options})


def test_the_cloud_fails_too_but_not_its_switchboard(sandbox):
    sandbox.cloud.faults.inject("server-error", path="*")
    assert requests.get(f"{sandbox.install_keys_url}/x", timeout=5).status_code == 503
    assert requests.get(f"{sandbox.cloud_url}/control/", timeout=5).status_code == 200
