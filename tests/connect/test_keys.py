"""Install keys, fetched over real HTTP from servers with moods."""

from __future__ import annotations

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connect import keys
from connect.errors import Reason, Unauthenticated
from connect.keys import InstallKeys, KeysUnavailable
from connect.settings import ConnectSettings
from tests.connect.doors import AtlassianKeys, KeyServer


def install_keys(*urls: str) -> InstallKeys:
    environ = {
        "VAULT_BASE_URLS": "https://vault.example.com",
        "VAULT_ENVIRONMENT": "development",
        "CONNECT_INSTALL_KEYS_URLS": " ".join(urls),
    }
    return InstallKeys(ConnectSettings.from_env(environ))


def test_a_key_is_fetched_once_and_kept(key_server: KeyServer, atlassian: AtlassianKeys) -> None:
    found = install_keys(key_server.url)
    first = found.find(atlassian.kid)
    key_server.status = 500
    assert found.find(atlassian.kid) is first
    assert first.public_numbers() == atlassian.private.public_key().public_numbers()
    assert key_server.asked == [f"/{atlassian.kid}"]


def test_the_number_of_kept_keys_is_bounded(
    key_server: KeyServer, atlassian: AtlassianKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "KEPT", 2)
    found = install_keys(key_server.url)
    for kid in ("a", "b", "c"):
        key_server.pems[kid] = atlassian.pem
        found.find(kid)
    found.find("c")
    found.find("a")
    assert key_server.asked == ["/a", "/b", "/c", "/a"]


def test_the_second_server_is_asked_for_the_same_key(key_server: KeyServer, atlassian: AtlassianKeys) -> None:
    """ACE asks its fallback for the root of the server instead (jira.md section 2)."""
    with KeyServer().running() as empty:
        assert install_keys(empty.url, key_server.url).find(atlassian.kid)
        assert empty.asked == key_server.asked == [f"/{atlassian.kid}"]


@pytest.mark.parametrize("status", [301, 302, 403, 500, 503])
def test_a_server_that_fails_is_not_believed(
    key_server: KeyServer, atlassian: AtlassianKeys, status: int
) -> None:
    key_server.status = status
    with KeyServer().running() as empty, pytest.raises(KeysUnavailable) as caught:
        install_keys(key_server.url, empty.url).find(atlassian.kid)
    assert caught.value.headers["Retry-After"]
    assert key_server.asked == [f"/{atlassian.kid}"], "a redirect was followed"


def test_a_server_that_fails_hides_no_working_one(key_server: KeyServer, atlassian: AtlassianKeys) -> None:
    assert install_keys("http://127.0.0.1:9", key_server.url).find(atlassian.kid)


def test_a_key_that_no_server_has_is_unknown(key_server: KeyServer) -> None:
    with pytest.raises(Unauthenticated) as caught:
        install_keys(key_server.url, key_server.url).find("nothing")
    assert caught.value.reason is Reason.KEY_UNKNOWN


def test_a_server_that_does_not_answer_is_given_up(
    key_server: KeyServer, atlassian: AtlassianKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "TIMEOUT", (0.1, 0.1))
    key_server.delay = 0.5
    with pytest.raises(KeysUnavailable):
        install_keys(key_server.url).find(atlassian.kid)


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "pem",
    [
        b"no key at all",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"x" * (keys.LARGEST + 1),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    ],
)
def test_what_is_no_strong_rsa_key_is_none(key_server: KeyServer, pem: bytes) -> None:
    key_server.pems["spoiled"] = pem
    with pytest.raises(KeysUnavailable):
        install_keys(key_server.url).find("spoiled")


def test_invented_key_ids_do_not_occupy_every_thread(
    key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "TIMEOUT", (0.2, 3.0))
    key_server.pems["slow"] = b"x"
    key_server.delay = 1.0
    found = install_keys(key_server.url)
    outcomes: list[type[Exception]] = []

    def ask() -> None:
        try:
            found.find("slow")
        except (KeysUnavailable, Unauthenticated) as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=ask) for _ in range(keys.FETCHING + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [KeysUnavailable] * len(threads)
    assert len(key_server.asked) == keys.FETCHING
