"""The world that is measured: who is in it and who sees what, all of it arithmetic.

Sites, accounts and issues are numbered, so that pgbench, which can only calculate, draws the same readers as
the load generator does. Each site has the same shape:

- ten teams of twenty people; a lead, and nineteen who may view the team's work logs and log their own. All of
  them are plain members of the next team as well, whose work logs of others they may not see.
- issues that belong to team `issue % 10`. On each, twenty work logs of that team, which its people see, and
  five of another team, which they do not: row-level security has something to hide.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import jwt

from connect.qsh import CONTEXT

TEAMS = 10
PEOPLE = 20
ISSUES = 800
#: Work logs on an issue: those that the readers of its team see, and those that they do not.
SEEN, HIDDEN = 20, 5
WORKLOGS = ISSUES * (SEEN + HIDDEN)
FIRST_ISSUE = 10_000

INSTANCE, ACCOUNT = "bench-", "user-"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who opens the panel of an issue of their own team; numbers, see the module's docstring."""

    tenant: int
    issue: int
    person: int

    @property
    def issue_id(self) -> int:
        """Jira's id of the issue."""
        return FIRST_ISSUE + self.issue

    @property
    def account_id(self) -> str:
        """The reader's Atlassian account."""
        return account(self.issue % TEAMS, self.person)

    @property
    def target(self) -> str:
        """What the panel asks for."""
        return f"/api/v1/issues/{self.issue_id}/worklogs"

    def token(self) -> str:
        """A context token as Jira would sign it for this reader, but valid for a day."""
        now = int(time.time())
        claims = {
            "iss": instance_key(self.tenant),
            "sub": self.account_id,
            "aud": [instance_key(self.tenant)],
            "qsh": CONTEXT,
            "iat": now,
            "exp": now + 86_400,
            "context": {"jira": {"issue": {"id": str(self.issue_id), "key": f"OPS-{self.issue}"}}},
        }
        return jwt.encode(claims, shared_secret(self.tenant), algorithm="HS256")


def readers(tenants: int) -> Iterator[Reader]:
    """Readers without end, spread evenly over sites, issues and people."""
    chance = random.Random(1)
    while True:
        yield Reader(1 + chance.randrange(tenants), chance.randrange(ISSUES), chance.randrange(PEOPLE))


def instance_key(tenant: int) -> str:
    """The client key of a site, from 1."""
    return f"{INSTANCE}{tenant}"


def account(team: int, person: int) -> str:
    """The account of a person of a team; person 0 leads it."""
    return f"{ACCOUNT}{team * PEOPLE + person}"


def shared_secret(tenant: int) -> str:
    """The secret of a site: as long as Jira's, the same in every run."""
    return hashlib.sha256(f"the benchmark's site {tenant}".encode()).hexdigest()
