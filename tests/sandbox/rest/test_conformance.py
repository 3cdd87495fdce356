"""Every route answers as Jira's own OpenAPI document says, and asks for the scope that it names."""

import re

import pytest
from openapi_schema_validator import OAS30Validator

from sandbox import cast
from sandbox.rest import blueprint  # noqa: F401 - importing it fills the table of routes
from sandbox.rest.routes import ROUTES

MEMBER, LEAD = cast.MEMBER.account_id, cast.LEAD.account_id
ADF = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}],
}
NEW_ISSUE = {"fields": {"project": {"key": "SEC"}, "summary": "New", "issuetype": {"name": "Task"}}}
CHECK = {
    "accountId": MEMBER,
    "globalPermissions": ["ADMINISTER", "USER_PICKER"],
    "projectPermissions": [
        {
            "permissions": ["BROWSE_PROJECTS", "WORK_ON_ISSUES"],
            "projects": [10000, 10001],
            "issues": [10001, 10007],
        }
    ],
}
NEW_WORKLOG = {
    "timeSpent": "1h 30m",
    "started": "2026-11-24T09:00:00.000+0000",
    "comment": ADF,
    "visibility": {"type": "group", "value": "security-response"},
    "properties": [{"key": "mark", "value": {"n": 1}}],
}

#: Route -> (path, who asks, expected status, options of the request).
EXAMPLES = {
    "GET /serverInfo": [("/serverInfo", None, 200, {})],
    "GET /configuration": [("/configuration", "member", 200, {})],
    "GET /field": [("/field", "member", 200, {})],
    "GET /status": [("/status", "member", 200, {})],
    "GET /priority": [("/priority", "member", 200, {})],
    "GET /issuetype": [("/issuetype", "member", 200, {})],
    "GET /myself": [("/myself?expand=groups,applicationRoles", "member", 200, {})],
    "GET /user": [(f"/user?accountId={LEAD}&expand=groups", "member", 200, {})],
    "GET /user/bulk": [
        (f"/user/bulk?accountId={LEAD}&accountId={MEMBER}", "member", 200, {}),
        (f"/user/bulk?accountId={LEAD}&accountId={MEMBER}&maxResults=1", "member", 200, {}),
    ],
    "GET /user/search": [("/user/search?query=ama", "member", 200, {})],
    "GET /user/assignable/search": [("/user/assignable/search?project=SEC", "member", 200, {})],
    "GET /user/groups": [(f"/user/groups?accountId={LEAD}", "member", 200, {})],
    "GET /group/member": [("/group/member?groupname=security-response&maxResults=2", "member", 200, {})],
    "GET /groups/picker": [("/groups/picker?query=sec", "member", 200, {})],
    "GET /group/bulk": [("/group/bulk?groupName=hr-partners", "member", 200, {})],
    "GET /project": [("/project", "member", 200, {})],
    "GET /project/search": [("/project/search?query=sec", "member", 200, {})],
    "GET /project/<project>": [("/project/SEC", "member", 200, {}), ("/project/10002", "member", 200, {})],
    "GET /project/<project>/role": [("/project/SEC/role", "member", 200, {})],
    "GET /project/<project>/role/<int:role>": [("/project/SEC/role/10002", "member", 200, {})],
    "GET /role": [("/role", "admin", 200, {})],
    "POST /permissions/check": [("/permissions/check", "admin", 200, {"json": CHECK})],
    "GET /mypermissions": [("/mypermissions?permissions=BROWSE_PROJECTS,ADMINISTER", "member", 200, {})],
    "POST /issue": [("/issue", "member", 201, {"json": NEW_ISSUE})],
    "GET /issue/<issue>": [
        ("/issue/SEC-1?expand=changelog", "member", 200, {}),
        ("/issue/10001?fields=summary,timetracking&properties=*all", "member", 200, {}),
    ],
    "PUT /issue/<issue>": [("/issue/SEC-1", "member", 204, {"json": {"fields": {"labels": ["x"]}}})],
    "DELETE /issue/<issue>": [("/issue/SEC-1", "lead", 204, {})],
    "GET /issue/<issue>/changelog": [
        ("/issue/SEC-1/changelog", "member", 200, {}),
        ("/issue/SEC-1/changelog?startAt=1&maxResults=1", "member", 200, {}),
    ],
    "GET /issue/<issue>/comment": [("/issue/SEC-1/comment", "member", 200, {})],
    "GET /issue/<issue>/worklog": [("/issue/SEC-1/worklog?expand=properties", "member", 200, {})],
    "POST /issue/<issue>/worklog": [
        ("/issue/SEC-1/worklog?expand=properties", "member", 201, {"json": NEW_WORKLOG})
    ],
    "GET /issue/<issue>/worklog/<worklog>": [("/issue/SEC-1/worklog/{worklog}", "member", 200, {})],
    "PUT /issue/<issue>/worklog/<worklog>": [
        ("/issue/SEC-1/worklog/{worklog}", "member", 200, {"json": {"timeSpentSeconds": 600}})
    ],
    "DELETE /issue/<issue>/worklog/<worklog>": [("/issue/SEC-1/worklog/{worklog}", "member", 204, {})],
    "GET /worklog/updated": [("/worklog/updated?expand=properties", "member", 200, {})],
    "GET /worklog/deleted": [("/worklog/deleted?since=1", "member", 200, {})],
    "POST /worklog/list": [("/worklog/list", "member", 200, {"json": {"ids": [10100, 10101, 99]}})],
    "GET /issue/<issue>/properties": [("/issue/SEC-1/properties", "member", 200, {})],
    "GET /issue/<issue>/properties/<name>": [("/issue/SEC-1/properties/flag", "member", 200, {})],
    "PUT /issue/<issue>/properties/<name>": [("/issue/SEC-1/properties/new", "member", 201, {"json": [1]})],
    "DELETE /issue/<issue>/properties/<name>": [("/issue/SEC-1/properties/flag", "member", 204, {})],
    "GET /issue/<issue>/worklog/<worklog>/properties": [
        ("/issue/SEC-1/worklog/{worklog}/properties", "member", 200, {})
    ],
    "GET /issue/<issue>/worklog/<worklog>/properties/<name>": [
        ("/issue/SEC-1/worklog/{worklog}/properties/flag", "member", 200, {})
    ],
    "PUT /issue/<issue>/worklog/<worklog>/properties/<name>": [
        ("/issue/SEC-1/worklog/{worklog}/properties/flag", "member", 200, {"json": {"a": 1}})
    ],
    "DELETE /issue/<issue>/worklog/<worklog>/properties/<name>": [
        ("/issue/SEC-1/worklog/{worklog}/properties/flag", "member", 204, {})
    ],
    "GET /search/jql": [
        ("/search/jql?jql=project=SEC&maxResults=2", "member", 200, {}),
        ("/search/jql?jql=project=SEC&fields=*all", "member", 200, {}),
    ],
    "POST /search/jql": [
        ("/search/jql", "member", 200, {"json": {"jql": "project=SEC", "fields": ["summary"]}})
    ],
    "POST /search/approximate-count": [
        ("/search/approximate-count", "member", 200, {"json": {"jql": "project = SEC"}})
    ],
    "GET /search": [("/search?jql=project=SEC", "member", 200, {})],
    "POST /search": [("/search", "member", 200, {"json": {"jql": "project=SEC", "maxResults": 1}})],
}

NAMES = {f"{route.method} {route.rule}": route for route in ROUTES}
CASES = [
    pytest.param(name, example, id=f"{name} {n}")
    for name in EXAMPLES
    for n, example in enumerate(EXAMPLES[name])
]


def operation(openapi, route):
    """The document's operation for a route; placeholders may have other names there."""
    shape = re.sub(r"<[^>]*>", "{}", f"/rest/api/3{route.rule}")
    for path, methods in openapi["paths"].items():
        if re.sub(r"\{[^}]*\}", "{}", path) == shape and route.method.lower() in methods:
            return methods[route.method.lower()]
    raise AssertionError(f"Jira has no {route.method} {route.rule}")


def problems(openapi, schema, answer):
    # Formats are not checked: Jira writes +0000 where RFC 3339 wants +00:00, in its own examples too.
    validator = OAS30Validator({"allOf": [schema], "components": openapi["components"]})
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(answer)]


def test_every_route_has_an_example():
    assert set(NAMES) == set(EXAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_a_route_is_jiras_and_asks_for_its_scope(name, openapi):
    route = NAMES[name]
    described = operation(openapi, route)
    assert route.scope == described["x-atlassian-connect-scope"]
    assert route.anonymous == ({} in described["security"])


@pytest.mark.parametrize(("name", "example"), CASES)
def test_an_answer_conforms_to_the_document(name, example, openapi, ask, acme):
    path, who, status, options = example
    acme.issue("SEC-1").properties["flag"] = {"on": True}
    worklog = next(acme.model.worklogs_of(acme.issue("SEC-1")))
    worklog.properties["flag"] = 1
    answer = ask(who, NAMES[name].method, path.replace("{worklog}", str(worklog.id)), **options)
    assert answer.status_code == status, answer.text
    response = operation(openapi, NAMES[name])["responses"][str(status)]
    # An empty schema stands where Jira answers with nothing.
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        assert problems(openapi, schema, answer.json()) == []
    else:
        assert answer.content == b""


def test_the_check_would_notice_a_wrong_answer(openapi, ask):
    answer = ask("member", "GET", "/myself").json()
    schema = {"$ref": "#/components/schemas/User"}
    assert problems(openapi, schema, answer) == []
    assert problems(openapi, schema, answer | {"active": "yes"})
    assert problems(openapi, schema, answer | {"shoeSize": 43})


@pytest.mark.parametrize(
    ("who", "method", "path", "options", "status"),
    [
        ("outsider", "GET", "/issue/HR-1", {}, 404),
        ("outsider", "POST", "/issue/SEC-1/worklog", {"json": {"timeSpentSeconds": 60}}, 400),
        ("member", "POST", "/issue/SEC-1/worklog", {"data": "{"}, 400),
        ("member", "GET", "/search/jql?jql=nonsense", {}, 400),
        ("member", "POST", "/permissions/check", {"json": {"accountId": LEAD}}, 403),
    ],
)
def test_refusals_have_jiras_shape(who, method, path, options, status, openapi, ask):
    answer = ask(who, method, path, **options)
    assert answer.status_code == status
    assert problems(openapi, {"$ref": "#/components/schemas/ErrorCollection"}, answer.json()) == []
    assert set(answer.json()) == {"errorMessages", "errors"}
