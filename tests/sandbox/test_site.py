import pytest


def test_people_and_issues_are_found_by_part_or_id(acme):
    assert acme.user("member") is acme.user(acme.user("member").account_id)
    assert acme.issue("sec-1") is acme.issue(10001)
    with pytest.raises(LookupError):
        acme.issue("SEC-999")
    with pytest.raises(LookupError):
        acme.user("nobody")


def test_the_add_on_must_be_clear(acme, installed):
    assert acme.addon() is acme.addon("com.example.scribe")
    with pytest.raises(LookupError, match=r"com\.example\.other is not installed"):
        acme.addon("com.example.other")
    acme.uninstall()
    with pytest.raises(LookupError, match="an add-on is not installed"):
        acme.addon()
