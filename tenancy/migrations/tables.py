"""How a migration makes a table of tenants the safe way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenancy import roles

#: The tenant of the session. `nullif`: once a transaction has set it, the setting is '' and no longer NULL.
CURRENT_TENANT = "nullif(current_setting('vault.instance_key', true), '')"
#: The account of the session, NULL when no person acts.
CURRENT_ACCOUNT = "nullif(current_setting('vault.account_id', true), '')"

EVERYTHING = ("select", "insert", "update", "delete")


class Executes(Protocol):
    """What we use of `alembic.op`."""

    def execute(self, sqltext: str, /) -> None:
        """Run one or several statements."""


def protect(
    op: Executes,
    table: str,
    *,
    grants: Sequence[str] = EVERYTHING,
    visibility: str | None = "true",
    confines: Sequence[str] = ("public",),
) -> None:
    """Make `vault.<table>` a tenant table: rows of the session's tenant only, and no row without a tenant.

    - Row security is enabled and forced: it holds for the owner too, who acts within a tenant like anyone (a
      SECURITY DEFINER function therefore sees no other tenant either).
    - A restrictive policy on `instance_key`, for reading and writing, confines every role in `confines`. No
      policy made later can widen it.
    - Within the tenant, the app sees and writes the rows for which `visibility` (SQL over the row) is true.
      None: nothing yet, the migration makes policies of its own for `vault_app`.
    - The app gets `grants` and no more; an entry may name columns: `"insert (id, name)"`.
    """
    tenant = f"instance_key = {CURRENT_TENANT}"
    op.execute(f"alter table vault.{table} enable row level security")
    op.execute(f"alter table vault.{table} force row level security")
    op.execute(
        f"create policy tenant on vault.{table} as restrictive for all to {', '.join(confines)} "
        f"using ({tenant}) with check ({tenant})"
    )
    op.execute(
        f"create policy owner on vault.{table} for all to {roles.OWNER} using (true) with check (true)"
    )
    if visibility is not None:
        op.execute(
            f"create policy app on vault.{table} for all to {roles.APP} "
            f"using ({visibility}) with check ({visibility})"
        )
    for grant in grants:
        op.execute(f"grant {grant} on vault.{table} to {roles.APP}")
