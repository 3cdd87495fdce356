"""The life of an installation, and how soon every process knows of it."""

from connect.principals import Installation, InstallationState
from tenancy.actors import Actor, ActorKind
from tenancy.database import Database


def test_an_installed_site_is_found(two_tenants: tuple[Installation, Installation]) -> None:
    acme, globex = two_tenants
    assert acme.state is globex.state is InstallationState.ENABLED
    assert acme.shared_secret != globex.shared_secret


def test_cipher(database: Database, acme: Installation) -> None:
    with database.tenant_session(Actor(acme.client_key, None, ActorKind.APP)) as session:
        cipher = database.cipher(session)
    assert cipher.open("t", "1", cipher.seal("t", "1", b"x")) == b"x"
