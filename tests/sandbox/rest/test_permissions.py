import pytest

from sandbox import cast

CHECK = "/permissions/check"


def grants(**changes):
    return {"permissions": ["BROWSE_PROJECTS"], "issues": [10001], "projects": [], **changes}


def test_without_an_account_the_caller_is_meant(ask):
    answer = ask("member", "POST", CHECK, json={"projectPermissions": [grants(issues=[10001, 10007])]}).json()
    assert answer["projectPermissions"] == [
        {"permission": "BROWSE_PROJECTS", "issues": [10001], "projects": []}
    ]
    assert answer["globalPermissions"] == []


def test_only_administrators_ask_about_others(ask):
    body = {"accountId": cast.LEAD.account_id, "globalPermissions": []}
    assert ask("member", "POST", CHECK, json=body).status_code == 403
    assert ask("admin", "POST", CHECK, json=body).status_code == 200
    assert ask("lead", "POST", CHECK, json=body).status_code == 200
    assert ask(None, "POST", CHECK, json=body).status_code == 403


def test_every_permission_is_decided_on_its_own(ask):
    body = {"projectPermissions": [grants(permissions=["WORK_ON_ISSUES", "BROWSE_PROJECTS"])]}
    answer = ask("outsider", "POST", CHECK, json=body).json()["projectPermissions"]
    assert {one["permission"]: one["issues"] for one in answer} == {
        "WORK_ON_ISSUES": [],
        "BROWSE_PROJECTS": [10001],
    }


def test_nulls_and_repetitions_are_ignored(ask):
    body = {
        "globalPermissions": None,
        "projectPermissions": [
            None,
            grants(issues=[10001, None, 10001], projects=None, permissions=["BROWSE_PROJECTS", ""]),
        ],
    }
    answer = ask("member", "POST", CHECK, json=body).json()
    assert answer["projectPermissions"] == [
        {"permission": "BROWSE_PROJECTS", "issues": [10001], "projects": []}
    ]


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"globalPermissions": ["FLY"]},
        {"globalPermissions": "ADMINISTER"},
        {"projectPermissions": {}},
        {"projectPermissions": ["x"]},
        {"projectPermissions": [grants(permissions=["FLY"])]},
        {"projectPermissions": [grants(permissions=[])]},
        {"projectPermissions": [grants(issues=["SEC-1"])]},
        {"projectPermissions": {"permissions": ["BROWSE_PROJECTS"]}},
        {"accountId": "stranger"},
    ],
    ids=str,
)
def test_a_wrong_question_is_refused(ask, body):
    assert ask("admin", "POST", CHECK, json=body).status_code == 400


def test_at_most_a_thousand(ask, monkeypatch):
    monkeypatch.setattr("sandbox.rest.permissions.MOST", 2)
    assert (
        ask("member", "POST", CHECK, json={"projectPermissions": [grants(issues=[10001, 10002])]}).status_code
        == 200
    )
    # Unknown ids do not count.
    many = grants(issues=[10001, 10002, *range(50)])
    assert ask("member", "POST", CHECK, json={"projectPermissions": [many]}).status_code == 200
    many = grants(issues=[10001, 10002, 10003])
    assert ask("member", "POST", CHECK, json={"projectPermissions": [many]}).status_code == 400


def held(ask, who, query):
    answer = ask(who, "GET", f"/mypermissions?{query}").json()["permissions"]
    return {name for name, one in answer.items() if one["havePermission"]}


def test_my_permissions_depend_on_where(ask):
    wanted = "permissions=BROWSE_PROJECTS,WORK_ON_ISSUES,ADMINISTER,DELETE_ALL_WORKLOGS"
    assert held(ask, "outsider", wanted) == {"BROWSE_PROJECTS", "WORK_ON_ISSUES"}
    assert held(ask, "outsider", f"{wanted}&projectKey=SEC") == {"BROWSE_PROJECTS"}
    assert held(ask, "outsider", f"{wanted}&issueKey=OPS-1") == {"BROWSE_PROJECTS", "WORK_ON_ISSUES"}
    assert held(ask, "lead", f"{wanted}&issueId=10001") == {
        "BROWSE_PROJECTS",
        "WORK_ON_ISSUES",
        "DELETE_ALL_WORKLOGS",
    }
    assert "ADMINISTER" in held(ask, "admin", wanted)
    assert held(ask, None, wanted) == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("permissions=FLY", 400),
        ("permissions=BROWSE_PROJECTS&issueKey=HR-1", 404),
        ("permissions=BROWSE_PROJECTS&projectKey=HR", 404),
    ],
)
def test_wrong_questions_about_myself(ask, query, status):
    assert ask("member", "GET", f"/mypermissions?{query}").status_code == status
