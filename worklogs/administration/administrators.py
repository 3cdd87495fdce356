"""Who administers a site is Jira's to say, and asked anew each time."""

from connect.jira import Site

_ADMINISTER = "ADMINISTER"


def is_administrator(site: Site, account_id: str) -> bool:
    """Whether Jira grants this account "Administer Jira". Raises JiraUnavailable."""
    granted = site.as_app().permissions(account_id, global_permissions=(_ADMINISTER,))
    return _ADMINISTER in granted.global_
