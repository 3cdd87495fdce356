"""What a callback's body may say. Who may say it is tested over HTTP, in test_forgery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connect import lifecycle
from connect.errors import Reason, Unauthenticated
from connect.lifecycle import BaseUrlRefused, CallbackRefused, LifecycleEvent
from connect.principals import InstallationState
from connect.settings import ConnectSettings

BODY = {
    "key": "com.worklogvault.jira",
    "clientKey": "site-1",
    "sharedSecret": "s" * 64,
    "baseUrl": "https://Acme.atlassian.net/",
    "productType": "jira",
    "eventType": "installed",
    "oauthClientId": "client",
}


def read(settings: ConnectSettings, signer: str = "site-1", **changes: Any) -> lifecycle.Callback:
    return lifecycle.read(
        LifecycleEvent.INSTALLED, json.dumps({**BODY, **changes}).encode(), signer, settings
    )


def test_an_installed_callback_describes_its_site(settings: ConnectSettings) -> None:
    installed = read(settings).installed
    assert installed is not None
    assert (installed.client_key, installed.shared_secret) == ("site-1", "s" * 64)
    assert installed.base_url == "https://acme.atlassian.net"
    assert (installed.oauth_client_id, installed.product_type) == ("client", "jira")
    assert "ssss" not in repr(installed)


def test_a_site_without_impersonation_has_no_oauth_client(settings: ConnectSettings) -> None:
    installed = read(settings, oauthClientId=None).installed
    assert installed is not None
    assert installed.oauth_client_id is None


def test_the_other_callbacks_need_no_secret_and_no_address(settings: ConnectSettings) -> None:
    body = {"key": BODY["key"], "clientKey": "site-1", "eventType": "uninstalled"}
    callback = lifecycle.read(LifecycleEvent.UNINSTALLED, json.dumps(body).encode(), "site-1", settings)
    assert (callback.client_key, callback.installed) == ("site-1", None)


def test_a_body_that_names_another_site_is_not_believed(settings: ConnectSettings) -> None:
    with pytest.raises(Unauthenticated) as caught:
        read(settings, signer="site-2")
    assert caught.value.reason is Reason.ISSUER_FOREIGN


@pytest.mark.parametrize("client_key", ["-x", "a b", "a/b", "k" * 129, "ü", "a\n"])
def test_a_client_key_of_odd_shape_is_refused_even_when_signed(
    settings: ConnectSettings, client_key: str
) -> None:
    with pytest.raises(CallbackRefused) as caught:
        read(settings, signer=client_key, clientKey=client_key)
    assert [each.field for each in caught.value.fields] == ["clientKey"]


def test_every_wrong_field_is_named_at_once_without_its_value(settings: ConnectSettings) -> None:
    with pytest.raises(CallbackRefused) as caught:
        read(settings, sharedSecret="hunter2", oauthClientId="", productType="hunter2")
    problems = caught.value.fields
    assert [each.field for each in problems] == ["sharedSecret", "oauthClientId", "productType"]
    assert not any("hunter2" in each.message for each in problems)


def test_plain_http_is_for_allowed_hosts_in_development_only(
    settings: ConnectSettings, environ: dict[str, str]
) -> None:
    installed = read(settings, baseUrl="http://acme.atlassian.net").installed
    assert installed is not None
    assert installed.base_url == "http://acme.atlassian.net"
    strict = ConnectSettings.from_env(
        {
            **environ,
            "VAULT_ENVIRONMENT": "production",
            "CONNECT_INSTALL_KEYS_URLS": "https://keys.example.com",
        }
    )
    with pytest.raises(BaseUrlRefused):
        read(strict, baseUrl="http://acme.atlassian.net")


def test_a_site_that_is_gone_cannot_enable_itself_but_may_say_late_that_it_is_disabled() -> None:
    assert InstallationState.UNINSTALLED not in lifecycle.SITE_SIGNED[LifecycleEvent.ENABLED]
    assert InstallationState.UNINSTALLED in lifecycle.SITE_SIGNED[LifecycleEvent.DISABLED]
    assert set(lifecycle.SITE_SIGNED) == {LifecycleEvent.ENABLED, LifecycleEvent.DISABLED}
