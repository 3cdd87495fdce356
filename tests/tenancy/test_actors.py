"""An actor names a tenant, or there is none."""

import pytest

from tenancy.actors import Actor, ActorKind
from tenancy.errors import NoTenant


@pytest.mark.parametrize("nothing", ["", "\0", "acme\0globex"])
def test_an_actor_without_a_tenant_cannot_be_made(nothing: str) -> None:
    with pytest.raises(NoTenant):
        Actor(nothing, "lead", ActorKind.USER)
