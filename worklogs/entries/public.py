"""Public work logs live in Jira: read there, as the person who asks (domain.md W1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connect import errors
from connect.jira import IssueSummary, JiraRefused, JiraUnavailable, PublicWorklog, Site


@dataclass(frozen=True, slots=True)
class JiraPart:
    """What Jira told this person about an issue.

    `status` is "ok", "unavailable" (Jira did not answer) or "refused" (Jira answered no); `detail` says why
    in words for that person. Without "ok" there is neither an issue nor a work log.
    """

    status: str
    detail: str | None = None
    issue: IssueSummary | None = None
    worklogs: Sequence[PublicWorklog] = ()


def of_issue(site: Site, account_id: str, issue_id: int) -> JiraPart:
    """The issue and its public work logs, newest start first, as Jira shows them to this account.

    Raises nothing of Jira's: a silent or refusing Jira is an answer here, because the secured part stands
    without it.
    """
    as_user = site.as_user(account_id)
    try:
        issue = as_user.issue(issue_id)
        worklogs = sorted(as_user.worklogs(issue_id), key=_newest_first, reverse=True)
    except JiraUnavailable as error:
        return JiraPart("unavailable", error.detail)
    except (JiraRefused, errors.NotFound) as error:
        return JiraPart("refused", error.detail)
    return JiraPart("ok", issue=issue, worklogs=worklogs)


def behind(worklogs: Sequence[PublicWorklog], before: tuple[datetime, int]) -> Sequence[PublicWorklog]:
    """Those of the sorted work logs that come behind the (start, id) `before`."""
    return [each for each in worklogs if _newest_first(each) < before]


def _newest_first(worklog: PublicWorklog) -> tuple[datetime, int]:
    return worklog.started, worklog.id
