"""What can be wrong with an act on teams and work logs, in the words of the person who gets it."""

from typing import ClassVar, Self

from connect import errors
from tenancy import eventlog
from tenancy.errors import Denied


class DeniedAct(Denied):
    """A refusal that says which act it refused, so that the event log can."""

    def about(self, action: eventlog.EventAction, target: eventlog.Target | None = None) -> Self:
        """This error, saying that `action` on `target` was refused: `raise NotAllowed().about(...)`."""
        self.action, self.target = action, target
        return self


class InvalidField(errors.InvalidInput):
    """One field cannot be accepted."""

    def __init__(self, field: str, message: str) -> None:
        """`field` is named as the caller wrote it; `message` says the rule and what to do."""
        super().__init__(message, fields=[errors.FieldProblem(field, message)])


class NothingHere(DeniedAct, errors.NotFound):
    """There is nothing here that you may see."""


class NotAllowed(DeniedAct, errors.Forbidden):
    """You may not do this in this team."""


class DeniedByJira(NotAllowed):
    """Jira does not let this person work on this issue."""

    code = "denied_by_jira"


class SecuredOptionOff(NotAllowed):
    """Secured teams are switched off on this site; a Jira administrator can switch them on."""

    code = "secured_option_off"


class IssueDeleted(errors.Conflict):
    """This issue was deleted in Jira; no more time can be logged on it."""

    code = "issue_deleted"


class StaleVersion(errors.Conflict):
    """Somebody changed this after you had loaded it. Load it again, then decide."""

    code = "stale_version"


class VisibilityForEver(errors.Conflict):
    """A team's visibility was chosen for ever when the team was made; it can never be changed."""

    code = "visibility_for_ever"


class LastLead(errors.Conflict):
    """A team always keeps one active lead without a leaving date. Make somebody else lead first."""

    code = "last_lead"


class MembershipOverlaps(errors.Conflict):
    """This person is already a member of the team in these days."""

    code = "membership_overlaps"


class RoleNameTaken(errors.Conflict):
    """The team already has a role of this name."""

    code = "role_name_taken"


class VersionMissing(errors.PreconditionRequired):
    """Say which version you are changing: send its ETag as If-Match, or `version` in the body."""

    code: ClassVar[str] = "version_required"
