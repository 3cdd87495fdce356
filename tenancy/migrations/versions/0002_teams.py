"""Teams, roles, memberships, site settings and secured work logs, with who may see and change them.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from tenancy.migrations.tables import CURRENT_ACCOUNT, CURRENT_TENANT, protect

revision = "0002"
down_revision = "0001"

_TABLES = """
create table vault.site_settings (
    instance_key text primary key,
    secured_teams boolean not null default false,
    team_managers text[] not null default '{}',
    hours_per_day numeric(4,2) not null default 8 check (hours_per_day > 0 and hours_per_day <= 24),
    days_per_week numeric(3,2) not null default 5 check (days_per_week > 0 and days_per_week <= 7),
    version integer not null default 1
);

create table vault.team (
    instance_key text not null,
    id uuid not null,
    name text not null check (name <> ''),
    description text not null default '',
    visibility text not null check (visibility in ('public', 'secured')),
    lead_account_id text not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    created_by text not null,
    primary key (instance_key, id),
    -- What lets secured_worklog's foreign key insist on a secured team.
    constraint team_visibility_key unique (instance_key, id, visibility)
);

create table vault.role (
    instance_key text not null,
    id uuid not null,
    team_id uuid not null,
    name text not null check (name <> ''),
    permissions text[] not null check (permissions <@ array[
        'log_own', 'log_for_others', 'view_others', 'manage_others', 'view_totals', 'manage_team']),
    kind text not null check (kind in ('lead', 'member', 'custom')),
    primary key (instance_key, id),
    constraint role_team_key unique (instance_key, team_id, id),
    constraint role_name_unique unique (instance_key, team_id, name),
    foreign key (instance_key, team_id) references vault.team (instance_key, id)
);

create table vault.membership (
    instance_key text not null,
    id uuid not null,
    team_id uuid not null,
    account_id text not null,
    role_id uuid not null,
    joined_on date not null,
    left_on date,
    ended_at timestamptz,
    version integer not null default 1,
    primary key (instance_key, id),
    constraint membership_dates check (left_on >= joined_on),
    -- A role of the same team, not just of the same site.
    foreign key (instance_key, team_id, role_id) references vault.role (instance_key, team_id, id)
);
create index membership_of_account on vault.membership (instance_key, account_id) where ended_at is null;
create index membership_of_team on vault.membership (instance_key, team_id);

create table vault.secured_worklog (
    instance_key text not null,
    id uuid not null,
    team_id uuid not null,
    team_visibility text not null default 'secured' check (team_visibility = 'secured'),
    issue_id bigint not null check (issue_id > 0),
    author_account_id text not null,
    started_at timestamptz not null,
    utc_offset_minutes smallint not null check (utc_offset_minutes between -1439 and 1439),
    started_on date not null,
    seconds integer not null check (seconds > 0),
    description_sealed bytea not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    created_by text not null,
    updated_at timestamptz not null default now(),
    primary key (instance_key, id),
    foreign key (instance_key, team_id, team_visibility) references vault.team (instance_key, id, visibility)
);
create index secured_worklog_of_issue
    on vault.secured_worklog (instance_key, issue_id, started_at desc, id desc);
create index secured_worklog_of_team on vault.secured_worklog (instance_key, team_id, started_at);
create index secured_worklog_of_author on vault.secured_worklog (instance_key, author_account_id, started_at);
"""

# domain.md T1: visibility can never be changed, by nobody, on no channel.
_VISIBILITY_FOR_EVER = """
create function vault.refuse_visibility_change() returns trigger language plpgsql
    set search_path = vault, pg_temp as $$
begin
    raise exception 'The visibility of a team can never be changed.'
        using errcode = 'check_violation', constraint = 'team_visibility_for_ever';
end $$;
create trigger team_visibility_for_ever before update of visibility on vault.team
    for each row when (old.visibility is distinct from new.visibility)
    execute function vault.refuse_visibility_change();
"""

# domain.md W3, T5: which teams the current account holds one of these permissions in, today (UTC).
# SECURITY DEFINER, so that reading memberships and roles here needs no grant to whoever asks.
_TEAMS_WHERE = f"""
create function vault.teams_where(variadic needed text[]) returns uuid[]
    language sql stable security definer set search_path = vault, pg_temp as $$
    select coalesce(array_agg(distinct m.team_id), '{{}}')
      from vault.membership m
      join vault.role r on r.instance_key = m.instance_key and r.id = m.role_id
     where m.instance_key = {CURRENT_TENANT}
       and m.account_id = {CURRENT_ACCOUNT}
       and m.ended_at is null
       and m.joined_on <= (now() at time zone 'UTC')::date
       and (m.left_on is null or m.left_on >= (now() at time zone 'UTC')::date)
       and r.permissions && needed
$$;
create function vault.readable_teams() returns uuid[]
    language sql stable security definer set search_path = vault, pg_temp as $$
    select vault.teams_where('view_others', 'manage_others')
$$;
grant execute on function vault.teams_where(text[]) to vault_app;
grant execute on function vault.readable_teams() to vault_app;
"""

_ME = CURRENT_ACCOUNT

# The scalar subselects matter: each is evaluated once and feeds the index (design, isolation).
_WHO_SEES_AND_CHANGES = f"""
create policy visible on vault.secured_worklog for select to vault_app using (
    author_account_id = {_ME} or team_id = any ((select vault.readable_teams())::uuid[]));
create policy loggable on vault.secured_worklog for insert to vault_app with check (
    created_by = {_ME} and (
        (author_account_id = {_ME} and team_id = any ((select vault.teams_where('log_own'))::uuid[]))
        or (author_account_id <> {_ME}
            and team_id = any ((select vault.teams_where('log_for_others'))::uuid[]))));
create policy changeable on vault.secured_worklog for update to vault_app using (
    author_account_id = {_ME} or team_id = any ((select vault.teams_where('manage_others'))::uuid[]));
create policy deletable on vault.secured_worklog for delete to vault_app using (
    author_account_id = {_ME} or team_id = any ((select vault.teams_where('manage_others'))::uuid[]));
"""

# Who may make somebody a reader may read, so a wrong statement must not do that either: roles and memberships
# are written by those who manage the team, and by its maker while it has no member yet (domain.md T3, T4).
_WHO_STAFFS = f"""
create function vault.may_staff(team uuid) returns boolean
    language sql stable security definer set search_path = vault, pg_temp as $$
    select team = any (vault.teams_where('manage_team'))
        or (exists (select from vault.team t
                     where t.instance_key = {CURRENT_TENANT} and t.id = team and t.created_by = {_ME})
            and not exists (select from vault.membership m
                             where m.instance_key = {CURRENT_TENANT} and m.team_id = team))
$$;
grant execute on function vault.may_staff(uuid) to vault_app;
create policy seen on vault.role for select to vault_app using (true);
create policy made on vault.role for insert to vault_app with check (vault.may_staff(team_id));
create policy seen on vault.membership for select to vault_app using (true);
create policy added on vault.membership for insert to vault_app with check (vault.may_staff(team_id));
create policy changed on vault.membership for update to vault_app using (vault.may_staff(team_id));
"""

# domain.md W4: that somebody logged or read secured time is as secret as the time itself. Whoever acted sees
# the act, and an author what was done to the own work log.
_WHO_SEES_THE_ACTS = f"""
create policy secured_acts on vault.event as restrictive for select to vault_app using (
    action not like 'secured\\_worklog:%' or actor_account = {_ME} or changes ->> 'author' = {_ME});
"""

# What an update may touch. A work log's team, issue, author and maker are not among it, nor whose membership
# of which team one is: a row that could be moved would be a way around the policies.
_WORKLOG_CHANGES = (
    "started_at, utc_offset_minutes, started_on, seconds, description_sealed, version, updated_at"
)
_SETTINGS_CHANGES = "secured_teams, team_managers, hours_per_day, days_per_week, version"


def upgrade() -> None:
    """Make the tables of teams and their secured work logs."""
    op.execute(_TABLES)
    protect(op, "site_settings", grants=("select", "insert", f"update ({_SETTINGS_CHANGES})"))
    protect(
        op,
        "team",
        grants=("select", "insert", "update (name, description, visibility, lead_account_id, version)"),
    )
    protect(op, "role", grants=("select", "insert"), visibility=None)
    protect(
        op,
        "membership",
        grants=("select", "insert", "update (role_id, joined_on, left_on, ended_at, version)"),
        visibility=None,
    )
    protect(
        op,
        "secured_worklog",
        grants=("select", "insert", f"update ({_WORKLOG_CHANGES})", "delete"),
        visibility=None,
    )
    op.execute(_VISIBILITY_FOR_EVER)
    op.execute(_TEAMS_WHERE)
    op.execute(_WHO_SEES_AND_CHANGES)
    op.execute(_WHO_STAFFS)
    op.execute(_WHO_SEES_THE_ACTS)
