from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from sandbox import addons, cast, lifecycle, tokens
from sandbox.addons import UnknownModule

MEMBER = cast.MEMBER.account_id


@pytest.fixture
def scribe(acme, installed):
    return acme.addon()


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


def test_a_module_url_has_the_context_filled_in_and_jiras_own_parameters(acme, scribe):
    url = acme.panel_url("member", "SEC-1")
    assert url.startswith(f"{scribe.base_url}/panel?issueId=10001&key=SEC-1&")
    query = query_of(url)
    assert query["who"] == MEMBER
    assert query["x"] == ""
    assert query["xdm_e"] == acme.base_url
    assert query["xdm_c"] == f"channel-{scribe.key}__worklog-panel"
    assert (query["cp"], query["lic"]) == ("", "active")


def test_parameters_are_encoded(acme, scribe):
    assert "who=712020%3A3c0f7c1e" in acme.panel_url("reader", "SEC-1")


def test_a_module_url_is_signed_for_its_own_path_and_query(acme, scribe):
    url = acme.panel_url("member", "SEC-1")
    token = query_of(url)["jwt"]
    claims = tokens.verify(token, scribe.shared_secret)
    assert claims["iss"] == scribe.client_key
    assert claims["sub"] == MEMBER
    assert claims["qsh"] == tokens.query_hash("GET", url.removeprefix(scribe.base_url))
    assert claims["exp"] - claims["iat"] == 180
    assert claims["context"]["jira"]["issue"] == {"id": "10001", "key": "SEC-1", "issuetype": {"id": "10004"}}


def test_a_path_in_the_base_url_is_not_part_of_the_hash(acme, scribe):
    scribe.descriptor["baseUrl"] = "https://app.example.com/jira/"
    url = acme.module_url("member", "teams")
    assert url.startswith("https://app.example.com/jira/teams?")
    claims = jwt.decode(query_of(url)["jwt"], options={"verify_signature": False})
    assert claims["qsh"] == tokens.query_hash("GET", url.removeprefix("https://app.example.com/jira"))


def test_a_context_token_names_site_user_and_issue_and_no_url(acme, scribe):
    claims = tokens.verify(acme.context_token("member", "SEC-1"), scribe.shared_secret)
    assert claims["qsh"] == "context-qsh"
    assert (claims["iss"], claims["sub"]) == (scribe.client_key, MEMBER)
    assert claims["exp"] - claims["iat"] == 900
    assert claims["context"]["jira"]["project"] == {"id": "10000", "key": "SEC"}
    assert claims["context"]["url"]["displayUrl"] == acme.base_url
    assert "aud" not in claims


def test_a_context_token_without_user_has_no_subject(acme, scribe):
    assert "sub" not in tokens.verify(acme.context_token(None), scribe.shared_secret)


def test_sites_sign_with_different_secrets_and_client_keys(acme, globex, scribe):
    token = acme.context_token("member")
    with pytest.raises(tokens.BadToken):
        tokens.verify(token, globex.addon().shared_secret)
    assert tokens.unverified_issuer(token) != tokens.unverified_issuer(globex.context_token("member"))


def test_an_unknown_module_has_no_url_and_no_token(acme, scribe):
    with pytest.raises(UnknownModule):
        acme.module_url("member", "nonsense")
    with pytest.raises(UnknownModule):
        acme.context_token("member", module_key="nonsense")


@pytest.mark.parametrize(
    ("who", "kinds"), [("member", ["generalPages"]), ("admin", ["generalPages", "adminPages"])]
)
def test_conditions_hide_modules(acme, scribe, who, kinds):
    shown = [
        kind
        for kind in ("generalPages", "adminPages")
        if list(addons.visible_modules(acme.model, kind, acme.user(who)))
    ]
    assert shown == kinds


def test_conditions_can_be_nested_and_inverted(acme, scribe):
    page = scribe.descriptor["modules"]["generalPages"][0]

    def visible(who):
        return bool(list(addons.visible_modules(acme.model, "generalPages", acme.user(who))))

    page["conditions"] = [{"condition": "user_is_admin", "invert": True}]
    assert visible("member") and not visible("admin")
    page["conditions"] = [{"or": [{"condition": "user_is_admin"}, {"condition": "user_is_logged_in"}]}]
    assert visible("member")
    page["conditions"] = [{"and": [{"condition": "user_is_admin"}, {"condition": "user_is_logged_in"}]}]
    assert not visible("member")
    page["conditions"] = [{"condition": "moon_is_full"}]
    assert not visible("admin")


def test_a_disabled_add_on_shows_nothing(acme, scribe):
    lifecycle.disable(acme.model, scribe)
    assert list(addons.visible_modules(acme.model, "generalPages", acme.user("member"))) == []
