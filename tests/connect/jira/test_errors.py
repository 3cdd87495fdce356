"""Jira's words, bounded."""

from __future__ import annotations

from typing import Any

import pytest

from connect.jira.errors import LONGEST_MESSAGE, JiraRefused, message_of


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"errorMessages": ["One.", " ", 2, "Two."], "errors": {}}, "One.; Two."),
        ({"errorMessages": [], "errors": {"timeSpent": "Bad.", "other": 1}}, "timeSpent: Bad."),
        ({"message": "Said plainly."}, "Said plainly."),
        ({"error": "invalid_grant", "error_description": "Not active."}, "Not active."),
        ({"errorMessages": "text", "errors": ["x"]}, "otherwise"),
        ({}, "otherwise"),
        (None, "otherwise"),
        ([1], "otherwise"),
        ("text", "otherwise"),
    ],
)
def test_jiras_words_are_found_in_every_shape(body: Any, message: str) -> None:
    assert message_of(body, "otherwise") == message


def test_jiras_words_are_bounded_and_on_one_line() -> None:
    error = JiraRefused(400, "line\nline\x00\x1b[31m" + "x" * 10_000)
    assert len(error.jira_message) == LONGEST_MESSAGE
    assert error.jira_message.isprintable()
    assert error.jira_message.startswith("line line")
    assert (error.status, error.code, error.jira_status) == (403, "jira_refused", 400)
    assert str(error).startswith("Jira refused this (400): line line")
