"""What Jira hands to an installed add-on's pages: signed iframe URLs and context tokens.

A URL's token carries the hash of that URL and lives for three minutes. A context token carries the fixed
``context-qsh``, lives for fifteen, and names the user and what is on the screen.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from sandbox import tokens
from sandbox.model import Addon, AddonState, Issue, Json, User, World
from sandbox.permissions import ADMINISTER, Permissions

URL_LIFETIME_SECONDS = 180
CONTEXT_LIFETIME_SECONDS = 900
_PARAMETER = re.compile(r"\{([A-Za-z_.]+)\}")


class UnknownModule(LookupError):
    """The descriptor has no module of that key with a page of its own."""


def modules(addon: Addon, kind: str) -> list[Json]:
    """The modules of a kind (``jiraIssueContents``, ``generalPages``, ...), in the descriptor's order."""
    found = addon.descriptor.get("modules", {}).get(kind, [])
    return list(found) if isinstance(found, list) else [found]


def visible_modules(world: World, kind: str, user: User | None) -> Iterator[tuple[Addon, Json]]:
    """The modules of a kind of every enabled add-on, less those whose conditions the user does not meet."""
    for addon in world.addons.values():
        if addon.state is AddonState.ENABLED:
            for module in modules(addon, kind):
                if _conditions_met(world, module, user):
                    yield addon, module


def module(addon: Addon, module_key: str) -> Json:
    """The module of that key, whatever its kind. Raises UnknownModule."""
    for kind in addon.descriptor.get("modules", {}):
        for candidate in modules(addon, kind):
            if candidate.get("key") == module_key:
                return candidate
    raise UnknownModule(f"{addon.key} has no module {module_key!r}")


def module_url(
    site: World, addon: Addon, module_key: str, user: User | None, issue: Issue | None = None
) -> str:
    """The absolute URL of a module's iframe: parameters filled in, Jira's own added, signed for this GET.

    Parameters that the context does not have become empty. Raises UnknownModule.
    """
    filled = _filled(_url_of(module(addon, module_key)), _parameters(site, user, issue))
    path = urlsplit(addon.base_url).path
    target = f"{filled}{'&' if '?' in filled else '?'}{urlencode(_jira_parameters(site, addon, module_key))}"
    token = tokens.sign(
        addon.shared_secret,
        addon.client_key,
        qsh=tokens.query_hash("GET", target),
        lifetime=URL_LIFETIME_SECONDS,
        sub=user.account_id if user else None,
        context=context(site, issue),
    )
    origin = addon.base_url.removesuffix(path)
    return f"{origin}{path}{target}&jwt={token}"


def context_token(
    site: World, addon: Addon, user: User | None, module_key: str | None = None, issue: Issue | None = None
) -> str:
    """What ``AP.context.getToken()`` gives the module's iframe. The module must exist when it is named.

    As in Jira the token names site (``iss`` = client key) and user (``sub``) and carries no audience.
    """
    if module_key is not None:
        module(addon, module_key)
    return tokens.sign(
        addon.shared_secret,
        addon.client_key,
        qsh=tokens.CONTEXT_QSH,
        lifetime=CONTEXT_LIFETIME_SECONDS,
        sub=user.account_id if user else None,
        context=context(site, issue),
    )


def context(site: World, issue: Issue | None = None) -> Json:
    """The ``context`` claim, which ``AP.context.getContext()`` shows too: issue, project, Jira's address."""
    jira: Json = {}
    if issue is not None:
        project = site.project_of(issue)
        jira = {
            "issue": {"id": str(issue.id), "key": issue.key, "issuetype": {"id": str(issue.issue_type_id)}},
            "project": {"id": str(project.id), "key": project.key},
        }
    return {"jira": jira, "license": {"active": True}, "url": {"displayUrl": site.base_url}}


def _url_of(found: Mapping[str, Any]) -> str:
    target = found.get("target")
    url = target.get("url") if isinstance(target, dict) else found.get("url")
    if not isinstance(url, str):
        raise UnknownModule(f"the module {found.get('key')!r} has no page")
    return url if url.startswith("/") else f"/{url}"


def _parameters(site: World, user: User | None, issue: Issue | None) -> dict[str, str]:
    parameters = {"user.accountId": user.account_id, "user.id": user.account_id} if user else {}
    if issue is not None:
        project = site.project_of(issue)
        parameters |= {
            "issue.id": str(issue.id),
            "issue.key": issue.key,
            "issue.issuetype.id": str(issue.issue_type_id),
            "issuetype.id": str(issue.issue_type_id),
            "project.id": str(project.id),
            "project.key": project.key,
        }
    return parameters


def _filled(url: str, parameters: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda match: quote(parameters.get(match[1], ""), safe=""), url)


def _jira_parameters(site: World, addon: Addon, module_key: str) -> dict[str, str]:
    return {
        "xdm_e": site.base_url,
        "xdm_c": f"channel-{addon.key}__{module_key}",
        "cp": "",
        "xdm_deprecated_addon_key_do_not_use": addon.key,
        "lic": "active",
        "cv": "1001.0.0",
    }


def _conditions_met(world: World, found: Mapping[str, Any], user: User | None) -> bool:
    return all(_condition_met(world, condition, user) for condition in found.get("conditions", ()))


def _condition_met(world: World, condition: Mapping[str, Any], user: User | None) -> bool:
    if "or" in condition:
        return any(_condition_met(world, one, user) for one in condition["or"])
    if "and" in condition:
        return all(_condition_met(world, one, user) for one in condition["and"])
    permissions = Permissions(world, user)
    outcomes = {
        "user_is_logged_in": user is not None,
        "user_is_admin": permissions.holds_globally(ADMINISTER),
        "user_is_sysadmin": permissions.holds_globally("SYSTEM_ADMIN"),
        "can_use_application": user is not None and user.licensed,
    }
    # A condition that the sandbox does not know hides the module, as a wrong one does in Jira.
    met = outcomes.get(str(condition.get("condition")), False)
    return met is not bool(condition.get("invert", False))
