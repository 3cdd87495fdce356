"""Each call as the add-on receives it, checked with PyJWT and the published key, as an add-on would."""

import threading

import jwt
import pytest
import requests

from sandbox import lifecycle, tokens
from sandbox.lifecycle import InstallFailed, Order
from sandbox.model import AddonState


def published_key(sandbox, token):
    kid = jwt.get_unverified_header(token)["kid"]
    answer = requests.get(f"{sandbox.install_keys_url}/{kid}", timeout=5)
    assert answer.status_code == 200
    return answer.text


def asymmetric_claims(sandbox, addon, call):
    claims = jwt.decode(
        call.token, published_key(sandbox, call.token), algorithms=["RS256"], audience=addon.url
    )
    assert claims["qsh"] == tokens.query_hash("POST", call.target)
    return claims


def test_installing_tells_the_secret_signed_with_the_published_key_then_enables(sandbox, acme, addon):
    record = acme.install(addon.url)
    installed, enabled = addon.received
    assert (installed.target, enabled.target) == ("/installed", "/enabled")
    claims = asymmetric_claims(sandbox, addon, installed)
    assert claims["iss"] == installed.body["clientKey"] == record.client_key
    assert installed.body["sharedSecret"] == record.shared_secret
    assert installed.body["baseUrl"] == acme.base_url
    assert installed.body["eventType"] == "installed"
    assert installed.body["productType"] == "jira"
    assert installed.body["oauthClientId"]
    assert tokens.verify(enabled.token, record.shared_secret)["qsh"] == tokens.query_hash("POST", "/enabled")
    assert "sharedSecret" not in enabled.body


def test_an_installed_add_on_has_an_account_of_its_own(acme, addon):
    user = acme.user(acme.install(addon.url).user_account_id)
    assert (user.account_type, user.display_name) == ("app", "Scribe")


def test_every_site_has_its_own_client_key_and_secret(sandbox, addon):
    one, other = sandbox.install(addon.url)
    assert one.client_key != other.client_key
    assert one.shared_secret != other.shared_secret
    assert one.oauth_client_id != other.oauth_client_id


def test_an_add_on_that_refuses_is_not_installed(acme, addon):
    addon.answers["/installed"] = [500]
    with pytest.raises(InstallFailed, match="500"):
        acme.install(addon.url)
    with pytest.raises(LookupError):
        acme.addon()
    assert not addon.to("/enabled")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"authentication": {"type": "none"}}, "authentication"),
        ({"lifecycle": {}}, "installed"),
        ({"apiMigrations": {"gdpr": True}}, "signed-install"),
        ({"key": None}, "key is missing"),
    ],
)
def test_a_descriptor_that_jira_would_not_take_is_refused(acme, addon, changes, problem):
    addon.descriptor_changes.update(changes)
    with pytest.raises(InstallFailed, match=problem):
        acme.install(addon.url)
    assert not addon.received


def test_an_address_without_descriptor_is_refused(acme, addon):
    with pytest.raises(InstallFailed, match="no descriptor"):
        acme.install(f"{addon.url}/nowhere.json")


def test_installing_again_is_an_upgrade_with_the_same_secret(acme, addon):
    before = acme.install(addon.url)
    addon.descriptor_changes["name"] = "Scribe 2"
    after = acme.install(addon.url)
    assert after.name == "Scribe 2"
    assert (after.shared_secret, after.client_key) == (before.shared_secret, before.client_key)


def test_a_failed_upgrade_leaves_what_was_there(acme, addon):
    before = acme.install(addon.url)
    addon.descriptor_changes["name"] = "Scribe 2"
    addon.answers["/installed"] = [503]
    with pytest.raises(InstallFailed):
        acme.install(addon.url)
    assert acme.addon() is before


def test_a_reinstall_brings_a_new_secret_and_the_old_client_key(acme, addon):
    before = acme.install(addon.url)
    acme.uninstall()
    after = acme.install(addon.url)
    assert after.client_key == before.client_key
    assert after.shared_secret != before.shared_secret


def test_rotation_sends_a_new_secret_signed_with_the_published_key(sandbox, acme, installed):
    before = acme.addon().shared_secret
    acme.rotate_secret()
    (call,) = installed.received
    asymmetric_claims(sandbox, installed, call)
    assert call.body["sharedSecret"] == acme.addon().shared_secret != before


def test_a_refused_rotation_keeps_the_old_secret(acme, installed):
    before = acme.addon().shared_secret
    installed.answers["/installed"] = [401]
    with pytest.raises(InstallFailed):
        acme.rotate_secret()
    assert acme.addon().shared_secret == before


def test_uninstalling_sends_both_calls_and_the_add_on_is_gone(sandbox, acme, installed):
    secret = acme.addon().shared_secret
    callbacks = acme.uninstall()
    assert {one.event for one in callbacks if one.accepted} == {"disabled", "uninstalled"}
    (disabled,), (uninstalled,) = installed.to("/disabled"), installed.to("/uninstalled")
    assert tokens.verify(disabled.token, secret)
    claims = asymmetric_claims(sandbox, installed, uninstalled)
    assert claims["iss"] == uninstalled.body["clientKey"]
    assert "sharedSecret" not in uninstalled.body
    with pytest.raises(LookupError):
        acme.addon()


@pytest.mark.parametrize(
    ("order", "targets"),
    [
        (Order.DISABLED_FIRST, ["/disabled", "/uninstalled"]),
        (Order.UNINSTALLED_FIRST, ["/uninstalled", "/disabled"]),
    ],
)
def test_the_order_of_the_two_calls_can_be_chosen(acme, installed, order, targets):
    acme.uninstall(order=order)
    assert [one.target for one in installed.received] == targets


def test_uninstalling_does_not_need_the_add_ons_consent(acme, installed):
    installed.answers["/uninstalled"] = [500]
    assert [one.accepted for one in acme.uninstall(order=Order.DISABLED_FIRST)] == [True, False]
    assert acme.model.addons["com.example.scribe"].state is AddonState.UNINSTALLED


def test_disabling_and_enabling_are_told_with_the_shared_secret(acme, installed):
    assert acme.disable().accepted
    assert acme.addon().state is AddonState.DISABLED
    assert acme.enable().accepted
    assert acme.addon().state is AddonState.ENABLED
    assert [one.target for one in installed.received] == ["/disabled", "/enabled"]
    for call in installed.received:
        assert tokens.verify(call.token, acme.addon().shared_secret)["iss"] == acme.addon().client_key


def test_an_add_on_that_lost_its_memory_is_installed_again(sandbox, installed):
    installed.answers["/enabled"] = [401, 204, 204]
    assert sandbox.ensure_installed(installed.url) == {"acme": "installed", "globex": "already installed"}
    assert len(installed.to("/installed")) == 1


def test_a_site_that_moved_tells_its_add_on(sandbox, acme, installed):
    acme.addon().told_base_url = "http://localhost:1"
    assert sandbox.ensure_installed(installed.url)["acme"] == "installed"
    assert installed.to("/installed")[0].body["baseUrl"] == acme.base_url
    assert acme.addon().told_base_url == acme.base_url


def test_waiting_for_an_add_on_ends_with_the_reason(addon):
    lifecycle.wait_until_healthy(addon.url, 1)
    with pytest.raises(InstallFailed, match="was not healthy within 0 s"):
        lifecycle.wait_until_healthy("http://localhost:9", 0.3)


def test_waiting_for_an_add_on_can_be_stopped():
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(InstallFailed, match="stopped"):
        lifecycle.wait_until_healthy("http://localhost:9", 60, stopping)


def test_unknown_keys_are_not_found(sandbox):
    for kid in ("none", "../install-keys", "%2e%2e"):
        assert requests.get(f"{sandbox.install_keys_url}/{kid}", timeout=5).status_code == 404
