/** What the app's REST API (/api/v1) speaks. Names of people are not in it: the app stores none, Jira tells them. */

export type AccountId = string;

export type Visibility = "public" | "secured";

export interface Worklog {
  id: string;
  issueId: number | string;
  visibility: Visibility;
  team: { id: string; name: string } | null;
  author: { accountId: AccountId };
  /** ISO 8601 with offset. */
  started: string;
  timeSpentSeconds: number;
  timeSpent: string;
  description: string;
  /** Null for Jira's own work logs, which the app does not change. */
  version: number | null;
  created: string;
  updated: string;
  permissions: { change: boolean; delete: boolean };
}

/** What Jira said when it was asked for the issue and its public work logs. */
export interface JiraPart {
  status: "ok" | "unavailable" | "refused";
  detail: string | null;
  timeSpentSeconds: number | null;
  originalEstimateSeconds: number | null;
}

export interface WorklogPage {
  worklogs: Worklog[];
  next: string | null;
  totals: { securedSeconds: number };
  jira: JiraPart | null;
}

export interface NewWorklog {
  teamId: string;
  started: string;
  timeSpentSeconds: number;
  description: string;
  authorAccountId?: AccountId;
}

export type WorklogChange = Partial<Pick<NewWorklog, "started" | "timeSpentSeconds" | "description">>;

export type Permission =
  | "log_own"
  | "log_for_others"
  | "view_others"
  | "manage_others"
  | "view_totals"
  | "manage_team";

export interface Team {
  id: string;
  name: string;
  description: string;
  visibility: Visibility;
  lead: { accountId: AccountId };
  /** The caller's own role in it. */
  role: { id: string; name: string } | null;
  /** What the caller may do in it. */
  permissions: Permission[];
  version: number;
}

export interface Role {
  id: string;
  name: string;
  permissions: Permission[];
  isDefault: boolean;
}

export interface TeamDetails extends Team {
  roles: Role[];
}

export interface NewTeam {
  name: string;
  description: string;
  visibility: Visibility;
  leadAccountId?: AccountId;
}

export interface Member {
  id: string;
  accountId: AccountId;
  role: { id: string; name: string };
  /** `YYYY-MM-DD`; null when open-ended. */
  joinedOn: string;
  leftOn: string | null;
  active: boolean;
  version: number;
}

export interface NewMember {
  accountId: AccountId;
  roleId: string;
  joinedOn: string;
  leftOn?: string | null;
}

export type MemberChange = Partial<Pick<NewMember, "roleId" | "joinedOn" | "leftOn">>;

export interface Settings {
  securedTeams: boolean;
  teamManagers: AccountId[];
  hoursPerDay: number;
  daysPerWeek: number;
  canAdminister: boolean;
  canCreateTeams: boolean;
}

export type SettingsChange = Partial<Omit<Settings, "canAdminister" | "canCreateTeams">>;
