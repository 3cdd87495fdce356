"""The Connect descriptor: what Jira reads to learn what the app is and where it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from connect.settings import ConnectSettings

#: Stands at the top of the project, where people look for it.
TEMPLATE = Path(__file__).resolve().parent.parent / "atlassian-connect.json"


def render(settings: ConnectSettings) -> dict[str, Any]:
    """The descriptor, with this app's key for `{{appKey}}` and its first base URL for `{{baseUrl}}`."""
    # The settings admit no character that would need escaping in JSON.
    text = TEMPLATE.read_text("utf-8").replace("{{appKey}}", settings.app_key)
    descriptor: dict[str, Any] = orjson.loads(text.replace("{{baseUrl}}", settings.base_urls[0]))
    return descriptor
