/**
 * Whether a program is there as its source has it now, found out without starting anything (some 3 ms for all of
 * them): set-up gives a program's link in `.cache/bin` the time at which it looked at the inputs, and no input may
 * have changed since. Change times are compared, as in `bin/find-node.sh`.
 */
import { existsSync, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { binaryFile } from "./binaries.ts";
import { namedFile } from "./named-programs.ts";
import type { ProgramName } from "./programs.ts";

/** Where programs are looked for. */
export interface ProgramPlaces {
  readonly packageRoot: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** `outdated`: what it is made from has changed since. */
export type ProgramState = "there" | "outdated" | "missing";

/** All that shapes programs. A change that shapes none of them costs a look by the set-up, once. */
const inputs = ["native", "scripts", "src/engines/programs/programs.ts"];

export function programStates<Name extends ProgramName>(
  names: readonly Name[],
  places: ProgramPlaces,
): ReadonlyMap<Name, ProgramState> {
  const changedMs = hasSource(places) ? newestChangeMs(places.packageRoot) : 0;
  return new Map(names.map((name) => [name, stateOf(name, places, changedMs)]));
}

/** An installed package carries its programs, and `HUNT_BIN_DIR` names others: nothing is built for either. */
export function hasSource({ packageRoot, variables }: ProgramPlaces): boolean {
  return !variables["HUNT_BIN_DIR"] && existsSync(join(packageRoot, "src"));
}

function stateOf(name: ProgramName, places: ProgramPlaces, changedMs: number): ProgramState {
  const path = binaryFile(name, places.variables);
  const program = statSync(path, { throwIfNoEntry: false });
  if (program === undefined || program.size === 0) return "missing";
  // Nothing that hunt has makes it.
  if (namedFile(name, places.variables) !== undefined) return "there";
  return lstatSync(path).mtimeMs > changedMs || changedMs === 0 ? "there" : "outdated";
}

function newestChangeMs(root: string): number {
  let newest = 0;
  const look = (path: string) => {
    const facts: Stats = lstatSync(path);
    newest = Math.max(newest, facts.ctimeMs);
    if (!facts.isDirectory()) return;
    for (const name of readdirSync(path)) look(join(path, name));
  };
  for (const path of inputs) look(join(root, path));
  return newest;
}
