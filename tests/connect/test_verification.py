"""From credentials to a principal, without a web framework. What forgers try is in test_forgery."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from connect import qsh
from connect.errors import Reason, Unauthenticated
from connect.keys import InstallKeys
from connect.principals import Credentials, InstallationState
from connect.settings import ConnectSettings
from connect.verification import Verifier
from tests.connect.doors import ACME, Door, SmallApp


@pytest.fixture
def verifier(settings: ConnectSettings, small: SmallApp) -> Verifier:
    return Verifier(settings, small.installations, InstallKeys(settings), time.time)


def test_a_principal_is_the_installation_that_signed_and_the_user_it_names(
    verifier: Verifier, small: SmallApp, door: Door
) -> None:
    credentials = Credentials(door.context_token(sub="account"), "GET", "/whatever?a=1")
    principal = verifier.site(credentials, qsh.Qsh.CONTEXT)
    assert principal.installation is small.installations.rows[ACME.client_key]
    assert (principal.instance_key, principal.account_id) == (ACME.client_key, "account")


def test_an_install_token_names_its_site(verifier: Verifier, door: Door) -> None:
    credentials = Credentials(door.install_token("/installed"), "POST", "/installed")
    assert verifier.install(credentials) == ACME.client_key


@pytest.mark.parametrize("state", list(InstallationState))
def test_a_site_is_believed_in_the_states_that_were_asked_for(
    verifier: Verifier, small: SmallApp, door: Door, state: InstallationState
) -> None:
    row = small.installations.rows[ACME.client_key]
    small.installations.rows[ACME.client_key] = replace(row, state=state)
    credentials = Credentials(door.context_token(), "GET", "/")
    assert verifier.site(credentials, qsh.Qsh.CONTEXT, frozenset({state}))
    if state is not InstallationState.ENABLED:
        with pytest.raises(Unauthenticated) as caught:
            verifier.site(credentials, qsh.Qsh.CONTEXT)
        assert caught.value.reason == f"installation_{state}"


def test_a_site_whose_secrets_were_erased_is_believed_in_no_state(
    verifier: Verifier, small: SmallApp, door: Door
) -> None:
    row = small.installations.rows[ACME.client_key]
    small.installations.rows[ACME.client_key] = replace(row, shared_secret="")
    emptied = replace(ACME, secret="")
    with pytest.raises(Unauthenticated) as caught:
        verifier.site(Credentials(door.context_token(emptied), "GET", "/"), qsh.Qsh.CONTEXT)
    assert caught.value.reason is Reason.SIGNATURE_WRONG


def test_credentials_show_no_token_in_their_repr(door: Door) -> None:
    token = door.context_token()
    assert token not in repr(Credentials(token, "GET", f"/panel?jwt={token}"))
