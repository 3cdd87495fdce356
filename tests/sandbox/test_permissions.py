import pytest

from sandbox import cast, world
from sandbox.model import Grantee, GranteeKind, User, Visibility, VisibilityKind
from sandbox.permissions import ADMINISTER, BROWSE_PROJECTS, Permissions


@pytest.fixture
def site():
    return world.build("acme")


def permissions(site, person):
    return Permissions(site, site.users[person.account_id])


def test_an_administrator_holds_administer_and_browses_nothing_by_it(site):
    admin = permissions(site, cast.ADMIN)
    assert admin.holds_globally(ADMINISTER)
    assert not admin.holds(BROWSE_PROJECTS, site.project("HR"))


def test_nobody_in_particular_holds_nothing(site):
    nobody = Permissions(site, None)
    assert not nobody.holds_globally("USER_PICKER")
    assert not nobody.holds(BROWSE_PROJECTS, site.project("OPS"))


def test_without_browsing_there_is_no_other_permission(site):
    site.schemes[10001].grants["WORK_ON_ISSUES"].append(Grantee(GranteeKind.USER, cast.MEMBER.account_id))
    assert not permissions(site, cast.MEMBER).holds("WORK_ON_ISSUES", site.project("HR"))


@pytest.mark.parametrize(
    ("grantee", "holds"),
    [
        (Grantee(GranteeKind.APPLICATION_ROLE), True),
        (Grantee(GranteeKind.GROUP, world.SECURITY_RESPONSE), True),
        (Grantee(GranteeKind.GROUP, world.HR_PARTNERS), False),
        (Grantee(GranteeKind.PROJECT_ROLE, str(world.ROLE_TEAM)), True),
        (Grantee(GranteeKind.PROJECT_ROLE, str(world.ROLE_ADMINISTRATORS)), False),
        (Grantee(GranteeKind.USER, cast.MEMBER.account_id), True),
        (Grantee(GranteeKind.USER, cast.LEAD.account_id), False),
        (Grantee(GranteeKind.PROJECT_LEAD), False),
        (Grantee(GranteeKind.ASSIGNEE), True),
        (Grantee(GranteeKind.REPORTER), False),
    ],
)
def test_a_scheme_grants_by_every_kind_of_grantee(site, grantee, holds):
    site.schemes[10000].grants["DELETE_ISSUES"] = [grantee]
    assert permissions(site, cast.MEMBER).holds_on("DELETE_ISSUES", site.issue("SEC-1")) is holds


def test_someone_without_a_licence_is_nobody(site):
    site.users[cast.MEMBER.account_id].licensed = False
    assert not permissions(site, cast.MEMBER).holds(BROWSE_PROJECTS, site.project("OPS"))


def test_the_user_of_an_add_on_reaches_every_project(site):
    site.users["app"] = User("app", "App", account_type="app")
    app = Permissions(site, site.users["app"])
    assert app.holds("WORK_ON_ISSUES", site.project("HR"))
    assert not app.holds("NO_SUCH_PERMISSION", site.project("HR"))


def test_a_restricted_work_log_is_seen_by_the_group_or_the_role_only(site):
    worklog = next(site.worklogs_of(site.issue("SEC-1")))
    lead, outsider = permissions(site, cast.LEAD), permissions(site, cast.OUTSIDER)
    assert outsider.may_see(worklog)
    group = site.groups[world.SECURITY_RESPONSE]
    worklog.visibility = Visibility(VisibilityKind.GROUP, group.name, group.group_id)
    assert lead.may_see(worklog) and not outsider.may_see(worklog)
    worklog.visibility = Visibility(VisibilityKind.ROLE, "Team", str(world.ROLE_TEAM))
    assert lead.may_see(worklog) and not outsider.may_see(worklog)
