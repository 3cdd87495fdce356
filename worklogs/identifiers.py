"""Identifiers in addresses, from text to value: a malformed one is told apart from an absent one."""

from uuid import UUID

from worklogs import errors

_LARGEST_ISSUE_ID = 2**63 - 1


class InvalidIdentifier(errors.InvalidField):
    """An identifier in the address has the wrong shape."""

    code = "invalid_identifier"


def issue_id(text: str) -> int:
    """Jira's numeric id of an issue. Raises InvalidIdentifier, naming `issueId`."""
    # The largest has 19 digits; cut to a length, a longer one would name another issue.
    if (
        len(text) < 20
        and text.isascii()
        and text.isdigit()
        and 0 < (number := int(text)) <= _LARGEST_ISSUE_ID
    ):
        return number
    raise InvalidIdentifier("issueId", "This is not Jira's numeric id of an issue, for example 10001.")


def uuid(text: str, field: str) -> UUID:
    """One of our own ids. Raises InvalidIdentifier, naming `field`."""
    # uuid.UUID also takes braces, "urn:uuid:" and 32 bare digits: one id, one spelling.
    if len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            pass
    raise InvalidIdentifier(
        field, "This is not an id of ours, for example 0198c2f4-7d1e-7a55-9b0e-2f6d8e1c4a77."
    )
