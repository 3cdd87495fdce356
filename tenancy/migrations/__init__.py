"""The schema's history (Alembic), and the command that brings a database to its end."""

from tenancy.migrations.upgrade import head, upgrade

__all__ = ["head", "upgrade"]
