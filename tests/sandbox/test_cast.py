import pytest

from sandbox import cast


def test_a_part_and_an_account_id_both_name_a_person():
    assert cast.account_id("lead") == cast.LEAD.account_id
    assert cast.account_id(cast.LEAD.account_id) == cast.LEAD.account_id


def test_strangers_are_unknown():
    with pytest.raises(KeyError):
        cast.account_id("nobody")


def test_everybody_is_one_person():
    assert len({person.account_id for person in cast.PEOPLE}) == len(cast.PEOPLE)
    assert len({person.role for person in cast.PEOPLE}) == len(cast.PEOPLE)
