"""A real Chromium, and the house with its bundles behind it."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import house as building
from tests.browser import visiting
from tests.browser.visiting import PATIENCE_MILLISECONDS, ROOT, Visit
from tests.house import House, SecuredTeam

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BUILT = (ROOT / "static" / "dist" / "manifest.json", ROOT / "sandbox" / "host" / "dist" / "host.js")


# Ends with this folder's tests: Playwright's event loop would be in the way of others in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all of this folder's tests."""
    found = os.environ.get("VAULT_TEST_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(
            "The browser tests need Chromium: apt-get install chromium, or name one in VAULT_TEST_BROWSER"
        )
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def house(database_environ, admin_url) -> Iterator[House]:
    """The real app installed into the sandbox's sites."""
    if missing := [path for path in BUILT if not path.is_file()]:
        pytest.fail(f"The browser code is not bundled (no {missing[0].relative_to(ROOT)}): npm run build")
    with building.running_house(database_environ, admin_url) as running:
        yield running


@pytest.fixture(scope="module")
def team(house: House) -> SecuredTeam:
    """acme's secured team: a lead, a member, a reader, a leaver."""
    return building.make_secured_team(house)


@pytest.fixture(autouse=True)
def nothing_logged(house: House) -> Iterator[None]:
    """Every test begins without secured work logs and ends without faults."""
    house.as_owner("delete from vault.secured_worklog")
    yield
    house.sandbox.site("acme").faults.clear()


Visits = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, house: House) -> Iterator[Visits]:
    """`visit("member", theme="dark")` opens a window for somebody.

    Afterwards no page may have written errors to the console, violations of the Content-Security-Policy among
    them, except those that the test said it would provoke.
    """
    visits: list[Visit] = []

    def visit(role: str | None, site: str = "acme", theme: str = "light", **options: object) -> Visit:
        visits.append(visiting.open_window(browser, house, role, site, theme, **options))
        return visits[-1]

    yield visit
    for one in visits:
        one.context.close()
    assert [text for one in visits for text in one.unexpected_complaints()] == []
