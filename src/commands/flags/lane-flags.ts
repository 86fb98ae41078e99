/** Which lane, which of its designs and which runtime, read alike by every command that starts a backend. */
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import type { Lane, LaneDesign } from "../../lanes/lane.ts";
import { lanes } from "../../lanes/lanes.ts";
import { suggestionFor } from "../../suggestion.ts";
import { flagError, listFlag } from "./flag-values.ts";

/** @throws HuntError (exit code 2) unless every name is that of a lane. */
export function laneFlag(text = "sessions"): Lane {
  const known = lanes.map((lane) => lane.id);
  const names = listFlag(text);
  const found = names.map((name) => lanes.find((lane) => lane.id === name));
  const unknown = names.find((_, index) => found[index] === undefined);
  if (unknown !== undefined) throw unknownName("lane", unknown, known);
  const [lane] = found;
  if (lane === undefined) throw flagError("--lanes", `one of ${known.join(", ")}`, text);
  return lane;
}

/** @throws HuntError (exit code 2) unless every name is that of a design of the lane. */
export function designsFlag(lane: Lane, text = lane.defaultDesign): readonly LaneDesign[] {
  const known = lane.designs.map((design) => design.name);
  const names = listFlag(text);
  if (names.length === 0) throw flagError("--design", `one of ${known.join(", ")}`, text);
  return names.map((name) => {
    const design = lane.designs.find((candidate) => candidate.name === name);
    if (design === undefined) throw unknownName("design", name, known);
    return design;
  });
}

/** @throws HuntError (exit code 2) for every runtime that is not there. */
export function checkRuntimeFlag(name: string): void {
  if (name === "local") return;
  if (name === "docker" || name === "external") {
    throw new HuntError({
      code: "usage.runtime-not-available",
      message: `runtime "${name}" does not exist in this version; local is the one that does`,
      exitCode: exitCodes.usage,
      hint: "Nothing was started.",
    });
  }
  throw unknownName("runtime", name, ["local"]);
}

function unknownName(what: string, name: string, known: readonly string[]): HuntError {
  return new HuntError({
    code: `usage.unknown-${what}`,
    message: `unknown ${what} "${name}". ${suggestionFor(name, known)}`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started.",
  });
}
