"""Who works at the demo companies: the same people, with the same account ids, on every site.

That two sites share account ids is deliberate. Atlassian accounts are global, so an app that looks a person
up by account id alone, without the site, is wrong, and here it shows.
"""

from dataclasses import dataclass

#: The one API token that everybody has, for basic authentication (``email:token`` as Jira Cloud wants it).
API_TOKEN = "sandbox"  # noqa: S105


@dataclass(frozen=True)
class Person:
    """Somebody with an Atlassian account; ``role`` is the part played in the demo and the tests."""

    role: str
    account_id: str
    display_name: str
    email: str
    time_zone: str
    active: bool = True


#: Leads the team whose work logs are secured.
LEAD = Person("lead", "5be24ad8b1653240376955d2", "Amara Okafor", "amara.okafor@example.com", "Europe/London")
#: Logs time in that team.
MEMBER = Person(
    "member", "5c8f1d2e7a90b34e61f0a7c4", "Tomás Herrera", "tomas.herrera@example.com", "Europe/Madrid"
)
#: May view the others' work logs. The newer form of account id, with a colon that has to be encoded in URLs.
READER = Person(
    "reader",
    "712020:3c0f7c1e-52a8-4d0e-9b6f-8a41d27e90b5",
    "Mei-Lin Zhao",
    "meilin.zhao@example.com",
    "Asia/Singapore",
)
#: Was in the team; the membership has ended.
LEAVER = Person(
    "leaver", "5d53f3cbc6b9320d9ea5bdc2", "Jonas Lindqvist", "jonas.lindqvist@example.com", "Europe/Stockholm"
)
#: Sees the issues, never was in the team.
OUTSIDER = Person(
    "outsider",
    "712020:a1b5e6d0-7f3c-4c1b-8e92-60d4f1c38a7b",
    "Priya Raghunathan",
    "priya.raghunathan@example.com",
    "Asia/Kolkata",
)
#: Administers Jira, which does not open anybody's secured work logs.
ADMIN = Person(
    "admin", "5a1f0b9e4d6c3b2a19087f6e", "Katarzyna Nowak", "katarzyna.nowak@example.com", "Europe/Warsaw"
)
#: Reads the event log.
AUDITOR = Person(
    "auditor", "60c2d8b4f1e7a90069d3b512", "Leila Haddad", "leila.haddad@example.com", "Africa/Casablanca"
)

HR_PARTNER = Person(
    "hr-partner", "5f7c0a3d92e4b8006d1f2c3a", "Ingrid Solheim", "ingrid.solheim@example.com", "Europe/Oslo"
)
OPERATOR = Person(
    "operator",
    "712020:e4d90f52-1b6a-4f8e-a2c7-935d0b8e614f",
    "Kofi Mensah",
    "kofi.mensah@example.com",
    "Africa/Accra",
)
#: A closed Atlassian account: still the author of old work logs, can do nothing any more.
CLOSED = Person("closed", "5be24ba3f91c106033269289", "Former user", "", "Etc/UTC", active=False)

PEOPLE = (LEAD, MEMBER, READER, LEAVER, OUTSIDER, ADMIN, AUDITOR, HR_PARTNER, OPERATOR, CLOSED)
#: The seven parts that the tests speak of.
PRINCIPALS = (LEAD, MEMBER, READER, LEAVER, OUTSIDER, ADMIN, AUDITOR)

ACCOUNT_IDS = {person.role: person.account_id for person in PEOPLE}
DISPLAY_NAMES = {person.role: person.display_name for person in PEOPLE}


def account_id(role: str) -> str:
    """The account id behind ``"lead"``, ``"member"``, ...; an account id as it is. KeyError for strangers."""
    if any(person.account_id == role for person in PEOPLE):
        return role
    return ACCOUNT_IDS[role]
