"""The demo companies: what their Jira sites contain before anybody installs anything.

Both sites have the same people, groups, project keys and issue ids, and different work. Three projects:

* ``SEC``: everybody may browse; the security response team logs work. The outsider only looks on.
* ``HR``: only HR partners work there, and the lead of security response may look on; the Jira administrator
  is neither. One of its work logs is restricted to the HR partners.
* ``OPS``: everybody may browse and work.

Dates are relative to the day on which the world is made.
"""

from collections.abc import Sequence as Row
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sandbox import cast, clock, worklogs
from sandbox.model import (
    Actors,
    ChangeItem,
    Grantee,
    GranteeKind,
    Group,
    HistoryEntry,
    Issue,
    IssueType,
    PermissionScheme,
    Priority,
    Project,
    Role,
    Sequence,
    Status,
    User,
    Visibility,
    VisibilityKind,
    World,
    as_document,
    stable_id,
)
from sandbox.worklogs import Entry

EVERYBODY = "jira-software-users"
ADMINISTRATORS = "jira-administrators"
SECURITY_RESPONSE = "security-response"
HR_PARTNERS = "hr-partners"
OPERATIONS = "operations"
AUDITORS = "auditors"

ROLE_ADMINISTRATORS = 10002
ROLE_TEAM = 10101
ROLE_VIEWERS = 10102

TO_DO, IN_PROGRESS, DONE = 10000, 3, 10001
TASK, BUG, STORY = 10002, 10004, 10001
HIGH, MEDIUM, LOW = 2, 3, 4

HOUR = clock.SECONDS_PER_HOUR


@dataclass(frozen=True)
class Logged:
    """A public work log: who, how many working days ago, from which hour, how long."""

    who: cast.Person
    days_ago: int
    hour: int
    minutes: int
    comment: str
    only: str | None = None


@dataclass(frozen=True)
class Planned:
    """An issue to begin with; estimates in hours."""

    summary: str
    kind: int
    status: int
    reporter: cast.Person
    assignee: cast.Person | None
    estimate: float | None
    labels: tuple[str, ...] = ()
    priority: int = MEDIUM
    description: str = ""
    logged: tuple[Logged, ...] = ()


@dataclass(frozen=True)
class PlannedProject:
    key: str
    name: str
    description: str
    lead: cast.Person
    issues: Row[Planned]


@dataclass(frozen=True)
class Company:
    title: str
    projects: Row[PlannedProject]


SITES = ("acme", "globex")


def build(name: str) -> World:
    """The world of site ``acme`` or ``globex`` as it stands today. KeyError for another name."""
    company = _COMPANIES[name]
    world = World(name=name, title=company.title)
    _people(world)
    _vocabulary(world)
    _schemes(world)
    morning = datetime.combine(clock.now().date(), time(9), clock.now().tzinfo)
    for number, planned in enumerate(company.projects, start=10000):
        project = _project(world, number, planned)
        for plan in planned.issues:
            _issue(world, project, plan, morning)
    _log_history(world, company, morning)
    return world


def _people(world: World) -> None:
    for person in cast.PEOPLE:
        world.users[person.account_id] = User(
            account_id=person.account_id,
            display_name=person.display_name,
            email=person.email,
            active=person.active,
            time_zone=person.time_zone,
            licensed=person.active,
        )
    members: dict[str, Row[cast.Person]] = {
        EVERYBODY: [person for person in cast.PEOPLE if person.active],
        ADMINISTRATORS: [cast.ADMIN],
        SECURITY_RESPONSE: [cast.LEAD, cast.MEMBER, cast.READER, cast.LEAVER],
        HR_PARTNERS: [cast.HR_PARTNER],
        OPERATIONS: [cast.OPERATOR, cast.OUTSIDER, cast.LEAVER],
        AUDITORS: [cast.AUDITOR],
    }
    for group, people in members.items():
        ids = [person.account_id for person in people]
        world.groups[group] = Group(stable_id(world.name, "group", group), group, ids)
    world.global_permissions = {
        "ADMINISTER": [ADMINISTRATORS],
        "USER_PICKER": [EVERYBODY],
        "BULK_CHANGE": [EVERYBODY],
        "CREATE_SHARED_OBJECTS": [EVERYBODY],
        "MANAGE_GROUP_FILTER_SUBSCRIPTIONS": [ADMINISTRATORS],
        "CREATE_PROJECT": [ADMINISTRATORS],
    }


def _vocabulary(world: World) -> None:
    world.roles = {
        role.id: role
        for role in (
            Role(ROLE_ADMINISTRATORS, "Administrators", "People who administer the project."),
            Role(ROLE_TEAM, "Team", "People who do the project's work."),
            Role(ROLE_VIEWERS, "Viewers", "People who look on."),
        )
    }
    world.statuses = {
        status.id: status
        for status in (
            Status(TO_DO, "To Do", "new"),
            Status(IN_PROGRESS, "In Progress", "indeterminate"),
            Status(DONE, "Done", "done"),
        )
    }
    world.issue_types = {
        kind.id: kind
        for kind in (
            IssueType(STORY, "Story", "Something a user needs."),
            IssueType(TASK, "Task", "Something that has to be done."),
            IssueType(BUG, "Bug", "Something that is broken."),
        )
    }
    world.priorities = {
        priority.id: priority
        for priority in (
            Priority(1, "Highest"),
            Priority(HIGH, "High"),
            Priority(MEDIUM, "Medium"),
            Priority(LOW, "Low"),
            Priority(5, "Lowest"),
        )
    }


def _schemes(world: World) -> None:
    everybody = Grantee(GranteeKind.APPLICATION_ROLE)
    team = Grantee(GranteeKind.PROJECT_ROLE, str(ROLE_TEAM))
    viewers = Grantee(GranteeKind.PROJECT_ROLE, str(ROLE_VIEWERS))
    managers = Grantee(GranteeKind.PROJECT_ROLE, str(ROLE_ADMINISTRATORS))
    lead = Grantee(GranteeKind.PROJECT_LEAD)

    def scheme(number: int, name: str, browse: list[Grantee], work: list[Grantee]) -> PermissionScheme:
        grants = {
            "BROWSE_PROJECTS": browse,
            "CREATE_ISSUES": work,
            "EDIT_ISSUES": work,
            "ASSIGN_ISSUES": work,
            "ASSIGNABLE_USER": work,
            "TRANSITION_ISSUES": work,
            "ADD_COMMENTS": browse,
            "WORK_ON_ISSUES": work,
            "EDIT_OWN_WORKLOGS": work,
            "DELETE_OWN_WORKLOGS": work,
            "EDIT_ALL_WORKLOGS": [managers, lead],
            "DELETE_ALL_WORKLOGS": [managers, lead],
            "DELETE_ISSUES": [managers, lead],
            "ADMINISTER_PROJECTS": [managers, lead],
        }
        return PermissionScheme(number, name, grants)

    open_to_see = scheme(10000, "Open to see, the team works", [everybody], [team, managers, lead])
    confidential = scheme(10001, "Confidential", [team, viewers, lead], [team, lead])
    open_to_work = scheme(10002, "Open", [everybody], [everybody])
    world.schemes = {found.id: found for found in (open_to_see, confidential, open_to_work)}


_PROJECT_RULES: dict[str, tuple[int, dict[int, Actors]]] = {
    "SEC": (
        10000,
        {
            ROLE_ADMINISTRATORS: Actors(users=[cast.LEAD.account_id], groups=[ADMINISTRATORS]),
            ROLE_TEAM: Actors(groups=[SECURITY_RESPONSE]),
            ROLE_VIEWERS: Actors(groups=[EVERYBODY]),
        },
    ),
    "HR": (
        10001,
        {
            ROLE_ADMINISTRATORS: Actors(users=[cast.HR_PARTNER.account_id]),
            ROLE_TEAM: Actors(groups=[HR_PARTNERS]),
            ROLE_VIEWERS: Actors(users=[cast.LEAD.account_id]),
        },
    ),
    "OPS": (
        10002,
        {
            ROLE_ADMINISTRATORS: Actors(users=[cast.OPERATOR.account_id], groups=[ADMINISTRATORS]),
            ROLE_TEAM: Actors(groups=[OPERATIONS]),
            ROLE_VIEWERS: Actors(groups=[EVERYBODY]),
        },
    ),
}


def _project(world: World, number: int, plan: PlannedProject) -> Project:
    scheme_id, roles = _PROJECT_RULES[plan.key]
    copied = {role: Actors(list(actors.users), list(actors.groups)) for role, actors in roles.items()}
    project = Project(number, plan.key, plan.name, plan.description, plan.lead.account_id, scheme_id, copied)
    world.projects[number] = project
    return project


def _issue(world: World, project: Project, plan: Planned, morning: datetime) -> Issue:
    project.last_issue_number += 1
    identifier = world.next_id(Sequence.ISSUE)
    created = morning - timedelta(days=32 - 2 * project.last_issue_number, minutes=7 * (identifier % 11))
    estimate = None if plan.estimate is None else round(plan.estimate * HOUR)
    issue = Issue(
        id=identifier,
        project_id=project.id,
        key=f"{project.key}-{project.last_issue_number}",
        summary=plan.summary,
        issue_type_id=plan.kind,
        status_id=plan.status,
        reporter=plan.reporter.account_id,
        created=created,
        updated=created,
        description=as_document(plan.description) if plan.description else None,
        assignee=plan.assignee.account_id if plan.assignee else None,
        priority_id=plan.priority,
        labels=list(plan.labels),
        original_estimate=estimate,
        remaining_estimate=estimate,
    )
    world.issues[identifier] = issue
    if plan.status != TO_DO:
        _move(world, issue, TO_DO, plan.status, created + timedelta(days=1, hours=2))
    return issue


def _move(world: World, issue: Issue, before: int, after: int, at: datetime) -> None:
    item = ChangeItem(
        "status", "status", str(before), world.statuses[before].name, str(after), world.statuses[after].name
    )
    author = issue.assignee or issue.reporter
    issue.history.append(HistoryEntry(world.next_id(Sequence.HISTORY), author, at, [item]))
    issue.updated = at


def _log_history(world: World, company: Company, morning: datetime) -> None:
    """Log all planned work in the order in which it happened, so that ids and history read like real ones."""
    planned = [plan for project in company.projects for plan in project.issues]
    logged = [
        (issue, entry)
        for issue, plan in zip(world.issues.values(), planned, strict=True)
        for entry in plan.logged
    ]
    for issue, entry in sorted(
        logged, key=lambda pair: (-pair[1].days_ago, pair[1].hour * 60 + pair[1].minutes)
    ):
        day = _working_days_before(morning, entry.days_ago)
        started = day.replace(hour=entry.hour)
        worklogs.add(
            world,
            issue,
            entry.who.account_id,
            Entry(started, entry.minutes * 60, as_document(entry.comment), _only(world, entry.only)),
            at=min(started + timedelta(minutes=entry.minutes + 10), clock.now()),
        )


def _working_days_before(moment: datetime, count: int) -> datetime:
    day = moment
    while count:
        day -= timedelta(days=1)
        if day.weekday() < clock.DAYS_PER_WEEK:
            count -= 1
    return day


def _only(world: World, group: str | None) -> Visibility | None:
    return Visibility(VisibilityKind.GROUP, group, world.groups[group].group_id) if group else None


_ACME = Company(
    "Acme Logistics",
    (
        PlannedProject(
            "SEC",
            "Security response",
            "Incidents, investigations and what we learn from them.",
            cast.LEAD,
            (
                Planned(
                    "Investigate sign-ins from two continents within one hour",
                    BUG,
                    IN_PROGRESS,
                    cast.AUDITOR,
                    cast.MEMBER,
                    16,
                    ("incident", "identity"),
                    HIGH,
                    "The identity provider flagged four accounts of the dispatch desk.\n"
                    "Find out whether tokens were stolen, and from where.",
                    (
                        Logged(cast.MEMBER, 5, 8, 120, "Collected the sign-in logs of the four accounts."),
                        Logged(cast.LEAD, 4, 13, 45, "Reviewed the timeline with the dispatch desk."),
                    ),
                ),
                Planned(
                    "Rotate the keys of the parcel tracking API",
                    TASK,
                    DONE,
                    cast.LEAD,
                    cast.MEMBER,
                    6,
                    ("keys", "api"),
                    MEDIUM,
                    "Old keys stay valid for one day, then they go.",
                    (
                        Logged(cast.MEMBER, 9, 9, 180, "Rolled out the new keys, region by region."),
                        Logged(cast.LEAVER, 9, 10, 60, "Watched the error rate during the roll-out."),
                        Logged(cast.MEMBER, 8, 9, 90, "Removed the old keys."),
                    ),
                ),
                Planned(
                    "Phishing drill for the warehouses",
                    STORY,
                    IN_PROGRESS,
                    cast.LEAD,
                    cast.READER,
                    20,
                    ("awareness",),
                    MEDIUM,
                    "",
                    (
                        Logged(cast.READER, 7, 3, 240, "Wrote the three messages and the landing page."),
                        Logged(cast.READER, 3, 3, 150, "Sent the first wave; 11 of 140 clicked."),
                    ),
                ),
                Planned(
                    "Review access of contractors who left in autumn",
                    TASK,
                    TO_DO,
                    cast.AUDITOR,
                    cast.LEAD,
                    8,
                    ("access", "audit"),
                ),
                Planned(
                    "Laptop lost at Rotterdam terminal",
                    BUG,
                    DONE,
                    cast.OPERATOR,
                    cast.LEAVER,
                    3,
                    ("incident",),
                    HIGH,
                    "",
                    (
                        Logged(
                            cast.LEAVER, 10, 14, 75, "Locked and wiped it from afar; the disk was encrypted."
                        ),
                    ),
                ),
                Planned(
                    "Threat model for the driver app",
                    STORY,
                    TO_DO,
                    cast.OUTSIDER,
                    None,
                    24,
                    ("driver-app",),
                    LOW,
                ),
            ),
        ),
        PlannedProject(
            "HR",
            "People",
            "Personnel matters; seen by HR partners only.",
            cast.HR_PARTNER,
            (
                Planned(
                    "Complaint about night shift rota in Leeds",
                    TASK,
                    IN_PROGRESS,
                    cast.HR_PARTNER,
                    cast.HR_PARTNER,
                    10,
                    ("confidential",),
                    HIGH,
                    "",
                    (
                        Logged(cast.HR_PARTNER, 6, 8, 90, "Talked to both shift leads."),
                        Logged(cast.HR_PARTNER, 2, 10, 60, "Read the rota of the last quarter.", HR_PARTNERS),
                    ),
                ),
                Planned("Offer for the lead analyst", TASK, TO_DO, cast.HR_PARTNER, cast.HR_PARTNER, 4),
                Planned(
                    "Renew the works agreement on monitoring",
                    STORY,
                    TO_DO,
                    cast.HR_PARTNER,
                    cast.HR_PARTNER,
                    30,
                ),
                Planned(
                    "Exit interviews, November",
                    TASK,
                    DONE,
                    cast.HR_PARTNER,
                    cast.HR_PARTNER,
                    5,
                    ("leavers",),
                    LOW,
                    "",
                    (Logged(cast.HR_PARTNER, 8, 12, 150, "Three interviews and the summary."),),
                ),
            ),
        ),
        PlannedProject(
            "OPS",
            "Operations",
            "Keeping parcels, trucks and servers moving.",
            cast.OPERATOR,
            (
                Planned(
                    "Move the label printers to the new network",
                    TASK,
                    IN_PROGRESS,
                    cast.OPERATOR,
                    cast.OUTSIDER,
                    12,
                    ("network", "peak-season"),
                    MEDIUM,
                    "",
                    (
                        Logged(cast.OUTSIDER, 4, 6, 210, "Hall A is done."),
                        Logged(cast.OUTSIDER, 3, 6, 180, "Hall B; two printers needed new firmware."),
                        Logged(cast.OPERATOR, 3, 11, 60, "Opened the firewall for hall C."),
                    ),
                ),
                Planned(
                    "Capacity for peak season",
                    STORY,
                    IN_PROGRESS,
                    cast.OUTSIDER,
                    cast.OPERATOR,
                    40,
                    ("peak-season",),
                    HIGH,
                    "",
                    (
                        Logged(cast.OPERATOR, 10, 8, 300, "Load test of the sorting service."),
                        Logged(
                            cast.MEMBER, 6, 14, 60, "Looked at the load test's traffic for the security side."
                        ),
                        Logged(cast.OPERATOR, 1, 8, 240, "Second load test, twice the queue."),
                    ),
                ),
                Planned("Replace the UPS in rack 7", TASK, TO_DO, cast.OPERATOR, None, 6),
                Planned(
                    "Clock drift on the gate scanners",
                    BUG,
                    DONE,
                    cast.LEAVER,
                    cast.OPERATOR,
                    2,
                    (),
                    LOW,
                    "",
                    (Logged(cast.OPERATOR, 7, 9, 105, "Pointed them at our own time server."),),
                ),
                Planned(
                    "Dashboard for gate waiting times",
                    STORY,
                    TO_DO,
                    cast.OUTSIDER,
                    cast.OUTSIDER,
                    16,
                    ("dashboard",),
                ),
            ),
        ),
    ),
)

_GLOBEX = Company(
    "Globex Health",
    (
        PlannedProject(
            "SEC",
            "Security response",
            "Whatever threatens patient data.",
            cast.LEAD,
            (
                Planned(
                    "Ransomware note on a radiology workstation",
                    BUG,
                    IN_PROGRESS,
                    cast.OPERATOR,
                    cast.MEMBER,
                    24,
                    ("incident", "radiology"),
                    HIGH,
                    "The workstation is off the network. Find the way in.",
                    (
                        Logged(cast.MEMBER, 3, 7, 300, "Imaged the disk, found the mail that started it."),
                        Logged(cast.READER, 2, 2, 120, "Searched all mailboxes for the same sender."),
                    ),
                ),
                Planned(
                    "Second factor for the ward tablets",
                    STORY,
                    IN_PROGRESS,
                    cast.LEAD,
                    cast.LEAD,
                    32,
                    ("identity",),
                    MEDIUM,
                    "",
                    (
                        Logged(cast.LEAD, 8, 9, 180, "Trial with badges on ward 3."),
                        Logged(cast.MEMBER, 7, 8, 120, "Enrolled the night shift."),
                    ),
                ),
                Planned(
                    "Who can read the oncology archive?",
                    TASK,
                    TO_DO,
                    cast.AUDITOR,
                    cast.READER,
                    10,
                    ("audit",),
                ),
                Planned(
                    "Patch the laboratory gateway",
                    TASK,
                    DONE,
                    cast.LEAD,
                    cast.LEAVER,
                    4,
                    ("patching",),
                    HIGH,
                    "",
                    (Logged(cast.LEAVER, 10, 18, 120, "Patched after hours; all interfaces came back."),),
                ),
                Planned("Tabletop exercise: the night without network", STORY, TO_DO, cast.LEAD, None, 12),
            ),
        ),
        PlannedProject(
            "HR",
            "People",
            "Personnel matters; seen by HR partners only.",
            cast.HR_PARTNER,
            (
                Planned(
                    "Long sick leave, return plan",
                    TASK,
                    IN_PROGRESS,
                    cast.HR_PARTNER,
                    cast.HR_PARTNER,
                    6,
                    ("confidential",),
                    HIGH,
                    "",
                    (Logged(cast.HR_PARTNER, 4, 10, 60, "Meeting with the company doctor."),),
                ),
                Planned("On-call allowance for nurses", STORY, TO_DO, cast.HR_PARTNER, cast.HR_PARTNER, 18),
                Planned(
                    "Onboarding of eleven trainees", TASK, IN_PROGRESS, cast.HR_PARTNER, cast.HR_PARTNER, 14
                ),
                Planned("Reference letter overdue", TASK, DONE, cast.HR_PARTNER, cast.HR_PARTNER, 1),
            ),
        ),
        PlannedProject(
            "OPS",
            "Operations",
            "Clinics, devices and the systems between them.",
            cast.OPERATOR,
            (
                Planned(
                    "Backup restore drill for the patient portal",
                    TASK,
                    DONE,
                    cast.OPERATOR,
                    cast.OPERATOR,
                    8,
                    ("backup",),
                    MEDIUM,
                    "",
                    (
                        Logged(cast.OPERATOR, 9, 8, 390, "Restored in 74 minutes; the goal is 60."),
                        Logged(cast.OUTSIDER, 8, 6, 90, "Wrote down what to do faster next time."),
                    ),
                ),
                Planned(
                    "Infusion pumps lose the wireless network",
                    BUG,
                    IN_PROGRESS,
                    cast.OUTSIDER,
                    cast.OUTSIDER,
                    20,
                    ("network", "devices"),
                    HIGH,
                    "",
                    (
                        Logged(cast.OUTSIDER, 5, 5, 240, "Measured on wards 2 and 5."),
                        Logged(cast.OUTSIDER, 1, 5, 180, "Vendor sent a firmware; testing on two pumps."),
                    ),
                ),
                Planned("New appointment reminders", STORY, TO_DO, cast.OUTSIDER, cast.OPERATOR, 26),
                Planned("Retire the fax gateway", TASK, TO_DO, cast.LEAVER, None, 15, ("legacy",), LOW),
            ),
        ),
    ),
)

_COMPANIES = {"acme": _ACME, "globex": _GLOBEX}
