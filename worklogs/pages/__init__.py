"""The pages that Jira shows in its frames: a shell each, whose script asks the API for everything."""

from worklogs.pages.views import blueprint

__all__ = ["blueprint"]
