/** What is in the form, and what of it can be sent. */

import { fromLocal, ofMoment, toLocal } from "../dates";
import { format, parse, type WorkingTime } from "../durations";
import type { AccountId, NewWorklog, Worklog, WorklogChange } from "../model";
import type { FieldErrors } from "../ui/forms";

export interface Draft {
  teamId: string;
  /** Empty: the person who types. */
  author: AccountId | "";
  timeSpent: string;
  date: string;
  time: string;
  description: string;
}

export type DraftField = keyof Draft;

/** The API's names for these fields, in its refusals. */
export const fieldOf: Record<string, DraftField> = {
  teamId: "teamId",
  authorAccountId: "author",
  timeSpent: "timeSpent",
  timeSpentSeconds: "timeSpent",
  started: "date",
  description: "description",
};

export function emptyDraft(teamId: string, now: Date): Draft {
  return { teamId, author: "", timeSpent: "", ...ofMoment(now), description: "" };
}

export function draftOf(worklog: Worklog, scale: WorkingTime): Draft {
  return {
    teamId: worklog.team?.id ?? "",
    author: worklog.author.accountId,
    timeSpent: format(worklog.timeSpentSeconds, scale),
    ...toLocal(worklog.started),
    description: worklog.description,
  };
}

export function check(draft: Draft, scale: WorkingTime): FieldErrors<DraftField> {
  const errors: FieldErrors<DraftField> = {};
  if (draft.teamId === "") errors.teamId = "Choose a team.";
  const time = parse(draft.timeSpent, scale);
  if ("problem" in time) errors.timeSpent = time.problem;
  if (fromLocal({ date: draft.date, time: "12:00" }) === null) errors.date = "Give the day the work started.";
  if (fromLocal({ date: "2000-01-01", time: draft.time }) === null) errors.time = "Give the time the work started.";
  return errors;
}

/** A draft that `check` found nothing wrong with, as the API wants it. */
export function newWorklog(draft: Draft, scale: WorkingTime): NewWorklog {
  return {
    teamId: draft.teamId,
    started: started(draft),
    timeSpentSeconds: seconds(draft, scale),
    description: draft.description.trim(),
    ...(draft.author ? { authorAccountId: draft.author } : {}),
  };
}

/** Only what the person changed. What was not touched is not sent, so a start with seconds or a duration that the
 * form cannot write exactly is not rounded by opening and saving it. */
export function changeOf(draft: Draft, base: Worklog, scale: WorkingTime): WorklogChange {
  const before = draftOf(base, scale);
  const change: WorklogChange = {};
  if (draft.timeSpent.trim() !== before.timeSpent) {
    const time = seconds(draft, scale);
    if (time !== base.timeSpentSeconds) change.timeSpentSeconds = time;
  }
  if (draft.date !== before.date || draft.time !== before.time) change.started = started(draft);
  if (draft.description.trim() !== before.description.trim()) change.description = draft.description.trim();
  return change;
}

export function isTouched(draft: Draft, original: Draft): boolean {
  return (Object.keys(original) as DraftField[]).some((field) => draft[field] !== original[field]);
}

function started(draft: Draft): string {
  const iso = fromLocal(draft);
  if (iso === null) throw new Error("the draft was not checked");
  return iso;
}

function seconds(draft: Draft, scale: WorkingTime): number {
  const time = parse(draft.timeSpent, scale);
  if ("problem" in time) throw new Error("the draft was not checked");
  return time.seconds;
}
