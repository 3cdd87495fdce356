"""Sites, their keys, the event log, Jira's webhooks, and the queue of jobs.

How a row is confined to its tenant is in `tenancy.migrations.tables.protect`. Nothing is granted by default:
each table says here what the app may do with it, and functions are for nobody until they are granted.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from tenancy.migrations.tables import protect

revision = "0001"
down_revision = None

# Global, not per schema: a schema's default privileges can only add to what PUBLIC gets by itself.
PRIVILEGES = """
alter default privileges for role vault_owner revoke execute on functions from public;
grant usage on schema vault to vault_app, vault_auditor;
grant usage on schema jobs to vault_app;
grant select on vault.alembic_version to vault_app;
"""

DIRECTORY = """
create table vault.installation (
  instance_key text primary key check (instance_key <> '-' and length(instance_key) between 1 and 255),
  state text not null check (state in ('enabled', 'disabled', 'uninstalled')),
  base_url text not null,
  oauth_client_id text,
  product_type text not null,
  shared_secret bytea not null,
  installed_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  uninstalled_at timestamptz,
  erasure_began_at timestamptz,
  constraint installation_uninstalled_at check ((state = 'uninstalled') = (uninstalled_at is not null)),
  constraint installation_erasure check (erasure_began_at is null or state = 'uninstalled')
);
comment on table vault.installation is 'One Jira site: the directory in which a tenant is looked up.';
comment on column vault.installation.instance_key is 'Connect''s client key.';
comment on column vault.installation.shared_secret is 'Sealed under the site''s data key.';
comment on column vault.installation.erasure_began_at is 'Its data keys are destroyed, its rows are going.';
create index installation_uninstalled on vault.installation (uninstalled_at) where state = 'uninstalled';

-- When a site went is the database's word, not the app's: what may be erased follows from it, and whoever
-- could write a date of last month could have a site and its event log erased at once.
create function vault.note_uninstalled() returns trigger
language plpgsql set search_path = vault, pg_temp as $$
begin
  if new.state <> 'uninstalled' then
    new.uninstalled_at := null;
  elsif tg_op = 'INSERT' or old.state <> 'uninstalled' then
    new.uninstalled_at := clock_timestamp();
  end if;
  return new;
end $$;
create trigger note_uninstalled before insert or update of state on vault.installation
  for each row execute function vault.note_uninstalled();

create table vault.data_key (
  instance_key text not null references vault.installation,
  id uuid not null,
  wrapped bytea not null,
  key_encryption_key text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (instance_key, id)
);
comment on table vault.data_key is 'What seals a site''s secrets and texts: the newest seals, all open.';
comment on column vault.data_key.key_encryption_key is 'The name of the key that wraps this one.';
"""

EVENT_LOG = """
create table vault.event (
  instance_key text not null,
  id uuid not null,
  at timestamptz not null default clock_timestamp(),
  actor_kind text not null check (actor_kind in ('user', 'app', 'job', 'jira')),
  actor_account text,
  action text not null,
  target_kind text,
  target_id text,
  related uuid[] not null default '{}',
  outcome text not null check (outcome in ('allowed', 'denied', 'failed')),
  reason text,
  request_id text,
  source_address text,
  changes jsonb,
  primary key (instance_key, id)
);
comment on table vault.event is 'Who did what: never a description, a token or a secret. Nobody changes it.';
comment on column vault.event.instance_key is 'The site; ''-'' for what belongs to no installed site.';
comment on column vault.event.related is 'Rows the act touched besides its target.';
create policy auditor on vault.event for select to vault_auditor using (true);
grant select on vault.event to vault_auditor;
"""

WEBHOOKS = """
create table vault.webhook_delivery (
  instance_key text not null,
  identifier text not null,
  event text not null,
  issue_id bigint,
  worklog_id bigint,
  sent_at timestamptz not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (instance_key, identifier)
);
comment on table vault.webhook_delivery is 'What Jira told us: ids only, kept a week to know repetitions.';
create index webhook_delivery_received on vault.webhook_delivery (instance_key, received_at);

create table vault.deleted_issue (
  instance_key text not null,
  issue_id bigint not null,
  deleted_at timestamptz not null,
  primary key (instance_key, issue_id)
);
comment on table vault.deleted_issue is 'Issues that Jira said are gone.';
"""

# Found before a tenant is known, so not through a tenant's session. The owner alone sees the whole directory.
FIND = """
create function vault.find_installation(client_key text)
returns table (
  state text, base_url text, oauth_client_id text, product_type text, shared_secret bytea,
  key_ids uuid[], wrapped_keys bytea[], key_encryption_keys text[]
)
language sql stable security definer set search_path = vault, pg_temp
begin atomic
  select i.state, i.base_url, i.oauth_client_id, i.product_type, i.shared_secret,
    array_agg(k.id order by k.id), array_agg(k.wrapped order by k.id),
    array_agg(k.key_encryption_key order by k.id)
  from vault.installation i
  join vault.data_key k on k.instance_key = i.instance_key
  where i.instance_key = client_key and i.erasure_began_at is null
  group by i.instance_key;
end;
comment on function vault.find_installation is 'The one site of this client key with its keys, or no row.';
grant execute on function vault.find_installation to vault_app;
"""

# Erasing takes two transactions, so that the key is destroyed for good before the first row goes (design
# section 5). Both check for themselves that the site is due: the app cannot erase a site that has the app.
ERASE = """
create function vault.due_for_erasure() returns setof text
language sql stable security definer set search_path = vault, pg_temp
begin atomic
  select i.instance_key from vault.installation i
  where i.state = 'uninstalled' and i.uninstalled_at < now() - interval '30 days'
  order by i.uninstalled_at;
end;
comment on function vault.due_for_erasure is 'Sites that uninstalled more than 30 days ago (domain.md S3).';
grant execute on function vault.due_for_erasure to vault_app;

create function vault.destroy_data_keys(site text) returns integer
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  destroyed integer;
begin
  update vault.installation set erasure_began_at = coalesce(erasure_began_at, clock_timestamp())
  where instance_key = site and state = 'uninstalled' and uninstalled_at < now() - interval '30 days';
  if not found then
    raise exception 'site % is not due for erasure', site using errcode = 'object_not_in_prerequisite_state';
  end if;
  delete from vault.data_key where instance_key = site;
  get diagnostics destroyed = row_count;
  return destroyed;
end $$;
comment on function vault.destroy_data_keys is 'First step of erasing a site; its number of keys.';
grant execute on function vault.destroy_data_keys to vault_app;

create function vault.erase_tenant(site text) returns bigint
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  before constant text := coalesce(current_setting('vault.instance_key', true), '');
  remaining text[];
  still text[];
  erased bigint := 0;
  counted bigint;
  name text;
begin
  perform from vault.installation where instance_key = site and erasure_began_at is not null for update;
  if not found then
    raise exception 'the keys of site % are not destroyed', site
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  perform set_config('vault.instance_key', site, true);
  select array_agg(format('%I.%I', n.nspname, c.relname)) into remaining
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'instance_key' and not a.attisdropped
  where n.nspname = 'vault' and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname not in ('installation', 'event');
  -- A table that others refer to goes after them: what a foreign key refuses waits for the next round.
  while remaining is not null loop
    still := null;
    foreach name in array remaining loop
      begin
        execute format('delete from %s where instance_key = $1', name) using site;
        get diagnostics counted = row_count;
        erased := erased + counted;
      exception when foreign_key_violation or restrict_violation then
        still := still || name;
      end;
    end loop;
    if still = remaining then
      raise exception 'cannot erase %: they refer to each other', array_to_string(still, ', ');
    end if;
    remaining := still;
  end loop;
  -- The log keeps the life of the installation, acts of Jira and of the service that name nobody.
  delete from vault.event
  where instance_key = site and not (action like 'installation:%' or action like 'data\\_key:%');
  get diagnostics counted = row_count;
  erased := erased + counted;
  delete from vault.installation where instance_key = site;
  perform set_config('vault.instance_key', before, true);
  return erased + 1;
end $$;
comment on function vault.erase_tenant is 'Second step of erasing a site; its number of rows.';
grant execute on function vault.erase_tenant to vault_app;
"""

# The owner, too, sees the rows of one tenant at a time.
PURGE = """
create function vault.purge_webhook_deliveries() returns bigint
language plpgsql security definer set search_path = vault, pg_temp as $$
declare
  before constant text := coalesce(current_setting('vault.instance_key', true), '');
  site text;
  purged bigint := 0;
  counted bigint;
begin
  for site in select instance_key from vault.installation loop
    perform set_config('vault.instance_key', site, true);
    delete from vault.webhook_delivery
    where instance_key = site and received_at < now() - interval '7 days';
    get diagnostics counted = row_count;
    purged := purged + counted;
  end loop;
  perform set_config('vault.instance_key', before, true);
  return purged;
end $$;
comment on function vault.purge_webhook_deliveries is 'Forgets deliveries after a week; their number.';
grant execute on function vault.purge_webhook_deliveries to vault_app;
"""

JOBS = """
grant select, insert, update, delete on all tables in schema jobs to vault_app;
grant usage on all sequences in schema jobs to vault_app;
grant execute on all functions in schema jobs to vault_app;
"""


def upgrade() -> None:
    """Make the platform's tables."""
    op.execute(PRIVILEGES)
    op.execute(DIRECTORY)
    # The owner sees the whole directory: a site is looked up before it is known which tenant to be.
    directory = ("vault_app", "vault_auditor")
    known = (
        "instance_key, state, base_url, oauth_client_id, product_type, installed_at, changed_at, "
        "uninstalled_at, erasure_began_at"
    )
    told = "state, base_url, oauth_client_id, product_type, shared_secret"
    protect(
        op,
        "installation",
        grants=(
            f"select ({known})",
            f"insert (instance_key, {told})",
            f"update ({told}, installed_at, changed_at)",
        ),
        confines=directory,
    )
    protect(op, "data_key", grants=("insert",), confines=directory)
    op.execute(EVENT_LOG)
    # The auditor reads across tenants. `at` is the database's clock, not the app's word.
    written = (
        "instance_key, id, actor_kind, actor_account, action, target_kind, target_id, related, outcome, "
        "reason, request_id, source_address, changes"
    )
    protect(op, "event", grants=("select", f"insert ({written})"), confines=("vault_app", "vault_owner"))
    op.execute(WEBHOOKS)
    protect(op, "webhook_delivery", grants=("select", "insert"))
    protect(op, "deleted_issue", grants=("select", "insert", "update"))
    op.execute(FIND)
    op.execute(ERASE)
    op.execute(PURGE)
    op.execute("set local search_path to jobs, pg_catalog")
    # The driver reads `%` as a placeholder.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("set local search_path to vault, jobs")
    op.execute(JOBS)
