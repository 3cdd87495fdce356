from sandbox.limits import Limits


def test_headers_tell_what_is_left():
    limits = Limits()
    limits.count("GET", "/myself", None)
    headers = limits.count("GET", "/myself", None).headers()
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("100", "98")
    assert headers["X-RateLimit-Reset"].endswith("Z")
    assert "X-RateLimit-NearLimit" not in headers and "Retry-After" not in headers


def test_nearness_is_told():
    limits = Limits()
    standing = [limits.count("DELETE", "/issue", None) for _ in range(45)][-1]
    assert standing.headers()["X-RateLimit-NearLimit"] == "true"


def test_nothing_is_refused_until_the_limits_are_enforced():
    limits = Limits()
    assert all(limits.count("PUT", "/x", None).reason is None for _ in range(60))


def test_a_burst_is_refused_for_its_endpoint_and_method_only():
    limits = Limits(enforced=True)
    outcomes = [limits.count("PUT", "/x", None).reason for _ in range(51)]
    assert outcomes == [None] * 50 + ["jira-burst-based"]
    assert limits.count("PUT", "/y", None).reason is None
    assert limits.count("GET", "/x", None).reason is None


def test_many_writes_to_one_issue_are_refused_for_that_issue():
    limits = Limits(enforced=True)
    outcomes = [limits.count("POST", "/worklog", "SEC-1") for _ in range(21)]
    assert [one.reason for one in outcomes] == [None] * 20 + ["jira-per-issue-on-write"]
    assert outcomes[-1].headers()["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert int(outcomes[-1].headers()["Retry-After"]) >= 1
    assert limits.count("POST", "/worklog", "SEC-2").reason is None


def test_enforced_limits_are_met_over_http(acme, ask):
    acme.limits.enforced = True
    answers = [ask("member", "PUT", "/issue/SEC-1/properties/x", json=1) for _ in range(21)]
    assert [one.status_code for one in answers[:20]] == [201] + [200] * 19
    assert answers[-1].status_code == 429
    assert answers[-1].headers["RateLimit-Reason"] == "jira-per-issue-on-write"
