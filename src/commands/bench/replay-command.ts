/**
 * The command that plays one run again: the same plan against the same design. It holds the effective
 * flags, wherever they came from (command line, `HUNT_*`, hunt.config.yaml), and the seed.
 */

import { logFlags } from "../flags/topology-flags.ts";

/** What says where a run goes or how it is shown, not what it is. */
const leftOut: ReadonlySet<string> = new Set([
  "design",
  "seed",
  "repeat",
  "retries",
  "gate",
  "json",
  "keep",
  "tui",
  "reports",
  "portBase",
  "name",
]);

/** True unless the operator wrote `--no-...`. */
const onByDefault: ReadonlySet<string> = new Set(["warmFollower", "faults"]);

/** Of another design of the same series. */
const ofTheLog: readonly string[] = logFlags;

/** @param flags by their camel-case names, as the command line's parser gives them. */
export function replayCommand(flags: object, design: string, seed: number): string {
  const words = Object.entries(flags).flatMap(([name, value]: [string, unknown]) => {
    if (leftOut.has(name) || value === undefined) return [];
    if (design !== "log" && ofTheLog.includes(name)) return [];
    if (value === true && onByDefault.has(name)) return [];
    const flag = `--${value === false ? "no-" : ""}${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((each) =>
      typeof each === "boolean" ? [flag] : [flag, quoted(String(each))],
    );
  });
  return ["hunt bench", ...words, `--design ${design}`, `--seed ${seed}`].join(" ");
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
