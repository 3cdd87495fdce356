"""Whose data: the tenant's own corridor between the door (connect) and the desk (worklogs).

Everything that touches PostgreSQL goes through `database.Database.tenant_session`, which names a tenant and a
person to the database; the database, not the caller, decides which rows that makes visible.
"""
