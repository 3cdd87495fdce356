import { describe, expect, it, test } from "vitest";
import { describe as describeStart, describeDate, fromLocal, localDate, toLocal, zoneLabel } from "../../static/src/dates";

// The tests run in Europe/Berlin (vitest.config.ts).

describe("a start that somebody typed", () => {
  test.each([
    ["2026-11-24", "09:05", "2026-11-24T09:05:00+01:00"],
    ["2026-07-01", "23:59", "2026-07-01T23:59:00+02:00"],
    ["2024-02-29", "00:00", "2024-02-29T00:00:00+01:00"],
  ])("%s %s is sent as %s", (date, time, expected) => {
    expect(fromLocal({ date, time })).toBe(expected);
  });

  it("moves forward over the hour that the clock change skips", () => {
    expect(fromLocal({ date: "2026-03-29", time: "02:30" })).toBe("2026-03-29T03:30:00+02:00");
  });

  test.each([
    ["2026-02-30", "09:00"],
    ["2026-13-01", "09:00"],
    ["", "09:00"],
    ["2026-11-24", ""],
    ["2026-11-24", "24:00"],
    ["24.11.2026", "09:00"],
  ])("%j %j is no time", (date, time) => {
    expect(fromLocal({ date, time })).toBeNull();
  });

  it("comes back from the API in the reader's own zone", () => {
    expect(toLocal("2026-11-24T23:30:00-05:00")).toEqual({ date: "2026-11-25", time: "05:30" });
  });

  it("says which clock it means", () => {
    expect(zoneLabel({ date: "2026-07-01", time: "09:00" })).toBe("Europe/Berlin, UTC+02:00");
    expect(zoneLabel({ date: "", time: "" })).toBe("Europe/Berlin");
  });
});

describe("a start in the list", () => {
  const now = new Date("2026-11-24T12:00:00+01:00");
  test.each([
    ["2026-11-24T09:05:00+01:00", "Today, 09:05"],
    ["2026-11-23T17:30:00+01:00", "Yesterday, 17:30"],
    ["2026-11-23T23:30:00-05:00", "Today, 05:30"],
    ["2026-10-01T08:00:00+02:00", "1 Oct 2026, 08:00"],
  ])("%s reads %s", (iso, expected) => {
    expect(describeStart(iso, now, "en-GB")).toBe(expected);
  });
});

it("writes calendar dates without shifting them", () => {
  expect(localDate(new Date(2026, 0, 5))).toBe("2026-01-05");
  expect(describeDate("2026-01-05", "en-GB")).toBe("5 Jan 2026");
  expect(describeDate("nonsense")).toBe("nonsense");
});
