"""A person in front of a browser: one of the cast, on one site of the sandbox, in one theme."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, FrameLocator, Locator, Page

from sandbox import cast
from tests.house import SEC_1, House

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PANEL, PAGES = "Secured work logs", "Worklog Vault"
PATIENCE_MILLISECONDS = 10_000

#: Atlassian's own script says so wherever it runs outside of Atlassian.
_THEIRS = "[ACJS] Feature flag service is not initialised"

#: How often Tab is pressed before something counts as out of a keyboard's reach.
_TABS = 60

# Runs inside the frame, where Content-Security-Policy forbids what Playwright's own waiting would need.
_FITS = """async (patience) => {
  const page = document.documentElement;
  const fits = () => page.scrollHeight <= window.innerHeight && page.scrollWidth <= window.innerWidth;
  const until = performance.now() + patience;
  while (!fits() && performance.now() < until) await new Promise((next) => setTimeout(next, 20));
  return fits();
}"""
_IS_THEMED = """async ([mode, patience]) => {
  const page = document.documentElement;
  const themed = () =>
    page.dataset.colorMode === mode && getComputedStyle(page).getPropertyValue("--ds-surface") !== "";
  const until = performance.now() + patience;
  while (!themed() && performance.now() < until) await new Promise((next) => setTimeout(next, 20));
  return themed();
}"""
_FINDINGS = """async () => {
  // No preloading: axe would fetch the tokens' stylesheets, which connect-src forbids.
  const options = { iframes: false, preload: false, resultTypes: ["violations"] };
  const found = await axe.run(document, options);
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id} at ${node.target}: ${node.failureSummary}`));
}"""
_HAS_FOCUS = "element => document.hasFocus() && element === document.activeElement"


@dataclass
class Visit:
    """One person's browser window. `complaints` are the errors that pages wrote to the console."""

    house: House
    context: BrowserContext
    page: Page
    site: str
    theme: str
    complaints: list[str] = field(default_factory=list)
    _forgiven: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The site's address."""
        return self.house.sandbox.site(self.site).base_url

    def issue(self, key: str = SEC_1, tab: str = "worklog") -> FrameLocator:
        """Opens an issue. What comes back is the panel on it."""
        self.page.goto(f"{self.url}/browse/{key}?tab={tab}")
        return self.frame(PANEL)

    def teams(self) -> FrameLocator:
        """Goes to the teams page by the site's navigation."""
        self.page.goto(self.url)
        self.page.get_by_role("navigation", name="Site").get_by_role("link", name=PAGES).click()
        return self.frame(PAGES)

    def administration(self) -> FrameLocator:
        """Goes to the administration page by the site's settings menu."""
        self.page.goto(self.url)
        navigation = self.page.get_by_role("navigation", name="Site")
        navigation.get_by_text("Settings").click()
        navigation.locator("details").get_by_role("link", name=PAGES).click()
        return self.frame(PAGES)

    def frame(self, title: str) -> FrameLocator:
        """The add-on's page of that title inside the site's page."""
        return self.page.get_by_title(title, exact=True).content_frame

    def inside(self, title: str = PANEL) -> Frame:
        """The same, to run scripts in."""
        handle = self.page.get_by_title(title, exact=True).element_handle(timeout=PATIENCE_MILLISECONDS)
        frame = handle.content_frame()
        assert frame is not None
        return frame

    def frame_height(self, title: str = PANEL) -> float:
        """How high the add-on's page is drawn, in pixels."""
        box = self.page.get_by_title(title, exact=True).bounding_box()
        assert box is not None
        return box["height"]

    def fits(self, title: str = PANEL) -> bool:
        """Whether the frame comes to show all of its content, without a scroll bar of its own."""
        return bool(self.inside(title).evaluate(_FITS, PATIENCE_MILLISECONDS))

    def is_themed(self, where: Frame | Page, mode: str) -> bool:
        """Whether a document comes to show the theme `light` or `dark`, with its tokens loaded."""
        return bool(where.evaluate(_IS_THEMED, [mode, PATIENCE_MILLISECONDS]))

    def findings(self, where: Frame | Page) -> list[str]:
        """axe-core's serious and critical findings in one document, in this visit's theme."""
        assert self.is_themed(where, self.theme)
        where.evaluate(AXE.read_text())
        return list(where.evaluate(_FINDINGS))

    def tab_to(self, wanted: Locator, key: str = "Tab") -> None:
        """Presses Tab until `wanted` has the focus, as somebody without a mouse has to."""
        for _ in range(_TABS):
            if wanted.evaluate(_HAS_FOCUS):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{_TABS} times {key}, and {wanted} has no focus")

    def forgives(self, pattern: str) -> None:
        """Errors on the console that match are what the test provokes."""
        self._forgiven.append(pattern)

    def unexpected_complaints(self) -> list[str]:
        """What pages complained about, without what was forgiven."""
        return [text for text in self.complaints if not any(re.search(it, text) for it in self._forgiven)]


def open_window(
    browser: Browser, house: House, role: str | None, site: str, theme: str, **options: Any
) -> Visit:
    """A fresh browser profile; with a `role`, the sandbox's cookie says who looks."""
    context = browser.new_context(
        locale="en-GB",
        timezone_id="Europe/Madrid",
        reduced_motion="reduce",
        **{"viewport": {"width": 1280, "height": 1000}, **options},
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    url = house.sandbox.site(site).base_url
    context.add_cookies([{"name": "sandbox_theme", "value": theme, "url": url}])
    if role is not None:
        context.add_cookies([{"name": "sandbox_user", "value": cast.account_id(role), "url": url}])
    visit = Visit(house, context, context.new_page(), site, theme)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_THEIRS):
            visit.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    context.on("console", listen)
    context.on("weberror", lambda error: visit.complaints.append(f"uncaught: {error.error}"))
    return visit


def entries(panel: FrameLocator) -> Locator:
    """The work logs that the panel lists."""
    return panel.get_by_role("list", name="Work logs").get_by_role("listitem")


def entry(panel: FrameLocator, text: str) -> Locator:
    """The work log in the panel's list with this text in it."""
    return entries(panel).filter(has_text=text)


def loaded(panel: FrameLocator) -> Locator:
    """The panel once neither the secured work logs nor Jira's are still being loaded."""
    return panel.get_by_role("main").filter(has_not_text="Loading")


def sum_of(panel: FrameLocator, term: str) -> Locator:
    """One of the sums above the list: "Secured", "Time spent", "Original estimate"."""
    return panel.locator("dl > div").filter(has_text=term).get_by_role("definition")
