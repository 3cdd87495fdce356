"""Who acts, for which tenant: the two facts that every database session is opened with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tenancy.errors import NoTenant, NoUser

#: The tenant under which the service logs what belongs to no installed site (a forged or unknown token).
#: No site can have it: the database refuses an installation with this key.
SERVICE_INSTANCE = "-"


class ActorKind(StrEnum):
    """What kind of actor an event names (domain.md E1)."""

    USER = "user"
    APP = "app"
    JOB = "job"
    JIRA = "jira"


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor within one tenant.

    `instance_key` is the Connect client key; an empty one raises NoTenant, because a session without a tenant
    must not exist. `account_id` is the Atlassian account, None when no person acts. `request_id` and
    `source_address` go to the event log.
    """

    instance_key: str
    account_id: str | None
    kind: ActorKind
    request_id: str | None = None
    source_address: str | None = None

    def __post_init__(self) -> None:
        if not self.instance_key or "\0" in self.instance_key:
            raise NoTenant

    def user(self) -> str:
        """The account id of the person who acts. Raises NoUser when none does."""
        if self.account_id is None:
            raise NoUser
        return self.account_id
