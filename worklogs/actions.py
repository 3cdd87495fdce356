"""The security-relevant acts of this layer, as the event log names them (domain.md E2)."""

from tenancy import eventlog


class Act(eventlog.EventAction):
    """`noun:verb`, the noun being the kind of thing that the act is done to."""

    TEAM_CREATE = "team:create"
    TEAM_READ = "team:read"
    ROLE_CREATE = "role:create"
    MEMBER_ADD = "member:add"
    MEMBER_CHANGE = "member:change"
    MEMBER_END = "member:end"
    SETTINGS_CHANGE = "settings:change"
    WORKLOG_CREATE = "secured_worklog:create"
    WORKLOG_READ = "secured_worklog:read"
    WORKLOG_CHANGE = "secured_worklog:change"
    WORKLOG_DELETE = "secured_worklog:delete"
