"""The language: what a JQL query is made of, and how its text is read."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

_GRAMMAR = Lark(Path(__file__).with_name("jql.lark").read_text(encoding="utf-8"), parser="lalr")
MOST_SORT_FIELDS = 7


class JqlError(Exception):
    """The query cannot be run; the messages are Jira's."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


@dataclass(frozen=True)
class Value:
    text: str


@dataclass(frozen=True)
class Function:
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Empty:
    """The operand ``EMPTY``."""


Operand = Value | Function | Empty


@dataclass(frozen=True)
class Clause:
    """``field operator operands``; several operands only for ``in`` and ``not in``."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Not:
    part: "Expression"


@dataclass(frozen=True)
class And:
    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Or:
    parts: tuple["Expression", ...]


Expression = Clause | Not | And | Or


@dataclass(frozen=True)
class Sort:
    field: str
    descending: bool


@dataclass(frozen=True)
class Query:
    where: Expression | None
    order: tuple[Sort, ...]

    @property
    def bounded(self) -> bool:
        """Whether there is any restriction; the newer search insists on one."""
        return self.where is not None


def parse(text: str) -> Query:
    """The query in the text. Raises JqlError with the place of the mistake."""
    try:
        tree = _GRAMMAR.parse(text)
    except UnexpectedInput as error:
        raise JqlError(_explain(text, error)) from error
    query = cast("Query", _Builder().transform(tree))
    if len(query.order) > MOST_SORT_FIELDS:
        raise JqlError(f"The ORDER BY clause can name at most {MOST_SORT_FIELDS} fields.")
    return query


class _Builder(Transformer[Token, Any]):
    """From lark's tree to the classes above."""

    def start(self, children: list[Any]) -> Query:
        order = children.pop() if children and isinstance(children[-1], tuple) else ()
        return Query(children[0] if children else None, order)

    def disjunction(self, children: list[Expression]) -> Expression:
        return children[0] if len(children) == 1 else Or(tuple(children))

    def conjunction(self, children: list[Expression]) -> Expression:
        return children[0] if len(children) == 1 else And(tuple(children))

    def negation(self, children: list[Expression]) -> Expression:
        return Not(children[0])

    def comparison(self, children: list[Any]) -> Clause:
        field, sign, operand = children
        return Clause(field, str(sign), (operand,))

    def membership(self, children: list[Any]) -> Clause:
        return Clause(children[0], "in", children[2])

    def exclusion(self, children: list[Any]) -> Clause:
        return Clause(children[0], "not in", children[2])

    def empty(self, children: list[Any]) -> Clause:
        return Clause(children[0], "is", (Empty(),))

    def filled(self, children: list[Any]) -> Clause:
        return Clause(children[0], "is not", (Empty(),))

    def operands(self, children: list[Operand]) -> tuple[Operand, ...]:
        return tuple(children)

    def field(self, children: list[Token]) -> str:
        return _unquoted(children[0])

    def value(self, children: list[Token]) -> Value:
        return Value(_unquoted(children[0]))

    def nothing(self, _children: list[Token]) -> Empty:
        return Empty()

    def function(self, children: list[Any]) -> Function:
        return Function(str(children[0]), tuple(child.text for child in children[1:] if child is not None))

    def order(self, children: list[Sort]) -> tuple[Sort, ...]:
        return tuple(children)

    def sort(self, children: list[Any]) -> Sort:
        field, direction = children
        return Sort(field, str(direction).lower() == "desc")


def _unquoted(token: Token) -> str:
    if token.type != "STRING":
        return str(token)
    return re.sub(r"\\(.)", r"\1", token[1:-1])


_VALID_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"


def _explain(text: str, error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        rest, wanted = text[error.pos_in_stream or 0 :], set(error.allowed)
    elif isinstance(error, UnexpectedToken):
        rest, wanted = str(error.token), set(error.expected)
    else:
        rest, wanted = "", set()
    if not rest:
        return f"Error in the JQL Query: The query ends too early; expecting {_expectation(wanted)}."
    place = f"(line {max(error.line, 1)}, character {max(error.column, 1)})"
    if rest[0] in "\"'" and isinstance(error, UnexpectedCharacters):
        return f"Error in the JQL Query: The quoted string {rest} has not been completed. {place}"
    got = rest[0] if isinstance(error, UnexpectedCharacters) else rest
    return f"Error in the JQL Query: Expecting {_expectation(wanted)} but got '{got}'. {place}"


#: What a grammar's state waits for, told by one of its terminals; the first that is among them counts.
_EXPECTATIONS = {
    "OPERATOR": "operator; the valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', "
    "'NOT IN', 'IS' and 'IS NOT',",
    "_AND": "either 'OR' or 'AND'",
    "COMMA": "either ')' or ','",
    "LPAR": "a field name",
    "EMPTY": "either a value, list or function",
    "_BY": "'BY'",
    "IN": "'IN'",
}


def _expectation(wanted: set[str]) -> str:
    return next(
        (text for terminal, text in _EXPECTATIONS.items() if terminal in wanted), "a field name or value"
    )
