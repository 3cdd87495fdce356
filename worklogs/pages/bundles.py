"""Where the bundled browser code lies: names that hold their content's hash."""

from dataclasses import dataclass
from functools import lru_cache
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


def bundle(folder: Path, page: str) -> Bundle:
    """The bundle of `page`, from the manifest in `folder`. Raises NotBundled."""
    path = folder / "manifest.json"
    try:
        manifest = _manifest(path, path.stat().st_mtime_ns)
        return Bundle(f"/static/dist/{manifest[f'{page}.js']}", f"/static/dist/{manifest[f'{page}.css']}")
    except (OSError, KeyError, orjson.JSONDecodeError) as exc:
        raise NotBundled from exc


@lru_cache(maxsize=2)
def _manifest(path: Path, _changed: int) -> dict[str, str]:
    # Read again when it was bundled again: the names in it have changed with their content.
    return dict(orjson.loads(path.read_bytes()))
