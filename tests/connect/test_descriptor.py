"""The descriptor, against Atlassian's schema of modules and against what really answers."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from connect import descriptor, webhooks
from connect.settings import ConnectSettings
from tests.connect.doors import Door, SmallApp

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def described(settings: ConnectSettings) -> dict[str, Any]:
    """The descriptor of a small app."""
    return descriptor.render(settings)


def schema() -> dict[str, Any]:
    default = ROOT.parent / "shared" / "jira" / "connect-modules-schema.json"
    path = Path(os.environ.get("VAULT_CONNECT_SCHEMA") or default)
    if not path.exists():
        pytest.skip("connect-modules-schema.json is not here: name it in VAULT_CONNECT_SCHEMA")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def urls(value: Any) -> list[str]:
    """Every address in a tree of modules."""
    if isinstance(value, dict):
        here = [each for name, each in value.items() if name == "url"]
        return here + [url for each in value.values() for url in urls(each)]
    return [url for each in value for url in urls(each)] if isinstance(value, list) else []


def test_every_module_is_one_that_jira_knows(described: dict[str, Any]) -> None:
    schemas = schema()
    checked = 0
    for kind, modules in described["modules"].items():
        definition = schemas[f"connect-jira:{kind}"]
        for module in modules:
            jsonschema.Draft4Validator(definition).validate(module)
            # The schema admits further properties, so a misspelled one would go unnoticed.
            assert module.keys() <= definition["properties"].keys() | {"key"}
            checked += 1
    assert checked == 7


def test_the_schema_would_find_a_wrong_module(described: dict[str, Any]) -> None:
    module = described["modules"]["jiraIssueContents"][0] | {"target": {"type": "dialog"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema()["connect-jira:jiraIssueContents"]).validate(module)


def test_the_descriptor_says_who_the_app_is(described: dict[str, Any], settings: ConnectSettings) -> None:
    assert described["key"] == settings.app_key
    assert described["baseUrl"] == "https://vault.example.com"
    assert described["links"]["self"] == "https://vault.example.com/atlassian-connect.json"
    assert described["apiMigrations"] == {"signed-install": True, "context-qsh": True, "gdpr": True}
    assert described["authentication"] == {"type": "jwt"}
    assert described["scopes"] == ["READ", "WRITE", "DELETE", "ACT_AS_USER"]
    assert "{{" not in json.dumps(described)


def test_module_keys_are_of_the_shape_that_jira_takes(described: dict[str, Any]) -> None:
    keys = [each["key"] for modules in described["modules"].values() for each in modules if "key" in each]
    assert sorted(keys) == ["administration", "teams", "worklog-panel"]


def test_jira_fetches_the_descriptor_without_a_token(door: Door, described: dict[str, Any]) -> None:
    response = door.knock("GET", "/atlassian-connect.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.get_json() == described


def test_every_lifecycle_and_webhook_address_is_routed(small: SmallApp, described: dict[str, Any]) -> None:
    adapter = small.app.url_map.bind("vault.example.com")
    addresses = [*described["lifecycle"].values(), *urls(described["modules"]["webhooks"])]
    assert len(addresses) == 8
    for address in addresses:
        assert adapter.match(address, method="POST")


def test_every_webhook_is_one_that_its_address_understands(described: dict[str, Any]) -> None:
    events = {(each["event"], each["url"]) for each in described["modules"]["webhooks"]}
    expected = {(event, "/hooks/worklog") for event in webhooks.WORKLOG_EVENTS}
    assert events == expected | {(event, "/hooks/issue") for event in webhooks.ISSUE_EVENTS}


def test_every_icon_exists_and_runs_nothing(described: dict[str, Any]) -> None:
    icons = [url for url in urls(described["modules"]) if url.startswith("/static/")]
    assert len(icons) == 3
    for icon in icons:
        tree = ET.parse(ROOT / icon.removeprefix("/"))
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert tags <= {"svg", "rect", "path", "circle"}
