"""Jira's comments are documents (Atlassian Document Format); a panel shows their text."""

from collections.abc import Iterator, Mapping
from typing import Any

_BLOCKS = frozenset(
    {"paragraph", "heading", "listItem", "tableRow", "codeBlock", "rule", "blockquote", "mediaSingle"}
)
_DEEPEST = 60


def text_of(document: Mapping[str, Any] | None) -> str:
    """The plain text of an ADF `document`, blocks on lines of their own; empty for none."""
    if not document:
        return ""
    lines = "".join(_pieces(document, 0)).split("\n")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _pieces(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    # The depth of a document is its writer's choice, the depth of our stack is not.
    if depth > _DEEPEST:
        return
    kind, attributes = node.get("type"), node.get("attrs") or {}
    if kind == "text":
        yield str(node.get("text", ""))
    elif kind == "hardBreak":
        yield "\n"
    elif kind in ("mention", "emoji", "status", "date", "inlineCard"):
        yield str(attributes.get("text") or attributes.get("shortName") or attributes.get("url") or "")
    for child in node.get("content") or ():
        yield from _pieces(child, depth + 1)
    if kind in _BLOCKS:
        yield "\n"
    elif kind in ("tableCell", "tableHeader"):
        yield "\t"
