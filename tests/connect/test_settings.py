"""Settings come from a dict, complain in full, and never repeat a value."""

from __future__ import annotations

import pytest

from connect.settings import ConnectSettings, Environment, Reader, SettingsError

MINIMAL = {"VAULT_BASE_URLS": "https://vault.example.com"}


def problems(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        ConnectSettings.from_env(environ)
    return caught.value.problems


def test_one_address_is_enough() -> None:
    settings = ConnectSettings.from_env(MINIMAL)
    assert settings.base_urls == ("https://vault.example.com",)
    assert settings.app_key == "com.worklogvault.jira"
    assert settings.production
    assert settings.base_path == ""
    assert settings.allowed_hosts.patterns == ("*.atlassian.net", "*.jira.com")
    assert settings.install_keys_urls[0] == "https://asap-distribution.us-west-2.prod.atl-asap.net"


def test_every_problem_is_named_at_once_and_no_value_is_repeated() -> None:
    environ = {
        "CONNECT_APP_KEY": "hunter2 hunter2",
        "CONNECT_BRIDGE_URL": "javascript:hunter2",
        "CONNECT_JIRA_TIMEOUT_SECONDS": "hunter2",
        "VAULT_TRUSTED_PROXIES": "-1",
        "VAULT_ENVIRONMENT": "hunter2",
        "CONNECT_INSTALL_KEYS_URLS": "https://keys.example.com?hunter2",
    }
    with pytest.raises(SettingsError) as caught:
        ConnectSettings.from_env(environ)
    assert set(caught.value.problems) == {*environ, "VAULT_BASE_URLS"}
    assert all(key in str(caught.value) for key in caught.value.problems)
    assert "hunter2" not in str(caught.value)


def test_a_slash_at_the_end_of_an_address_goes() -> None:
    settings = ConnectSettings.from_env(
        {"VAULT_BASE_URLS": " https://A.example.com/app/ ,https://b.example.com/app"}
    )
    assert settings.base_urls == ("https://a.example.com/app", "https://b.example.com/app")
    assert settings.base_path == "/app"


def test_all_addresses_share_their_path() -> None:
    assert "VAULT_BASE_URLS" in problems(
        {"VAULT_BASE_URLS": "https://a.example.com/x https://b.example.com/y"}
    )


@pytest.mark.parametrize("key", ["VAULT_BASE_URLS", "CONNECT_INSTALL_KEYS_URLS", "CONNECT_AUTHORIZATION_URL"])
def test_plain_http_is_for_development_only(key: str) -> None:
    environ = {**MINIMAL, key: "http://localhost:8080"}
    assert list(problems(environ)) == [key]
    assert not ConnectSettings.from_env({**environ, "VAULT_ENVIRONMENT": "development"}).production


@pytest.mark.parametrize(
    "url",
    [
        "vault.example.com",
        "https://u@vault.example.com",
        "https://x.example.com?a=1",
        "https://x.example.com#a",
    ],
)
def test_a_base_url_is_an_address_and_nothing_more(url: str) -> None:
    assert list(problems({"VAULT_BASE_URLS": url})) == ["VAULT_BASE_URLS"]


def test_the_bridge_may_stand_on_the_site_itself() -> None:
    environ = {**MINIMAL, "CONNECT_BRIDGE_URL": "{baseUrl}/atlassian-connect/all.js"}
    settings = ConnectSettings.from_env(environ)
    assert settings.bridge_for("https://a.jira.com") == "https://a.jira.com/atlassian-connect/all.js"
    assert list(problems({**MINIMAL, "CONNECT_BRIDGE_URL": "{baseUrl}.evil.example/all.js"})) == [
        "CONNECT_BRIDGE_URL"
    ]


@pytest.mark.parametrize(
    ("url", "environment", "allowed"),
    [
        ("https://acme.atlassian.net", "production", True),
        ("https://acme.atlassian.net/", "production", True),
        ("https://ACME.atlassian.net", "production", True),
        ("http://acme.atlassian.net", "production", False),
        ("http://acme.atlassian.net", "development", True),
        ("http://localhost:8091", "development", True),
        ("http://localhost:8091", "production", False),
        ("http://localhost:8092", "development", False),
        ("https://acme.atlassian.net/wiki", "development", False),
        ("https://acme.atlassian.net//", "development", False),
        ("https://acme.atlassian.net?x", "development", False),
    ],
)
def test_a_site_is_https_on_an_allowed_host(url: str, environment: str, allowed: bool) -> None:
    environ = {
        **MINIMAL,
        "VAULT_ENVIRONMENT": environment,
        "CONNECT_ALLOWED_HOSTS": "*.atlassian.net localhost:8091",
    }
    settings = ConnectSettings.from_env(environ)
    if allowed:
        assert str(settings.site_origin(url)) == url.lower().rstrip("/")
    else:
        with pytest.raises(ValueError):
            settings.site_origin(url)


def test_a_reader_knows_what_it_was_asked_for() -> None:
    reader = Reader({"A": " one, two  one ", "N": "7", "BLANK": "  "})
    assert reader.words("A") == ("one", "two")
    assert reader.words("NONE", ()) == ()
    assert reader.integer("N", 3, minimum=1, maximum=9) == 7
    assert reader.text("BLANK", "default") == "default"
    assert reader.optional("ABSENT") is None
    assert reader.choice("C", list(Environment), "production") == "production"
    reader.finish()
    assert reader.defaults == {
        "A": None,
        "NONE": "",
        "N": "3",
        "BLANK": "default",
        "ABSENT": "",
        "C": "production",
    }


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "10", "0x1", "\uff11", "99999999999999999999"])
def test_a_number_out_of_bounds_is_a_problem(value: str) -> None:
    reader = Reader({"N": value})
    reader.integer("N", minimum=1, maximum=9)
    assert list(reader.problems) == ["N"]
