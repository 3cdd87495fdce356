"""What tenancy refuses, and how it says so. The root of all errors is `connect.errors.VaultError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from connect.errors import Unavailable, VaultError

if TYPE_CHECKING:
    from tenancy.eventlog import EventAction, Target


class NoTenant(VaultError):
    """A database session needs a tenant: no context, no session."""

    code = "no_tenant"


class NoUser(VaultError):
    """This act needs a person, and none acts here."""

    code = "no_user"


class SessionIsOneTransaction(VaultError):
    """A tenant session is one transaction: it commits when its block ends, and rolls back on an error.

    Its tenant is known to the database for that transaction only; what came after an early commit would run
    without a tenant. Use `begin_nested()` for a part that may fail.
    """

    code = "session_is_one_transaction"


class TransactionLost(VaultError):
    """The transaction had already failed or ended when it was asked to commit.

    A statement's error was swallowed inside the block, most likely. PostgreSQL answers the commit of such a
    transaction by rolling back without an error, so the caller would believe in a write that never happened.
    """

    code = "transaction_lost"


class DatabaseUnavailable(Unavailable):
    """The database is not available right now; nothing was changed; please try again."""

    code = "database_unavailable"
    standing_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class OutcomeUnknown(Unavailable):
    """The database went away while saving; please look whether the change is there before repeating it.

    The connection broke between our COMMIT and its answer, so either may be true. Nothing is half done.
    """

    code = "outcome_unknown"


class Denied:
    """Marks a VaultError as a denied act, which the event log has to know (domain.md E2).

    When one leaves `Database.tenant_session`, what the session did is rolled back and the denial is recorded
    in a transaction of its own, under `action`, `target` and the error's `code` as reason.
    Whoever raises one says which act it was; without an `action` the event is `request:refuse`.
    """

    action: EventAction | None = None
    target: Target | None = None


class SealBroken(VaultError):
    """Something that is stored encrypted cannot be opened: it was changed, moved, or its key is gone."""

    code = "seal_broken"


class KeyEncryptionKeyMissing(VaultError):
    """A data key is wrapped by a key-encryption key that VAULT_KEY_ENCRYPTION_KEYS does not have."""

    code = "key_encryption_key_missing"


class IsolationMissing(VaultError):
    """The database does not isolate tenants as it must, so this process refuses to serve."""

    code = "isolation_missing"

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        super().__init__(
            "The database does not isolate tenants as it must:\n" + "\n".join(f"- {f}" for f in findings)
        )


class RolesMissing(VaultError):
    """The database lacks the roles and schemas that Worklog Vault runs with."""

    code = "roles_missing"


class NotMigrated(VaultError):
    """The database is not at the version this code needs: run `worklog-vault migrate`."""

    code = "not_migrated"
