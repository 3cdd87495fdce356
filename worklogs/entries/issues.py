"""What we know of issues without asking Jira: which ones it said are gone."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_DELETED = text("select exists (select from vault.deleted_issue where issue_id = :issue_id)")


def is_deleted(session: Session, issue_id: int) -> bool:
    """Whether Jira told us that the issue was deleted."""
    return bool(session.scalar(_DELETED, {"issue_id": issue_id}))
