"""A running site: its world, what can go wrong with it, and its webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import request

from sandbox import addons, cast, lifecycle
from sandbox.faults import Faults
from sandbox.lifecycle import Callback, InstallKey, Order
from sandbox.limits import Limits
from sandbox.model import Addon, Issue, User, World
from sandbox.rest.callers import USER_COOKIE
from sandbox.webhooks import RETRY_DELAYS, Dispatcher

#: The module of the issue panel in the product's descriptor.
PANEL = "worklog-panel"


@dataclass
class Site:
    """One Jira site, as tests and the control API handle it. Users are named by account id or by role
    (``"member"``), issues by id or key, the add-on by its key when there are several."""

    model: World
    install_key: InstallKey
    webhooks: Dispatcher
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def base_url(self) -> str:
        """Without a slash at the end: ``http://localhost:8091``."""
        return self.model.base_url

    def addon(self, key: str | None = None) -> Addon:
        """The installed add-on. LookupError when there is none, or several and no key."""
        return self.model.addon(key)

    def user(self, account: str) -> User:
        """The user of that account id or role. LookupError for strangers."""
        found = self.model.users.get(account)
        return found if found is not None else self.model.users[cast.account_id(account)]

    def issue(self, issue: str | int) -> Issue:
        """The issue of that id or key. LookupError when it does not exist."""
        found = self.model.issue(str(issue))
        if found is None:
            raise LookupError(f"{self.name} has no issue {issue}")
        return found

    def context_token(
        self,
        account: str | None,
        issue: str | int | None = None,
        module_key: str | None = None,
        addon_key: str | None = None,
    ) -> str:
        """The token that ``AP.context.getToken()`` gives to the add-on's iframe when that user looks."""
        user = self.user(account) if account else None
        on = self.issue(issue) if issue is not None else None
        return addons.context_token(self.model, self.addon(addon_key), user, module_key, on)

    def module_url(
        self,
        account: str | None,
        module_key: str,
        issue: str | int | None = None,
        addon_key: str | None = None,
    ) -> str:
        """The signed URL of a module's iframe for that user."""
        user = self.user(account) if account else None
        on = self.issue(issue) if issue is not None else None
        return addons.module_url(self.model, self.addon(addon_key), module_key, user, on)

    def panel_url(self, account: str | None, issue: str | int, module_key: str = PANEL) -> str:
        """The signed URL of the issue panel."""
        return self.module_url(account, module_key, issue)

    def install(self, addon_url: str) -> Addon:
        """Install or upgrade. Raises :class:`~sandbox.lifecycle.InstallFailed`."""
        return lifecycle.install(self.model, self.install_key, addon_url)

    def uninstall(self, key: str | None = None, order: Order = Order.PARALLEL) -> list[Callback]:
        return lifecycle.uninstall(self.model, self.install_key, self.addon(key), order)

    def disable(self, key: str | None = None) -> Callback:
        return lifecycle.disable(self.model, self.addon(key))

    def enable(self, key: str | None = None) -> Callback:
        return lifecycle.enable(self.model, self.addon(key))

    def rotate_secret(self, key: str | None = None) -> Addon:
        """A new shared secret for the add-on. Raises :class:`~sandbox.lifecycle.InstallFailed`."""
        return lifecycle.rotate_secret(self.model, self.install_key, self.addon(key))


def create_site(
    world: World, install_key: InstallKey, *, retry_delays: Sequence[float] = RETRY_DELAYS
) -> Site:
    """A site around a world; its webhooks are not started yet."""
    return Site(world, install_key, Dispatcher(world, retry_delays=retry_delays))


def current_user(site: Site) -> User:
    """Who looks at the site's pages: the cookie's user, or the member when there is no good one."""
    found = site.model.users.get(request.cookies.get(USER_COOKIE, ""))
    if found is None or not found.active or found.account_type == "app":
        return site.user(cast.MEMBER.account_id)
    return found
