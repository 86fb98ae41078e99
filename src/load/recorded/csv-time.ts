/**
 * One time of a recording: a date with or without a time of day and an offset (RFC 3339, and the same
 * with a space), or the digits of a Unix time. Anything else is refused, never guessed.
 */

/** How a time is written; a file keeps to one way, or its times can't be compared. */
export type TimeForm = "without an offset" | "with an offset" | `in ${EpochUnit}s`;

type EpochUnit = "second" | "millisecond" | "microsecond" | "nanosecond";

export interface ReadTime {
  readonly atMs: number;
  readonly form: TimeForm;
}

const datePattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?$/i;

/** By their number of digits before the point: as Unix times, all are of 2001 to 2286. */
const epochUnits: Readonly<Record<number, { readonly unit: EpochUnit; readonly perMs: number }>> = {
  10: { unit: "second", perMs: 0.001 },
  13: { unit: "millisecond", perMs: 1 },
  16: { unit: "microsecond", perMs: 1_000 },
  19: { unit: "nanosecond", perMs: 1_000_000 },
};

const timeForms =
  "YYYY-MM-DD hh:mm:ss, the same with an offset (2026-10-25T02:00:00+02:00) or epoch seconds";

/** The time, or what is wrong with it. */
export function readTime(text: string): ReadTime | string {
  const date = datePattern.exec(text);
  if (date !== null) return readDate(date);
  const digits = /^(\d+)(?:\.\d+)?$/.exec(text)?.[1];
  const epoch = digits === undefined ? undefined : epochUnits[digits.length];
  if (epoch === undefined || digits?.startsWith("0") === true) return `expected ${timeForms}`;
  if (isPackedDate(text)) return `it may be a date without separators; expected ${timeForms}`;
  return { atMs: Number(text) / epoch.perMs, form: `in ${epoch.unit}s` };
}

function readDate(date: RegExpExecArray): ReadTime | string {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = date;
  const atMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const found = new Date(atMs);
  if (found.getUTCMonth() + 1 !== Number(month) || found.getUTCDate() !== Number(day)) {
    return "no calendar has that day";
  }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return "expected a time of day from 00:00:00 to 23:59:59";
  }
  const offsetMin = zone === undefined ? 0 : offsetMinutes(zone);
  if (offsetMin === undefined) return "expected an offset from -23:59 to +23:59";
  const ofDayS = (Number(hour) * 60 + Number(minute) - offsetMin) * 60 + Number(second);
  return {
    atMs: atMs + (ofDayS + Number(`0.${fraction}0`)) * 1_000,
    form: zone === undefined ? "without an offset" : "with an offset",
  };
}

/** East of Greenwich is positive; undefined when no place has it. */
function offsetMinutes(zone: string): number | undefined {
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (offset === null) return 0;
  const [, sign, hours, minutes = "0"] = offset;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** 2026102502 is a Unix time of 2034 and more likely the third hour of a day in 2026. */
function isPackedDate(text: string): boolean {
  return /^20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])$/.test(text);
}
