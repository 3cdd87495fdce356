import json

import pytest

from sandbox import cast, snapshot, world
from sandbox.server import Sandbox


def test_a_world_survives_writing_and_reading(tmp_path):
    memory = snapshot.Memory("kid", "pem", {name: world.build(name) for name in world.SITES})
    file = tmp_path / "deep" / "world.json"
    snapshot.write(file, snapshot.dump(memory))
    assert snapshot.load(file) == memory
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]


def test_no_file_is_no_memory(tmp_path):
    assert snapshot.load(tmp_path / "none.json") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "memory": {}}'])
def test_a_file_that_is_no_snapshot_is_refused_with_advice(tmp_path, text):
    file = tmp_path / "broken.json"
    file.write_text(text)
    with pytest.raises(snapshot.UnreadableSnapshot, match="Move it away"):
        snapshot.load(file)


def test_a_field_newer_than_the_file_takes_its_default(tmp_path):
    memory = snapshot.Memory("kid", "pem", {"acme": world.build("acme")})
    written = json.loads(snapshot.dump(memory))
    del written["memory"]["sites"]["acme"]["settling_seconds"]
    file = tmp_path / "older.json"
    file.write_text(json.dumps(written))
    assert snapshot.load(file) == memory


def test_a_failed_write_leaves_the_old_snapshot(tmp_path, monkeypatch):
    file = tmp_path / "world.json"
    snapshot.write(file, "old")

    def fail(_descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(snapshot.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        snapshot.write(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def ports_of(sandbox):
    return {name: int(site.base_url.rpartition(":")[2]) for name, site in sandbox.sites.items()} | {
        "cloud": 0
    }


def test_a_restarted_sandbox_remembers_work_add_ons_and_keys(tmp_path, addon):
    file = tmp_path / "sandbox.json"
    with Sandbox(snapshot_file=file) as before:
        before.install(addon.url)
        issue = before.site("acme").issue("SEC-1")
        issue.summary = "Changed"
        secret = before.site("acme").addon().shared_secret
        key = before.cloud.public_key(before.cloud.install_key.kid)
    assert "Changed" in file.read_text()
    # On the same ports: a site that has moved is installed anew.
    with Sandbox(snapshot_file=file, ports=ports_of(before)) as after:
        acme = after.site("acme")
        assert acme.issue("SEC-1").summary == "Changed"
        assert acme.addon().shared_secret == secret
        assert after.cloud.public_key(before.cloud.install_key.kid) == key
        addon.received.clear()
        assert after.ensure_installed(addon.url) == dict.fromkeys(world.SITES, "already installed")
        assert not addon.to("/installed")
        acme.model.users[cast.MEMBER.account_id].display_name = "Renamed"
        after.save()
        assert "Renamed" in json.dumps(json.loads(file.read_text()))
