/** Times between the API's form (ISO 8601 with offset) and what people read and type in their own time zone. */

export interface LocalStart {
  /** `2026-11-24`, the value of a date input. */
  date: string;
  /** `09:05`, the value of a time input. */
  time: string;
}

function two(value: number): string {
  return String(Math.trunc(value)).padStart(2, "0");
}

/** The reader's local date, as a date input and the API's dates want it. */
export function localDate(moment: Date): string {
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

export function toLocal(iso: string): LocalStart {
  return ofMoment(new Date(iso));
}

export function ofMoment(moment: Date): LocalStart {
  return { date: localDate(moment), time: `${two(moment.getHours())}:${two(moment.getMinutes())}` };
}

/** `2026-11-24T09:05:00+01:00`, or null when there is no such date or time. The offset is the one in force then and
 * there, not today's. A time that a clock change skips moves forward as clocks do. */
export function fromLocal({ date, time }: LocalStart): string | null {
  const moment = momentOf({ date, time });
  if (!moment) return null;
  const local = ofMoment(moment);
  return `${local.date}T${local.time}:00${offsetOf(moment)}`;
}

function momentOf({ date, time }: LocalStart): Date | null {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
  const clock = /^(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?$/.exec(time);
  if (!day || !clock) return null;
  const [year, month, dayOfMonth] = [Number(day[1]), Number(day[2]), Number(day[3])];
  const [hours, minutes] = [Number(clock[1]), Number(clock[2])];
  if (hours > 23 || minutes > 59) return null;
  const moment = new Date(year, month - 1, dayOfMonth, hours, minutes);
  return moment.getMonth() === month - 1 && moment.getFullYear() === year ? moment : null;
}

/** `+01:00`: the reader's offset from UTC at that moment. */
export function offsetOf(moment: Date): string {
  const minutes = -moment.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

/** Says which clock the form means: `Europe/Berlin, UTC+01:00`; the offset is left out while there is no date. */
export function zoneLabel(local: LocalStart): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone.replace(/_/g, " ");
  const moment = momentOf(local);
  return moment ? `${zone}, UTC${offsetOf(moment)}` : zone;
}

/** Short for a list: `Today, 09:05`, `Yesterday, 17:30`, else date and time as the reader's language writes them. */
export function describe(iso: string, now: Date = new Date(), locale?: string): string {
  const moment = new Date(iso);
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(moment);
  return `${describeDay(moment, now, locale)}, ${time}`;
}

function describeDay(moment: Date, now: Date, locale?: string): string {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (localDate(moment) === localDate(now)) return "Today";
  if (localDate(moment) === localDate(yesterday)) return "Yesterday";
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }).format(moment);
}

/** In full, for a tooltip: weekday, date, time and zone. */
export function describeFully(iso: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" }).format(new Date(iso));
}

/** A calendar date without a time (`2026-11-24`), as the reader's language writes it. */
export function describeDate(date: string, locale?: string): string {
  const moment = momentOf({ date, time: "12:00" });
  if (!moment) return date;
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }).format(moment);
}
