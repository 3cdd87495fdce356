"""The house, once a module."""

from collections.abc import Iterator

import pytest

from tests import house as building
from tests.house import House, SecuredTeam


@pytest.fixture(scope="module")
def house(database_environ, admin_url) -> Iterator[House]:
    """The real app installed into the sandbox's sites."""
    with building.running_house(database_environ, admin_url) as running:
        yield running


@pytest.fixture(scope="module")
def team(house: House) -> SecuredTeam:
    """acme's secured team."""
    return building.make_secured_team(house)
