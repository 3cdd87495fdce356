/** The permissions of a role in plain words (domain.md T4). */

import type { Permission } from "./model";

export const permissions: { permission: Permission; name: string; explanation: string }[] = [
  {
    permission: "log_own",
    name: "Log own work",
    explanation: "Log time in this team, and change or delete one’s own work logs.",
  },
  {
    permission: "log_for_others",
    name: "Log for others",
    explanation: "Log time in the name of another member.",
  },
  {
    permission: "view_others",
    name: "View others’ work logs",
    explanation: "Read every work log of the team: who, when, how long, on which issue, and the description.",
  },
  {
    permission: "manage_others",
    name: "Manage others’ work logs",
    explanation: "Read, change and delete every work log of the team.",
  },
  {
    permission: "view_totals",
    name: "See totals only",
    explanation: "See sums of the team’s time without single work logs; none below three people.",
  },
  {
    permission: "manage_team",
    name: "Manage team",
    explanation: "Add and end memberships, assign roles, make new roles: a co-lead or deputy.",
  },
];

export function permissionName(permission: Permission): string {
  return permissions.find((known) => known.permission === permission)?.name ?? permission;
}
