"""Refusals in Jira's shape: ``{"errorMessages": [...], "errors": {field: message}}``."""

from collections.abc import Mapping

from sandbox.model import Json


class JiraError(Exception):
    """The request is refused with ``status``; messages are for everybody, ``errors`` belong to fields."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = list(messages)
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def body(self) -> Json:
        return {"errorMessages": self.messages, "errors": self.errors}


class ConnectError(JiraError):
    """A refusal by Connect's own filter, before Jira's REST is reached; it has another shape."""

    def body(self) -> Json:
        return {"message": " ".join(self.messages), "status-code": self.status}


def no_issue() -> JiraError:
    """Hidden and absent issues answer alike."""
    return JiraError(404, "Issue does not exist or you do not have permission to see it.")


def no_worklog(identifier: str) -> JiraError:
    """Hidden and absent work logs answer alike."""
    return JiraError(404, f"Cannot find worklog with id: '{identifier}'.")
