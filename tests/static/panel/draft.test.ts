import { describe, expect, it } from "vitest";
import { usualWorkingTime } from "../../../static/src/durations";
import { changeOf, check, draftOf, emptyDraft, isTouched, newWorklog } from "../../../static/src/panel/draft";
import { aWorklog } from "../support";

describe("a draft of a new work log", () => {
  const now = new Date("2026-11-24T09:05:42+01:00");
  const empty = emptyDraft("t", now);

  it("starts now, to the minute", () => {
    expect(empty).toMatchObject({ teamId: "t", date: "2026-11-24", time: "09:05" });
  });

  it("says of every field what is missing", () => {
    const nothing = { ...empty, teamId: "", date: "", time: "" };
    expect(Object.keys(check(nothing, usualWorkingTime)).sort()).toEqual(["date", "teamId", "time", "timeSpent"]);
    expect(check({ ...empty, timeSpent: "1h" }, usualWorkingTime)).toEqual({});
  });

  it("becomes what the API wants", () => {
    expect(newWorklog({ ...empty, timeSpent: "1d", description: " done\n" }, usualWorkingTime)).toEqual({
      teamId: "t",
      started: "2026-11-24T09:05:00+01:00",
      timeSpentSeconds: 28_800,
      description: "done",
    });
  });
});

describe("a draft of a change", () => {
  it("changes nothing by being opened, not even what the form cannot write exactly", () => {
    const odd = aWorklog({ started: "2026-11-23T09:00:31.5-03:30", timeSpentSeconds: 5445, description: "text " });
    const draft = draftOf(odd, usualWorkingTime);
    expect(changeOf(draft, odd, usualWorkingTime)).toEqual({});
    expect(isTouched(draft, draftOf(odd, usualWorkingTime))).toBe(false);
  });

  it("does not take another way of writing for another duration", () => {
    const worklog = aWorklog();
    const draft = { ...draftOf(worklog, usualWorkingTime), timeSpent: "90m" };
    expect(changeOf(draft, worklog, usualWorkingTime)).toEqual({});
  });

  it("sends each field that was changed", () => {
    const worklog = aWorklog();
    const draft = { ...draftOf(worklog, usualWorkingTime), timeSpent: "2h", time: "10:00", description: "" };
    expect(changeOf(draft, worklog, usualWorkingTime)).toEqual({
      timeSpentSeconds: 7200,
      started: "2026-11-23T10:00:00+01:00",
      description: "",
    });
  });
});
