/** Text of a flag to a typed value. Every error names the flag, what was expected and what was given. */
import { exitCodes } from "./exit-codes.ts";
import { HuntError } from "./hunt-error.ts";

export interface NumberRange {
  readonly flag: string;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

/** @throws HuntError (exit code 2) unless the text is a number in the range. */
export function numberFlag(text: string, range: NumberRange): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const fits =
    value >= range.min && value <= range.max && (!range.integer || Number.isInteger(value));
  if (fits) return value;
  const kind = range.integer ? "a whole number" : "a number";
  throw flagError(range.flag, `${kind} from ${range.min} to ${range.max}`, text);
}

/** Pictures of a dashboard per second. @throws HuntError (exit code 2). */
export function framesFlag(text: string): number {
  return numberFlag(text, { flag: "--frames", min: 0.5, max: 10, integer: false });
}

/** `90`, `30s`, `1500ms`, `2m` to seconds. @throws HuntError (exit code 2). */
export function durationFlag(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  const seconds = Number(match?.[1]) * (unitSeconds[match?.[2] ?? "s"] ?? 1);
  if (match !== null && seconds > 0 && seconds <= 86_400) return seconds;
  throw flagError(flag, "a time above 0 and up to 24h such as 30s or 2m", text);
}

export interface SizeRange {
  readonly flag: string;
  /** Bytes. */
  readonly min: number;
  readonly max: number;
}

/** `512KiB`, `4MiB`, `2GiB`, `2GB`, or plain bytes, to bytes. @throws HuntError (exit code 2). */
export function sizeFlag(text: string, { flag, min, max }: SizeRange): number {
  const match = /^(\d+(?:\.\d+)?) ?([KMG]?i?B)?$/.exec(text.trim());
  const bytes = Math.round(Number(match?.[1]) * (unitBytes[match?.[2] ?? "B"] ?? Number.NaN));
  if (bytes >= min && bytes <= max) return bytes;
  throw flagError(flag, `a size from ${sizeText(min)} to ${sizeText(max)} such as 4MiB`, text);
}

const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** In the largest binary unit that gives a whole number. */
function sizeText(bytes: number): string {
  const unit = ["GiB", "MiB", "KiB"].find((name) => bytes % (unitBytes[name] ?? 1) === 0) ?? "B";
  return `${bytes / (unitBytes[unit] ?? 1)}${unit}`;
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

export function gateFlag(text = "fail"): "fail" | "warn" {
  if (text === "fail" || text === "warn") return text;
  throw flagError("--gate", "fail or warn", text);
}

const booleans: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, "1": true },
  ...{ false: false, no: false, off: false, "0": false },
};

/** Undefined for a text that says neither. */
export function booleanOf(text: string): boolean | undefined {
  return booleans[text.trim().toLowerCase()];
}

/** @throws HuntError (exit code 2) that names the flag or variable. */
export function booleanFlag(flag: string, text: string): boolean {
  const value = booleanOf(text);
  if (value !== undefined) return value;
  throw flagError(flag, "true, yes, on or 1, or false, no, off or 0", text);
}

export function listFlag(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export function flagError(flag: string, expected: string, got: string): HuntError {
  return new HuntError({
    code: "usage.flag-value",
    message: `${flag}: expected ${expected}, got "${got}"`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. hunt bench --help shows every flag.",
  });
}
