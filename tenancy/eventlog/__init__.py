"""The event log: who did what, to what, and whether it was allowed. Never content (domain.md E1 to E3)."""

from tenancy.eventlog.actions import EventAction, TenancyAction
from tenancy.eventlog.events import ContentInEventLog, Outcome, Target, record

__all__ = ["ContentInEventLog", "EventAction", "Outcome", "Target", "TenancyAction", "record"]
