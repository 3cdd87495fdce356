import { describe, expect, it, test } from "vitest";
import { format, inHours, parse, usualWorkingTime } from "../../static/src/durations";

const hour = 3600;

function seconds(text: string, scale = usualWorkingTime): number | string {
  const read = parse(text, scale);
  return "seconds" in read ? read.seconds : read.problem;
}

describe("a typed duration", () => {
  test.each([
    ["1h 30m", 1.5 * hour],
    ["1h30m", 1.5 * hour],
    [" 1H 30M ", 1.5 * hour],
    ["2d", 16 * hour],
    ["1w", 40 * hour],
    ["1w 2d 4h 15m", 60.25 * hour],
    ["30m 1h", 1.5 * hour],
    ["1.5h", 1.5 * hour],
    ["1,5h", 1.5 * hour],
    [".5h", 0.5 * hour],
    ["0.25d", 2 * hour],
    ["1:30", 1.5 * hour],
    ["0:05", 300],
    ["90", 1.5 * hour],
    ["2 hours 5 minutes", 2 * hour + 300],
    ["1 hr", hour],
    ["3 days", 24 * hour],
  ])("%j is %d seconds", (text, expected) => {
    expect(seconds(text)).toBe(expected);
  });

  test.each(["", "   ", "h", "soon", "1h soon", "1x", "1h 2h", "-1h", "0m", "0", "1h30", "1:75", "1 30m", "١h", "1e3m"])(
    "%j is refused, and says why",
    (text) => {
      expect(parse(text, usualWorkingTime)).toHaveProperty("problem");
    },
  );

  it("is rounded to whole minutes, and never to none", () => {
    expect(seconds("0.01h")).toBe(60);
    expect(seconds("1.333h")).toBe(80 * 60);
    expect(seconds("0.1m")).toMatch(/at least one minute/);
  });

  it("follows the site's working time", () => {
    expect(seconds("1w 1d", { hoursPerDay: 7.5, daysPerWeek: 4 })).toBe(37.5 * hour);
  });

  it("says which part is not understood", () => {
    expect(seconds("1h 20q")).toContain("“20q”");
  });
});

describe("a written duration", () => {
  test.each([
    [0, "0m"],
    [60, "1m"],
    [5400, "1h 30m"],
    [8 * hour, "1d"],
    [60.25 * hour, "1w 2d 4h 15m"],
    [90, "1m 30s"],
    [-5, "0m"],
  ])("of %d seconds is %j", (amount, expected) => {
    expect(format(amount, usualWorkingTime)).toBe(expected);
  });

  it("reads back as what it was, for every number of minutes and several working times", () => {
    for (const scale of [usualWorkingTime, { hoursPerDay: 7.5, daysPerWeek: 5 }, { hoursPerDay: 24, daysPerWeek: 7 }]) {
      for (let minutes = 1; minutes < 20_000; minutes += 37) {
        expect(seconds(format(minutes * 60, scale), scale)).toBe(minutes * 60);
      }
    }
  });

  it("can leave out days, for those who doubt how long one is", () => {
    expect(inHours(25.5 * hour)).toBe("25h 30m");
  });
});
