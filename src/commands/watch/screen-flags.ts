/** Whether there is a screen to draw on. Ink throws where there is none, so this is decided before it is loaded. */
import type { Environment } from "../../environment.ts";
import { booleanOf } from "../../flag-values.ts";

export function isScreen({ stdout, variables }: Environment): boolean {
  const { CI, TERM } = variables;
  return stdout.isTTY && !isSet(CI) && TERM !== "dumb";
}

/** An empty variable, `0`, `false`, `no` and `off` are none. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && booleanOf(value) !== false;
}

/** By the locale, in POSIX's order. */
export function knowsUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment["variables"]): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
}
