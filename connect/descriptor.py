"""The Connect descriptor: what Jira reads to learn what the app is and where it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from connect.settings import ConnectSettings

#: Stands at the top of the project, where people look for it.
TEMPLATE = Path(__file__).resolve().parent.parent / "atlassian-connect.json"


def render(settings: ConnectSettings) -> dict[str, Any]:
    """The descriptor with this app's key and its first base URL in place of `{{appKey}}` and `{{baseUrl}}`."""
    values = {"{{appKey}}": settings.app_key, "{{baseUrl}}": settings.base_urls[0]}
    descriptor: dict[str, Any] = orjson.loads(TEMPLATE.read_bytes())
    return {
        name: values.get(value, value) if isinstance(value, str) else value
        for name, value in descriptor.items()
    }
