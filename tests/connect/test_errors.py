"""One error root and one JSON shape."""

from __future__ import annotations

from connect.errors import (
    FieldProblem,
    InvalidInput,
    NotFound,
    Reason,
    Unauthenticated,
    Unavailable,
    VaultError,
)


def all_errors(root: type[VaultError] = VaultError) -> list[type[VaultError]]:
    return [root, *(found for child in root.__subclasses__() for found in all_errors(child))]


class TeamNameTaken(VaultError):
    """A team of this name exists.

    More for the reader of the code.
    """

    code, status, title = "team_name_taken", 409, "Name taken"


class Quiet(NotFound):
    code = "quiet"


def test_the_docstrings_first_line_is_what_the_caller_reads() -> None:
    assert TeamNameTaken().as_problem() == {
        "type": "urn:worklog-vault:problem:team_name_taken",
        "title": "Name taken",
        "status": 409,
        "detail": "A team of this name exists.",
        "code": "team_name_taken",
    }


def test_a_class_without_docstring_speaks_as_its_parent() -> None:
    assert Quiet().detail == NotFound().detail == "There is nothing here that you may see."


def test_an_instance_may_say_more_and_blame_fields() -> None:
    error = InvalidInput("Two things are wrong.", fields=[FieldProblem("started", "is missing")])
    problem = error.as_problem()
    assert problem["detail"] == str(error) == "Two things are wrong."
    assert problem["title"] == "Unprocessable Entity" or problem["title"] == "Unprocessable Content"
    assert problem["errors"] == [{"field": "started", "message": "is missing"}]


def test_headers_of_one_instance_are_not_those_of_the_next() -> None:
    assert Unavailable(headers={"Retry-After": "1"}).headers == {"Retry-After": "1"}
    assert Unavailable().headers == {}


def test_every_unauthenticated_answer_reads_the_same() -> None:
    problems = [Unauthenticated(reason, "some note").as_problem() for reason in Reason]
    assert all(problem == problems[0] for problem in problems)
    assert "note" not in str(Unauthenticated(Reason.QSH_WRONG, "some note"))
    assert Unauthenticated(Reason.QSH_WRONG).headers == {"WWW-Authenticate": "JWT"}


def test_every_reason_is_a_noun_and_a_state() -> None:
    assert all(reason == reason.name.lower() and len(reason.split("_")) == 2 for reason in Reason)


def test_every_error_has_a_sentence_and_a_plausible_status() -> None:
    for kind in all_errors():
        assert 400 <= kind.status < 600
        assert kind.code == kind.code.lower()
        assert (kind.__doc__ or NotFound.__doc__ or "").splitlines()[0].endswith(".")
