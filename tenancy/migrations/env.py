"""What Alembic runs around the steps. The connection, its role, lock and transaction come from `upgrade`."""

from alembic import context

from tenancy import roles

context.configure(
    connection=context.config.attributes["connection"],
    on_version_apply=context.config.attributes["on_version_apply"],
    version_table_schema=roles.VAULT_SCHEMA,
    target_metadata=None,
)
context.run_migrations()
