/**
 * The command that plays one run again: the same plan against the same design. It holds the effective
 * flags, wherever they came from (command line, `HUNT_*`, hunt.config.yaml), and the seed.
 */

import { flagKey } from "../../lanes/lane-flag.ts";
import { laneFlags } from "../../lanes/lane-flags.ts";
import { designText } from "../../topology/topology.ts";

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
  "lane",
  "name",
]);

/** True unless the operator wrote `--no-...`. */
const onByDefault: ReadonlySet<string> = new Set(["warmFollower", "faults"]);

/**
 * @param flags by their camel-case names, as the command line's parser gives them.
 * @param designs The one that the run plays of each lane, by its id.
 */
export function replayCommand(
  flags: object,
  designs: Readonly<Record<string, string>>,
  seed: number,
): string {
  const ofOthers = flagsOfOtherDesigns(designs);
  const words = Object.entries(flags).flatMap(([name, value]: [string, unknown]) => {
    if (leftOut.has(name) || value === undefined) return [];
    if (ofOthers.includes(name)) return [];
    if (value === true && onByDefault.has(name)) return [];
    const flag = `--${value === false ? "no-" : ""}${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((each) =>
      typeof each === "boolean" ? [flag] : [flag, quoted(String(each))],
    );
  });
  return ["hunt bench", ...words, `--design ${designText(designs)}`, `--seed ${seed}`].join(" ");
}

/** Of another design of the same series. */
function flagsOfOtherDesigns(played: Readonly<Record<string, string>>): string[] {
  return Object.entries(played).flatMap(([id, design]) =>
    (laneFlags[id] ?? []).flatMap((flag) =>
      flag.designs === undefined || flag.designs.includes(design) ? [] : [flagKey(flag)],
    ),
  );
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
