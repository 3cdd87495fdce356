from pathlib import Path

import pytest
import requests

from sandbox import cast, tokens
from sandbox.cloud_app import create_cloud_app


@pytest.fixture
def control(sandbox):
    def control(method, path, **options):
        return requests.request(method, f"{sandbox.cloud_url}/control{path}", timeout=10, **options)

    return control


def test_the_overview_names_sites_add_ons_issues_and_people(sandbox, acme, installed, control):
    overview = control("GET", "/").json()
    assert set(overview["sites"]) == {"acme", "globex"}
    assert overview["sites"]["acme"]["baseUrl"] == acme.base_url
    assert overview["sites"]["acme"]["issues"]["SEC-1"] == 10001
    assert [one["clientKey"] for one in overview["sites"]["acme"]["addons"]] == [acme.addon().client_key]
    assert overview["installKeysUrl"] == sandbox.install_keys_url
    assert {one["role"] for one in overview["cast"]} >= {"lead", "member", "outsider"}


def test_an_add_on_goes_through_its_life(acme, addon, control):
    added = control("POST", "/sites/acme/install", json={"url": addon.url}).json()
    assert added["sharedSecret"] == acme.addon().shared_secret
    rotated = control("POST", "/sites/acme/rotate").json()
    assert rotated["sharedSecret"] != added["sharedSecret"]
    assert control("GET", "/sites/acme/addon").json() == rotated
    assert control("POST", "/sites/acme/disable").json()["event"] == "disabled"
    assert control("GET", "/sites/acme/addon").json()["state"] == "disabled"
    assert control("POST", "/sites/acme/enable").json()["status"] == 204
    order = control("POST", "/sites/acme/uninstall", json={"order": "uninstalled-first"}).json()
    assert [one["event"] for one in order] == ["uninstalled", "disabled"]
    assert control("GET", "/sites/acme/addon").status_code == 404


def test_tokens_and_urls_are_handed_out(acme, installed, control):
    answer = control("GET", "/sites/acme/tokens?user=member&issue=SEC-1").json()
    claims = tokens.verify(answer["contextToken"], acme.addon().shared_secret)
    assert claims["sub"] == answer["accountId"] == cast.MEMBER.account_id
    assert answer["url"].startswith(f"{installed.url}/panel?issueId=10001")
    admin = control("GET", "/sites/acme/tokens?user=admin&module=administration").json()
    assert "/admin?" in admin["url"]
    assert control("GET", "/sites/acme/tokens?user=member").json()["url"] is None


def test_faults_are_switched_on_listed_and_off(acme, ask, control):
    made = control("POST", "/sites/acme/faults", json={"kind": "server-error", "status": 500, "count": 3})
    assert made.status_code == 201
    assert ask("member", "GET", "/myself").status_code == 500
    (listed,) = control("GET", "/sites/acme/faults").json()
    assert (listed["id"], listed["count"], listed["hits"]) == (made.json()["id"], 2, 1)
    assert control("DELETE", f"/sites/acme/faults/{listed['id']}").status_code == 204
    assert ask("member", "GET", "/myself").status_code == 200
    control("POST", "/sites/cloud/faults", json={"kind": "server-error"})
    assert len(control("GET", "/sites/cloud/faults").json()) == 1
    control("DELETE", "/sites/cloud/faults")
    assert control("GET", "/sites/cloud/faults").json() == []


def test_deliveries_are_shown_drained_repeated_and_forgotten(acme, installed, ask, control):
    ask("member", "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"})
    assert control("POST", "/sites/acme/deliveries/drain").status_code == 204
    (delivery,) = control("GET", "/sites/acme/deliveries").json()
    assert (delivery["state"], delivery["event"]) == ("delivered", "worklog_created")
    assert control("POST", f"/sites/acme/deliveries/{delivery['identifier']}/repeat").status_code == 202
    control("POST", "/sites/acme/deliveries/drain", json={"timeout": 5})
    assert len(installed.received) == 2
    assert control("DELETE", "/sites/acme/deliveries").status_code == 204
    assert control("GET", "/sites/acme/deliveries").json() == []


def test_draining_gives_up_in_time(acme, installed, ask, control):
    acme.faults.clear()
    installed.answers["/hooks/worklog"] = [500, 500]
    acme.webhooks.retry_delays, before = (30.0,), acme.webhooks.retry_delays
    try:
        ask("member", "POST", "/issue/SEC-1/worklog", json={"timeSpent": "1h"})
        assert control("POST", "/sites/acme/deliveries/drain", json={"timeout": 0.3}).status_code == 504
    finally:
        acme.webhooks.retry_delays = before
        acme.webhooks.clear()


def test_limits_and_settling_time_are_set(acme, control):
    assert control("PUT", "/sites/acme/limits", json={"enforced": True}).json() == {"enforced": True}
    assert control("GET", "/sites/acme/limits").json() == {"enforced": True}
    assert control("PUT", "/sites/acme/settling", json={"seconds": 0}).status_code == 204
    assert acme.model.settling_seconds == 0


def test_reset_brings_back_the_first_day(acme, installed, ask, control):
    ask("member", "POST", "/issue/SEC-4/worklog", json={"timeSpent": "1h"})
    acme.faults.inject("drop", path="/nowhere")
    assert control("POST", "/reset").status_code == 204
    assert acme.issue("SEC-4").time_spent is None
    assert acme.faults.active() == []
    assert control("GET", "/sites/acme/addon").status_code == 404


def test_forgotten_tokens_are_answered_without_content(control):
    assert control("POST", "/tokens/forget").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "named"),
    [
        ("POST", "/sites/acme/install", {}, 400, "url"),
        ("POST", "/sites/acme/install", {"json": {"url": "http://localhost:9"}}, 502, "descriptor"),
        ("POST", "/sites/acme/install", {"json": [1]}, 400, "object"),
        ("POST", "/sites/acme/install", {"data": "{"}, 400, "object"),
        ("POST", "/sites/acme/uninstall", {}, 404, "not installed"),
        ("POST", "/sites/acme/uninstall", {"json": {"order": "random"}}, 400, "random"),
        ("POST", "/sites/acme/faults", {"json": {"kind": "earthquake"}}, 400, "earthquake"),
        ("POST", "/sites/acme/faults", {"json": {"kind": "drop", "colour": "red"}}, 400, "colour"),
        ("POST", "/sites/acme/faults", {"json": {"kind": "drop", "count": "many"}}, 400, "count"),
        ("PUT", "/sites/acme/limits", {"json": {"enforced": "yes"}}, 400, "enforced"),
        ("PUT", "/sites/acme/settling", {"json": {"seconds": "soon"}}, 400, "soon"),
        ("GET", "/sites/initech/deliveries", {}, 404, "initech"),
        ("GET", "/sites/acme/tokens?user=nobody", {}, 404, "nobody"),
        ("POST", "/sites/acme/deliveries/none/repeat", {}, 404, "none"),
    ],
)
def test_wrong_requests_are_told_what_is_wrong(control, method, path, options, status, named):
    answer = control(method, path, **options)
    assert answer.status_code == status
    assert named in answer.json()["error"]


def test_the_readme_lists_every_request(sandbox, control):
    text = (Path(__file__).parents[2] / "sandbox" / "README.md").read_text(encoding="utf-8")
    for rule in create_cloud_app(sandbox).url_map.iter_rules():
        if rule.rule.startswith("/control/"):
            shown = (
                rule.rule.removeprefix("/control").replace("<site>", "{site}").replace("<int:fault>", "{id}")
            )
            last = shown.replace("<identifier>", "{identifier}").rsplit("/", 1)
            assert shown.replace("<identifier>", "{identifier}") in text or f"`/{last[1]}`" in text, rule.rule
