"""The sandbox's memory on disk: every site, its add-ons with their secrets, and the cloud's private key.

One JSON file, replaced atomically, readable by its owner only.
"""

import json
import os
import tempfile
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from sandbox.model import World

FORMAT = 1


class UnreadableSnapshot(Exception):
    """The file is no snapshot of this version; the message says what to do."""


@dataclass
class Memory:
    """What a snapshot holds. ``install_key`` is the private key in PEM, ``kid`` its id."""

    kid: str
    install_key: str
    sites: dict[str, World]


def write(path: Path, text: str) -> None:
    """Replace the file by ``text``; whoever reads meanwhile sees the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: Path) -> Memory | None:
    """What :func:`write` wrote, or None when there is no file. Raises UnreadableSnapshot."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        read = json.loads(text)
        if read["format"] != FORMAT:
            raise ValueError(f"format {read['format']}, not {FORMAT}")
        memory: Memory = _decode(Memory, read["memory"])
    except (ValueError, KeyError, TypeError) as error:
        advice = f"{path} is no snapshot of this version ({error!r}). Move it away to start with a new world."
        raise UnreadableSnapshot(advice) from error
    return memory


def dump(memory: Memory) -> str:
    """The snapshot as text."""
    return json.dumps({"format": FORMAT, "memory": _encode(memory)}, ensure_ascii=False)


def _encode(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _encode(getattr(value, name)) for name in _kept(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def _decode(kind: Any, value: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = next(one for one in arguments if one is not type(None))
        return None if value is None else _decode(inner, value)
    if origin is list:
        return [_decode(arguments[0], item) for item in value]
    if origin is dict:
        return {_decode(arguments[0], key): _decode(arguments[1], item) for key, item in value.items()}
    return _decode_plain(kind, value)


def _decode_plain(kind: Any, value: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        # A field that is newer than the file takes its default; one without default is missed by the class.
        return kind(
            **{name: _decode(hint, value[name]) for name, hint in _kept(kind).items() if name in value}
        )
    if kind is datetime:
        return datetime.fromisoformat(value)
    # Keys of JSON objects are strings, whatever they were.
    is_choice = isinstance(kind, type) and issubclass(kind, Enum)
    return kind(value) if is_choice or kind is int else value


@cache
def _kept(kind: type) -> Mapping[str, Any]:
    """The fields that make the thing what it is: those that count in a comparison."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind) if one.compare}
