"""The schema's history (Alembic), and the command that brings a database to its end."""

from tenancy.migrations.upgrade import upgrade

__all__ = ["upgrade"]
