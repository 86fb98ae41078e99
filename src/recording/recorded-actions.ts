/** The actions of a run by their whole names: those of all players, and of some players alone (`partOf`). */
import type { RunDocument } from "./run-document.ts";

/** `sessions.read`, `sessions.read/mobile-4g`, in the order of the recording. */
export function actionsOf(run: Pick<RunDocument, "lanes">): string[] {
  return Object.entries(run.lanes).flatMap(([lane, { actions }]) =>
    Object.keys(actions).map((action) => `${lane}.${action}`),
  );
}

/** Without those that are of some players alone. */
export function wholeActionsOf(run: Pick<RunDocument, "lanes">): string[] {
  return Object.keys(run.lanes).flatMap((lane) => wholeActionsOfLane(run, lane));
}

export function wholeActionsOfLane(run: Pick<RunDocument, "lanes">, lane: string): string[] {
  return Object.entries(run.lanes[lane]?.actions ?? {}).flatMap(([action, { partOf }]) =>
    partOf === undefined ? [`${lane}.${action}`] : [],
  );
}
