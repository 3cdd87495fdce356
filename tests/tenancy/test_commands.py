"""The operator's commands: what people and programs read, and what is said when something is missing."""

from __future__ import annotations

import base64
import json

import click
import pytest
from click.testing import CliRunner, Result

from connect.ports import Installed, RequestFacts
from connect.principals import InstallationState
from tenancy import commands, migrations
from tenancy.database import Database
from tenancy.embedded import DatabaseUrls, EmbeddedPostgres
from tenancy.installations import Installations
from tenancy.settings import TenancySettings

FACTS = RequestFacts("request-1", "203.0.113.7", "POST", "/installed")
ENTRY = "old:" + base64.b64encode(bytes(32)).decode()
NEW_ENTRY = "new:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def urls(postgres: EmbeddedPostgres, scratch: str) -> DatabaseUrls:
    return postgres.urls(scratch)


@pytest.fixture
def environ(urls: DatabaseUrls) -> dict[str, str]:
    return {
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "VAULT_KEY_ENCRYPTION_KEYS": ENTRY,
        "COLUMNS": "200",
    }


@pytest.fixture
def sites(environ: dict[str, str]) -> None:
    """acme has the app, globex had it."""
    database = Database(TenancySettings.from_env(environ))
    installations = Installations(database)
    for name in ("globex", "acme"):
        installations.install(
            Installed(name, "very-secret", f"https://{name}.atlassian.net", None, "jira"), FACTS
        )
    installations.change_state("globex", InstallationState.UNINSTALLED, FACTS)
    database.dispose()


def run(command: click.Command, environ: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, env={"DATABASE_OWNER_URL": None, **environ})


def test_migrate_says_what_it_did_and_that_there_is_nothing_to_do(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("commanded")
    environ = {"DATABASE_OWNER_URL": postgres.urls("commanded").owner}
    first, second = run(commands.migrate, environ), run(commands.migrate, environ)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout == f"The database is now at version {migrations.head()}.\n"
    assert "Applied 0001" in first.stderr
    assert second.stdout == f"The database is at version {migrations.head()} already.\n"
    postgres.drop_database("commanded")


def test_migrate_for_programs(environ: dict[str, str]) -> None:
    result = run(commands.migrate, environ, "--json")
    assert json.loads(result.stdout) == {"applied": [], "version": migrations.head()}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (commands.migrate, ()),
        (commands.tenants, ("list",)),
        (commands.tenants, ("show", "acme")),
        (commands.keys, ("rotate",)),
    ],
)
def test_a_missing_setting_is_named(command: click.Command, arguments: tuple[str, ...]) -> None:
    result = run(command, {}, *arguments)
    assert result.exit_code == 1
    assert "DATABASE_OWNER_URL: missing" in result.stderr
    assert "Traceback" not in result.output


def test_a_database_that_cannot_be_reached_is_one_clear_line() -> None:
    for command, arguments in ((commands.migrate, ()), (commands.tenants, ("list",))):
        result = run(command, {"DATABASE_OWNER_URL": "postgresql://x@/y?host=/nowhere"}, *arguments)
        assert result.exit_code == 1
        assert "The database cannot be reached" in result.stderr
        assert "Traceback" not in result.output


def test_list_shows_every_site(environ: dict[str, str], sites: None) -> None:
    result = run(commands.tenants, environ, "list")
    assert result.exit_code == 0
    acme, globex = (line for line in result.stdout.splitlines() if ".atlassian.net" in line)
    assert "acme" in acme
    assert "enabled" in acme
    assert "uninstalled" in globex
    assert result.stdout.endswith("2 sites\n")


def test_list_can_be_narrowed_to_a_state(environ: dict[str, str], sites: None) -> None:
    listed = json.loads(run(commands.tenants, environ, "list", "--state", "uninstalled", "--json").stdout)
    assert [site["instance_key"] for site in listed] == ["globex"]
    assert listed[0]["erased_from"] > listed[0]["uninstalled_at"]


def test_show_tells_the_life_of_a_site_and_no_secret(environ: dict[str, str], sites: None) -> None:
    result = run(commands.tenants, environ, "show", "globex")
    assert result.exit_code == 0
    for word in ("https://globex.atlassian.net", "uninstalled", "installation:install", "203.0.113.7", "old"):
        assert word in result.stdout
    assert "acme" not in result.stdout
    assert "very-secret" not in result.stdout

    details = json.loads(run(commands.tenants, environ, "show", "globex", "--json").stdout)
    assert [event["action"] for event in details["events"]] == [
        "installation:uninstall",
        "installation:install",
        "data_key:create",
    ]
    assert details["data_keys"][0]["key_encryption_key"] == "old"


def test_show_says_that_there_is_no_such_site(environ: dict[str, str]) -> None:
    result = run(commands.tenants, environ, "show", "nobody")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no site 'nobody'; see `worklog-vault tenants list`.\n"


def test_generated_keys_are_usable_and_different(environ: dict[str, str]) -> None:
    entries = [run(commands.keys, {}, "generate").stdout.strip() for _ in range(2)]
    assert entries[0] != entries[1]
    settings = TenancySettings.from_env({**environ, "VAULT_KEY_ENCRYPTION_KEYS": " ".join(entries)})
    assert len(settings.key_encryption_keys) == 2


def test_a_generated_key_may_be_named() -> None:
    assert run(commands.keys, {}, "generate", "--name", "spring").stdout.startswith("spring:")
    refused = run(commands.keys, {}, "generate", "--name", "a b")
    assert refused.exit_code == 2
    assert "--name" in refused.stderr


def test_rotate_wraps_all_keys_anew_and_names_what_is_no_longer_needed(
    environ: dict[str, str], sites: None
) -> None:
    environ["VAULT_KEY_ENCRYPTION_KEYS"] = f"{NEW_ENTRY} {ENTRY}"
    result = run(commands.keys, environ, "rotate")
    assert result.exit_code == 0
    assert "Data keys wrapped anew: 2. All are under 'new' now." in result.stdout
    assert "No longer needed in VAULT_KEY_ENCRYPTION_KEYS: old" in result.stdout

    again = run(commands.keys, environ, "rotate", "--json")
    assert json.loads(again.stdout) == {"rewrapped": 0, "first": "new", "unused": ["old"]}


def test_rotate_refuses_before_anything_when_a_key_is_missing(environ: dict[str, str], sites: None) -> None:
    result = run(commands.keys, {**environ, "VAULT_KEY_ENCRYPTION_KEYS": NEW_ENTRY}, "rotate")
    assert result.exit_code == 1
    assert "VAULT_KEY_ENCRYPTION_KEYS lacks old" in result.stderr


@pytest.mark.parametrize("command", [commands.migrate, commands.tenants, commands.keys], ids=lambda c: c.name)
def test_every_command_explains_itself(command: click.Command) -> None:
    each = list(command.commands.values()) if isinstance(command, click.Group) else []
    for one in (command, *each):
        help_text = CliRunner().invoke(one, ["--help"]).stdout
        assert len(help_text) > 150
        assert all(option.help for option in one.params if isinstance(option, click.Option))
