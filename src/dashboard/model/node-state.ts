/** What the timeline says of a node: whether it is there, and how often it was started. */
import type { Snapshot } from "./snapshot.ts";

export interface NodeState {
  /** Its last event; undefined for a node that is up, as far as anybody was told. */
  readonly state: string | undefined;
  readonly starts: number;
}

/** Readings are held for 3 s: figures of a node that ended longer ago are those of its next start. */
const heldS = 4;

/**
 * A node that a fault took away is back when the fault's targets serve again; one that ended otherwise when
 * there are figures of it again (`seen`).
 */
export function nodeState(
  { events, faults, atS }: Pick<Snapshot, "events" | "faults" | "atS">,
  id: string,
  seen: boolean,
): NodeState {
  const own = events.filter((event) => event.kind === "node" && event.node === id);
  const last = own.at(-1);
  const again = own.filter((event) => event.kind === "node" && event.state === "ready").length;
  const exits = own.filter((event) => event.kind === "node" && event.state === "exited");
  const healed = faults.flatMap(({ targets, endedS }) =>
    endedS !== undefined && targets.includes(id) ? [endedS] : [],
  );
  const restarts = exits.filter(({ t }) => healed.some((endedS) => endedS >= t)).length;
  const figuresAgain =
    last?.kind === "node" && last.state === "exited" && seen && atS - last.t > heldS;
  const back = last !== undefined && (figuresAgain || healed.some((endedS) => endedS >= last.t));
  return {
    state: last?.kind === "node" && !back ? last.state : undefined,
    starts: Math.max(1, again) + restarts,
  };
}

/** It has ended, and is not back, whatever it said last. */
export function isAway(snapshot: Snapshot, id: string, seen: boolean): boolean {
  return ["exited", "lost"].includes(nodeState(snapshot, id, seen).state ?? "");
}
