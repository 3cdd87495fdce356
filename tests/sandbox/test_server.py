import socket
import threading
import time

import pytest
import requests

from sandbox.server import PortTaken, Sandbox, ports_from_env


def test_a_sandbox_starts_in_less_than_a_second():
    # Processor time, and the best of three: the machine may be busy, and an RSA key takes its time by chance.
    def start():
        before = time.process_time()
        with Sandbox():
            return time.process_time() - before

    assert min(start() for _ in range(3)) < 1


def test_a_sandbox_serves_three_addresses_until_it_is_stopped():
    with Sandbox() as sandbox:
        urls = [site.base_url for site in sandbox.sites.values()] + [sandbox.cloud_url]
        assert len(set(urls)) == 3
        for url in urls:
            assert requests.get(f"{url}/healthz", timeout=5).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{urls[0]}/healthz", timeout=5)


def test_a_taken_port_is_named_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sandbox = Sandbox(ports={"acme": port, "globex": 0, "cloud": 0})
        with pytest.raises(PortTaken, match=f"{port}.*SANDBOX_PORT_ACME"):
            sandbox.start()


def test_ports_come_from_the_environment():
    assert ports_from_env({}) == {"acme": 8091, "globex": 8092, "cloud": 8090}
    assert ports_from_env({"SANDBOX_PORT_ACME": "0"})["acme"] == 0
    for wrong in ("x", "70000", "-1"):
        with pytest.raises(ValueError, match="SANDBOX_PORT_CLOUD"):
            ports_from_env({"SANDBOX_PORT_CLOUD": wrong})


def test_many_requests_at_once_lose_nothing(acme, ask):
    before = len(acme.model.worklogs)
    statuses = []

    def log():
        for _ in range(5):
            statuses.append(
                ask("member", "POST", "/issue/SEC-4/worklog", json={"timeSpent": "1m"}).status_code
            )

    threads = [threading.Thread(target=log) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 40
    assert len(acme.model.worklogs) == before + 40
    assert acme.issue("SEC-4").time_spent == 40 * 60


def test_a_site_is_named_by_its_name(sandbox):
    assert sandbox.site("acme").name == "acme"
    with pytest.raises(KeyError):
        sandbox.site("initech")
