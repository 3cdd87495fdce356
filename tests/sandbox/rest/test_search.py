import pytest


def test_ids_only_by_default_and_fields_on_request(ask):
    assert ask("member", "GET", "/search/jql?jql=key=SEC-1").json() == {
        "issues": [{"id": "10001"}],
        "isLast": True,
    }
    (issue,) = ask("member", "GET", "/search/jql?jql=key=SEC-1&fields=summary").json()["issues"]
    assert (issue["key"], list(issue["fields"])) == ("SEC-1", ["summary"])
    body = {"jql": "key = SEC-1", "fields": ["*all"], "maxResults": 5}
    assert "timetracking" in ask("member", "POST", "/search/jql", json=body).json()["issues"][0]["fields"]


def test_pages_follow_each_other_by_token(ask):
    query, seen, token, rounds = "project in (SEC, OPS) order by key", [], None, 0
    while True:
        parameters = {"jql": query, "maxResults": 4} | ({"nextPageToken": token} if token else {})
        page = ask("member", "GET", "/search/jql", params=parameters).json()
        seen += [one["id"] for one in page["issues"]]
        rounds += 1
        if page["isLast"]:
            break
        token = page["nextPageToken"]
    assert rounds == 3
    assert len(seen) == len(set(seen)) == 11
    assert "nextPageToken" not in page


@pytest.mark.parametrize("token", ["rubbish", "MDow", "é"])
def test_a_token_of_another_query_is_refused(ask, token):
    answer = ask("member", "GET", "/search/jql", params={"jql": "project = SEC", "nextPageToken": token})
    assert answer.status_code == 400


def test_an_unbounded_query_is_refused_by_the_newer_search_only(ask):
    refused = ask("member", "GET", "/search/jql?jql=order by key")
    assert refused.status_code == 400
    assert "Unbounded" in refused.json()["errorMessages"][0]
    assert ask("member", "POST", "/search/jql", json={}).status_code == 400
    assert ask("member", "GET", "/search?jql=order by key").json()["total"] == 11


def test_a_search_is_the_callers(ask):
    def count(who):
        return ask(who, "POST", "/search/approximate-count", json={"jql": "created > -90d"}).json()["count"]

    assert (count("member"), count("lead"), count("hr-partner"), count(None)) == (11, 15, 15, 0)


@pytest.mark.parametrize(
    "jql", ["project =", "project = XYZ", "colour = red", "worklogDate = x", "project = SEC order by mood"]
)
def test_a_query_that_cannot_be_run_is_a_400_with_a_message(ask, jql):
    for answer in (
        ask("member", "GET", "/search/jql", params={"jql": jql}),
        ask("member", "GET", "/search", params={"jql": jql}),
        ask("member", "POST", "/search", json={"jql": jql}),
    ):
        assert answer.status_code == 400
        assert answer.json()["errorMessages"][0]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/search/jql", {"jql": "key = SEC-1", "maxResults": "x"}),
        ("POST", "/search", {"jql": "key = SEC-1", "startAt": -1}),
        ("POST", "/search/jql", {"jql": "key = SEC-1", "fields": "summary"}),
        ("POST", "/search/jql", [1]),
    ],
)
def test_wrong_bodies_are_refused(ask, method, path, body):
    assert ask("member", method, path, json=body).status_code == 400


def test_the_older_search_counts_and_skips(ask):
    page = ask("member", "GET", "/search?jql=project=SEC order by key&startAt=4&maxResults=10").json()
    assert ([one["key"] for one in page["issues"]], page["total"]) == (["SEC-5", "SEC-6"], 6)
