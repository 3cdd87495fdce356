import pytest

from sandbox.jql import language
from sandbox.jql.language import And, Clause, Empty, Function, JqlError, Not, Or, Sort, Value


def clause(field, sign, *texts):
    return Clause(field, sign, tuple(Value(text) for text in texts))


A, B, C = (clause(name, "=", "1") for name in "abc")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a = 1", A),
        ("a=1", A),
        ("(a = 1)", A),
        ("a = 1 AND b = 1 OR c = 1", Or((And((A, B)), C))),
        ("a = 1 and (b = 1 or c = 1)", And((A, Or((B, C))))),
        ("a = 1 && b = 1 || c = 1", Or((And((A, B)), C))),
        ("not a = 1 and b = 1", And((Not(A), B))),
        ("! (a = 1)", Not(A)),
        ("a in (x, 'y z', \"w\")", clause("a", "in", "x", "y z", "w")),
        ("a NOT IN (x)", clause("a", "not in", "x")),
        ("a is empty", Clause("a", "is", (Empty(),))),
        ("a is not EMPTY", Clause("a", "is not", (Empty(),))),
        ("a != null", Clause("a", "!=", (Empty(),))),
        ("assignee = currentUser()", Clause("assignee", "=", (Function("currentUser", ()),))),
        ("a in membersOf('x y')", Clause("a", "in", (Function("membersOf", ("x y",)),))),
        ("d >= startOfDay(-1d)", Clause("d", ">=", (Function("startOfDay", ("-1d",)),))),
        ("d > -2w", clause("d", ">", "-2w")),
        ("d <= 2026-11-24", clause("d", "<=", "2026-11-24")),
        (r'a ~ "say \"hi\""', clause("a", "~", 'say "hi"')),
        ("assignee = 712020:3c0f-1", clause("assignee", "=", "712020:3c0f-1")),
        ("assignee = a.b@example.com", clause("assignee", "=", "a.b@example.com")),
        ("key = SEC-1 order by key", clause("key", "=", "SEC-1")),
        ("orderly = android", clause("orderly", "=", "android")),
        ('"summary" = notes', clause("summary", "=", "notes")),
    ],
)
def test_a_query_is_read(text, where):
    assert language.parse(text).where == where


def test_the_order_is_read():
    query = language.parse("ORDER BY created DESC, key asc, id")
    assert query.where is None and not query.bounded
    assert query.order == (Sort("created", True), Sort("key", False), Sort("id", False))


def test_an_empty_query_has_no_restriction():
    assert not language.parse("").bounded
    assert not language.parse("  ").bounded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("project SEC", "Expecting operator; the valid operators are '=', '!='"),
        ("project =", "ends too early; expecting either a value, list or function"),
        ("project", "ends too early; expecting operator"),
        (
            "project = SEC status = x",
            "Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 15)",
        ),
        ("project = SEC and", "ends too early; expecting a field name"),
        ("project in (SEC", "ends too early; expecting either ')' or ','"),
        ('summary ~ "open', 'The quoted string "open has not been completed. (line 1, character 11)'),
        ("project = SEC order key", "Expecting 'BY' but got 'key'"),
        ("= SEC", "Expecting a field name but got '='. (line 1, character 1)"),
        ("project = SEC)", "but got ')'. (line 1, character 14)"),
        ("a = 1 and\nb > ", "ends too early"),
        ("order by " + ",".join("abcdefgh"), "at most 7 fields"),
    ],
)
def test_a_mistake_is_told_with_its_place(text, message):
    with pytest.raises(JqlError) as error:
        language.parse(text)
    assert message in " ".join(error.value.messages)
