"""A client for Jira's REST, for each site: as the app, and as one of the site's users."""

from connect.jira.clients import AppClient, Jira, Site, UserClient
from connect.jira.errors import JiraRefused, JiraUnavailable
from connect.jira.results import IssueSummary, Permissions, PublicWorklog

__all__ = [
    "AppClient",
    "IssueSummary",
    "Jira",
    "JiraRefused",
    "JiraUnavailable",
    "Permissions",
    "PublicWorklog",
    "Site",
    "UserClient",
]
