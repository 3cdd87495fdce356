/** Durations as Jira writes and people type them: `1h 30m`, `2d`, `1.5h`, `1:30`. Amounts are whole seconds. */

/** How long the site's working day and week are; "1d" and "1w" mean nothing without it. */
export interface WorkingTime {
  hoursPerDay: number;
  daysPerWeek: number;
}

export const usualWorkingTime: WorkingTime = { hoursPerDay: 8, daysPerWeek: 5 };

export type Parsed = { seconds: number } | { problem: string };

const minute = 60;
const hour = 60 * minute;

const oneAmount = /(\d+(?:[.,]\d+)?|[.,]\d+)\s*([a-z]+)\s*/gy;
const clock = /^(\d{1,3}):([0-5]\d)$/;
const bareNumber = /^\d+$/;

const unitOfWord: Record<string, "w" | "d" | "h" | "m"> = {};
for (const word of ["w", "week", "weeks"]) unitOfWord[word] = "w";
for (const word of ["d", "day", "days"]) unitOfWord[word] = "d";
for (const word of ["h", "hr", "hrs", "hour", "hours"]) unitOfWord[word] = "h";
for (const word of ["m", "min", "mins", "minute", "minutes"]) unitOfWord[word] = "m";

const example = "Use weeks, days, hours and minutes, for example 1h 30m.";

/** Reads a duration, or says in words for the person who typed it what is wrong.
 *
 * Units may come in any order, each once, as in Jira. A number alone is minutes, Jira's default unit; the form shows
 * the interpretation while one types, so nobody has to know. Fractions are rounded to whole minutes.
 */
export function parse(text: string, scale: WorkingTime): Parsed {
  const typed = text.trim().toLowerCase();
  if (typed === "") return { problem: `Say how long it took. ${example}` };
  if (typed.startsWith("-")) return { problem: "Time spent cannot be negative." };
  const seconds = readClock(typed) ?? readBareNumber(typed) ?? readUnits(typed, scale);
  if (typeof seconds !== "number") return seconds;
  const rounded = Math.round(seconds / minute) * minute;
  return rounded < minute ? { problem: "Time spent must be at least one minute." } : { seconds: rounded };
}

function readClock(typed: string): number | null {
  const match = clock.exec(typed);
  return match ? Number(match[1]) * hour + Number(match[2]) * minute : null;
}

function readBareNumber(typed: string): number | null {
  return bareNumber.test(typed) ? Number(typed) * minute : null;
}

function readUnits(typed: string, scale: WorkingTime): number | { problem: string } {
  const size = unitSizes(scale);
  const seen = new Set<string>();
  let total = 0;
  let at = 0;
  while (at < typed.length) {
    oneAmount.lastIndex = at;
    const match = oneAmount.exec(typed);
    const unit = match && unitOfWord[match[2] ?? ""];
    if (!match || !unit) return { problem: `“${typed.slice(at).trim()}” is not a duration. ${example}` };
    if (seen.has(unit)) return { problem: `The unit “${unit}” appears twice.` };
    seen.add(unit);
    total += Number((match[1] ?? "").replace(",", ".")) * size[unit];
    at = oneAmount.lastIndex;
  }
  return total;
}

function unitSizes(scale: WorkingTime) {
  const day = scale.hoursPerDay * hour;
  return { w: day * scale.daysPerWeek, d: day, h: hour, m: minute };
}

/** Writes seconds as Jira does: the largest units first, none that is zero; `0m` for nothing.
 * A rest below a minute, which only other programs can have made, is shown as seconds rather than dropped.
 */
export function format(seconds: number, scale: WorkingTime): string {
  const size = unitSizes(scale);
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const unit of ["w", "d", "h", "m"] as const) {
    const count = Math.floor(rest / size[unit]);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size[unit];
  }
  if (rest > 0) parts.push(`${Math.round(rest)}s`);
  return parts.join(" ") || "0m";
}

/** Hours and minutes only ("10h 15m"), which says more than days where people are unsure how long a day is. */
export function inHours(seconds: number): string {
  return format(seconds, { hoursPerDay: 1e6, daysPerWeek: 1e6 });
}
