"""README and docs say what the code does: settings, columns, commands, targets, routes and links."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import sqlalchemy
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

import app as product
from connect.settings import ConnectSettings, Reader
from sandbox import seed
from sandbox.server import DEFAULT_PORTS, PORT_VARIABLES
from tenancy.settings import TenancySettings
from worklogs import services

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", ROOT / "sandbox" / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OUR_PAGES = tuple(page for page in PAGES if page.parent.name != "sandbox")
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
by_our_page = pytest.mark.parametrize("page", OUR_PAGES, ids=lambda page: str(page.relative_to(ROOT)))

SOURCES = [
    *(ROOT / "app.py", ROOT / "tests" / "run.py"),
    *(path for name in ("connect", "tenancy", "worklogs", "sandbox") for path in (ROOT / name).rglob("*.py")),
    *(ROOT / "tests").rglob("conftest.py"),
    *(ROOT / "tests" / "connect").rglob("test_*.py"),
]
SETTING = re.compile(r"(?:VAULT|DATABASE|CONNECT|SANDBOX)_[A-Z_]+")


def sections(page: str, level: int = 2) -> dict[str, str]:
    """The text under each heading of this level, by heading."""
    parts = re.split(rf"^{'#' * level} (.+)$", (ROOT / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[list[str]]:
    """The cells of the first table in a section, without its head."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines[2:]]


def code(markdown: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", markdown)


def commands_in(page: Path) -> list[str]:
    """Everything a reader could type: code spans, and the lines of code blocks."""
    page_text = page.read_text()
    blocks = re.findall(r"^(?: {4,}|\t)(.+)$", page_text, flags=re.MULTILINE)
    blocks += [
        line for block in re.findall(r"```\w*\n(.*?)```", page_text, re.DOTALL) for line in block.splitlines()
    ]
    return code(page_text) + blocks


# --- settings ------------------------------------------------------------------------------------


def documented(*headings: str) -> dict[str, str | None]:
    """Name and default of each setting in docs/settings.md: None is required, "" has none."""
    words = {"required": None, "none": ""}
    found = {}
    for heading in headings:
        for name, default, meaning, example in rows(sections("docs/settings.md")[heading]):
            assert meaning and example, f"{name} is not explained"
            found[code(name)[0]] = words[default] if default in words else code(default)[0]
    return found


def options() -> Iterator[click.Option]:
    """Every option of `worklog-vault` that the environment can give."""
    for command in product.main.commands.values():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.envvar:
                yield parameter


def test_the_apps_settings_are_documented_with_their_defaults_and_no_others() -> None:
    reader = Reader({})
    ConnectSettings.read(reader)
    TenancySettings.read(reader)
    by_option = {str(option.envvar): str(option.default) for option in options()}
    assert by_option, "the options that the environment can give were not found"

    assert documented("The app", "Jira and Atlassian", "Database and keys") == {
        **reader.defaults,
        **by_option,
    }


def test_settings_of_demo_and_tests_are_documented_and_no_others() -> None:
    app_settings = documented("The app", "Jira and Atlassian", "Database and keys")
    named = {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value)
    }
    named = {name for name in named if not name.endswith("_")} | set(PORT_VARIABLES.values())

    assert set(documented("Demo and tests")) == named - set(app_settings)


def test_the_sandboxs_ports_are_the_documented_ones() -> None:
    told = documented("Demo and tests")

    assert {PORT_VARIABLES[name]: str(port) for name, port in DEFAULT_PORTS.items()} == {
        name: value for name, value in told.items() if name in PORT_VARIABLES.values()
    }


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (code(row[0])[0], code(row[1]))
        for row in rows(sections("docs/settings.md")["What each command needs"])
    ],
)
def test_a_command_asks_for_the_documented_settings(
    command: str, needs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in documented("The app", "Jira and Atlassian", "Database and keys"):
        monkeypatch.delenv(name, raising=False)
    arguments = command.split()[1:] + (["a-site"] if command.endswith("show") else [])

    answer = CliRunner().invoke(product.main, arguments)

    assert sorted(re.findall(r"^ *(\w+): missing$", answer.output, re.MULTILINE)) == sorted(needs)
    assert (answer.exit_code != 0) == bool(needs), answer.output


def test_every_command_says_what_it_needs() -> None:
    told = {code(row[0])[0] for row in rows(sections("docs/settings.md")["What each command needs"])}

    assert told == {f"worklog-vault {' '.join(path)}" for path in leaves(product.main)}


@by_page
def test_settings_that_are_mentioned_exist(page: Path) -> None:
    known = set(documented("The app", "Jira and Atlassian", "Database and keys", "Demo and tests"))

    mentioned = {name for name in SETTING.findall(page.read_text()) if not name.endswith("_")}

    assert mentioned <= known


# --- commands ------------------------------------------------------------------------------------


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all commands that do something."""
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from leaves(each, (*path, name))
    else:
        yield path


def test_readme_lists_every_command() -> None:
    table = next(
        part for part in sections("README.md")["Settings and commands"].split("\n\n") if part.startswith("|")
    )

    listed = {code(row[0])[0] for row in rows(table)}

    assert listed == {f"worklog-vault {' '.join(path)}" for path in leaves(product.main)}


@by_page
def test_commands_that_are_mentioned_exist(page: Path) -> None:
    for line in commands_in(page):
        for words in re.findall(r"(?<![\w/])worklog-vault((?: +[\w-]+)*)", line):
            command: click.Command = product.main
            for word in words.split():
                if word.startswith("-"):
                    known = {name for each in command.params for name in each.opts} | {"--help", "--version"}
                    assert word in known, line
                elif isinstance(command, click.Group):
                    assert word in command.commands, line
                    command = command.commands[word]


@by_page
def test_make_targets_that_are_mentioned_exist(page: Path) -> None:
    for line in commands_in(page):
        for words in re.findall(r"^(?:\w+=\S+ +)*make((?: +[\w./-]+)+)", line):
            assert set(words.split()) <= make_targets(), line


def make_targets() -> set[str]:
    """What the Makefile can make, variables put in."""
    makefile = (ROOT / "Makefile").read_text()
    variables = dict(re.findall(r"^(\w+) [:?]?= (.+)$", makefile, re.MULTILINE))
    targets = re.findall(r"^([\w$()./-]+):(?!=)", makefile, re.MULTILINE)
    while any("$(" in target for target in targets):
        targets = [re.sub(r"\$\((\w+)\)", lambda name: variables[name[1]], target) for target in targets]
    return set(targets)


def test_readme_explains_every_make_target() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert {f"make {name}" for name in targets} <= set(code((ROOT / "README.md").read_text()))


@by_page
def test_modules_to_be_run_exist(page: Path) -> None:
    for line in commands_in(page):
        for name in re.findall(r"python -m ([\w.]+)", line):
            assert importlib.util.find_spec(name), line


# --- links ---------------------------------------------------------------------------------------


@by_page
def test_relative_links_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), target


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@by_our_page
def test_places_that_are_mentioned_are_there(page: Path) -> None:
    made = (".venv", ".data", "static/dist", "/")
    for span in code(page.read_text()):
        if re.fullmatch(r"[\w.-]+(/[\w.-]*)+|[\w-]+\.(py|json|txt|md)", span) and not span.startswith(made):
            if span.startswith("application/") or span in (
                "jira-openapi-v3.json",
                "connect-modules-schema.json",
            ):
                continue
            assert (ROOT / span).exists(), span


def test_the_screenshot_is_small() -> None:
    assert (ROOT / "docs" / "img" / "panel.png").stat().st_size < 250_000


def test_the_tour_names_what_the_demo_has() -> None:
    tour = sections("README.md")["Try it: two commands"]

    for name in (
        "Tomás Herrera",
        "Amara Okafor",
        "Mei-Lin Zhao",
        "Priya Raghunathan",
        "Katarzyna Nowak",
        "Jonas Lindqvist",
    ):
        assert f"**{name}**" in tour
        assert name in {person.display_name for person in seed.cast.PEOPLE}
    for port in DEFAULT_PORTS.values():
        assert f"<http://localhost:{port}/" in tour


# --- routes and calls ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web(database_environ: dict[str, str]) -> Iterator[Flask]:
    """The web application, as it serves."""
    environ = {**database_environ, "VAULT_BASE_URLS": "https://vault.example.com"}
    web = product.create_app(product.Settings.from_env(environ))
    yield web
    with web.app_context():
        services.current().database.dispose()


def shape(path: str) -> str:
    """A route or documented path with every placeholder alike."""
    return re.sub(r"[<{][^>}]+[>}]", "{}", path)


def test_routes_that_are_mentioned_exist(web: Flask) -> None:
    answer = web.test_client().get("/api/v1/openapi.json", base_url="https://vault.example.com")
    described = {shape(path) for path in answer.json["paths"]}
    routed = {shape(rule.rule) for rule in web.url_map.iter_rules()}
    seen = set()
    for page in OUR_PAGES:
        for method, path in re.findall(
            r"`(?:(GET|POST|PUT|PATCH|DELETE) )?(/[a-z][^`\s]*)`", page.read_text()
        ):
            if path.startswith("/rest/") or path in ("/api/v1", "/usr/bin/chromium"):
                continue
            known = described if path.startswith("/api/") and not path.endswith("openapi.json") else routed
            assert shape(path) in known, f"{page.name}: {method} {path}"
            seen.add(path)
    assert {"/healthz", "/api/v1/openapi.json", "/api/v1/settings"} <= seen


def test_calls_to_jira_are_listed_and_no_others() -> None:
    called = set()
    for source in (ROOT / "connect" / "jira").rglob("*.py"):
        for path in re.findall(r'"(/rest/api/3/[^"?]*)"', source.read_text()):
            called.add(shape(path))
    for source in (ROOT / "static" / "src").rglob("*.ts*"):
        for path in re.findall(r"[`\"](/rest/api/3/[^`\"?]*)", source.read_text()):
            called.add(shape(path))
    told = {
        shape(call.split()[1])
        for call in code(sections("docs/data.md")["What is read from Jira"])
        if "/rest/" in call
    }

    assert told == called


# --- data ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue(admin_url: str) -> dict[str, dict[str, str]]:
    """Every column of every table in the schemas `vault` and `jobs`: name and type, by table."""
    engine = sqlalchemy.create_engine(admin_url, poolclass=sqlalchemy.NullPool)
    columns = text("""
        select format('%s.%s', n.nspname, c.relname) as relation, a.attname,
          format_type(a.atttypid, null) as type
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('vault', 'jobs') and c.relkind in ('r', 'p', 'm', 'v')
          and a.attnum > 0 and not a.attisdropped
        order by relation, a.attnum
    """)
    found: dict[str, dict[str, str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(columns):
            found.setdefault(row.relation, {})[row.attname] = row.type
    return found


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, set[str]]]:
    """The columns in docs/data.md with their kinds, by table."""
    found = {}
    for heading, section in sections("docs/data.md", level=3).items():
        columns = {}
        for name, content, kind in rows(section.split("\n## ")[0]):
            assert content, f"{heading} {name} is not explained"
            columns[code(name)[0]] = set(re.findall(r"\w+", kind))
        found[code(heading)[0]] = columns
    return found


def test_every_stored_column_is_listed_in_its_order_and_no_other(catalogue, told) -> None:
    assert {table: list(columns) for table, columns in told.items()} == {
        table: list(columns) for table, columns in catalogue.items()
    }


def test_what_is_encrypted_is_listed_as_such_and_nothing_else(catalogue, told) -> None:
    encrypted = {(t, c) for t, columns in catalogue.items() for c, kind in columns.items() if kind == "bytea"}

    assert {
        (t, c) for t, columns in told.items() for c, kinds in columns.items() if kinds & {"sealed", "wrapped"}
    } == encrypted


def test_columns_with_account_ids_are_listed_as_personal(catalogue, told) -> None:
    about_people = re.compile(r"account|_by$|manager|address|author|description_sealed")
    people = [(t, c) for t, columns in catalogue.items() for c in columns if about_people.search(c)]

    assert people
    assert [each for each in people if "personal" not in told[each[0]][each[1]]] == []


def test_kinds_are_the_three_that_the_page_explains(told) -> None:
    assert {kind for columns in told.values() for kinds in columns.values() for kind in kinds} == {
        "personal",
        "sealed",
        "wrapped",
    }


# --- tone ----------------------------------------------------------------------------------------


@by_our_page
def test_pages_hold_no_machines_paths(page: Path) -> None:
    assert not re.search(r"/(?:work|home|root|tmp)/", page.read_text())
