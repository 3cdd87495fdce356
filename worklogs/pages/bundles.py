"""Where the bundled browser code lies: names that hold their content's hash."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from connect import errors


class NotBundled(errors.VaultError):
    """The browser code is not bundled: run `npm run build`."""

    code = "not_bundled"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The addresses of one page's script and style sheet."""

    script: str
    style: str


@cache
def bundle(folder: Path, page: str) -> Bundle:
    """The bundle of `page`, from the manifest in `folder`. Raises NotBundled."""
    try:
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
        return Bundle(f"/static/dist/{manifest[f'{page}.js']}", f"/static/dist/{manifest[f'{page}.css']}")
    except (OSError, KeyError, orjson.JSONDecodeError) as exc:
        raise NotBundled from exc
