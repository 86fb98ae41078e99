/** What is broken on purpose, and what is next, out of the events of the timeline and of the plan. */
import type { RunDocument } from "../recording/run-document.ts";
import type { OrderedEvent } from "../recording/timeline.ts";

export interface FaultLife {
  readonly id: string;
  /** Nodes. */
  readonly targets: readonly string[];
  readonly injectedS: number;
  /** When it is healed by the plan; undefined for one that has no such time. */
  readonly dueS: number | undefined;
  /** Undefined while it acts. */
  readonly healedS: number | undefined;
  /** Its targets serve again, or it failed; undefined before. */
  readonly endedS: number | undefined;
}

/** Every fault that was injected, in the order of their injection. */
export function faultLives(
  events: readonly OrderedEvent[],
  { faults = [] }: Pick<RunDocument, "faults">,
): FaultLife[] {
  const aims = new Map<string, readonly string[]>();
  const lives = new Map<string, FaultLife>();
  for (const event of events) {
    if (event.kind !== "fault") continue;
    const { fault: id, state, t } = event;
    const life = lives.get(id);
    if (state === "armed") aims.set(id, event.resolvedTo ?? []);
    if (state === "injected") {
      const planned = faults.find((each) => each.id === id);
      const forS = planned?.forS ?? undefined;
      const dueS = planned === undefined || forS === undefined ? undefined : planned.atS + forS;
      const targets = aims.get(id) ?? [];
      const open = { healedS: undefined, endedS: undefined };
      lives.set(id, { id, targets, injectedS: t, dueS, ...open });
    }
    if (life === undefined) continue;
    if (state === "healed") lives.set(id, { ...life, healedS: t });
    if (state === "recovered" || state === "failed") lives.set(id, { ...life, endedS: t });
  }
  return [...lives.values()];
}

/** `fault kill on etcd/2 (3s left)`; empty when nothing is broken. */
export function activeFaults(lives: readonly FaultLife[], atS: number): string {
  const active = lives.filter(({ endedS }) => endedS === undefined);
  return active.map((life) => `fault ${life.id}${on(life)}${left(life, atS)}`).join("; ");
}

/** `next fault kill etcd/leader in 12s`; empty when none is to come. */
export function nextFault({ faults = [] }: Pick<RunDocument, "faults">, atS: number): string {
  const next = faults.find((fault) => fault.atS > atS);
  if (next === undefined) return "";
  const name = next.id.startsWith(next.kind) ? next.id : `${next.id} (${next.kind})`;
  return `next fault ${name} on ${next.target} in ${Math.ceil(next.atS - atS)}s`;
}

function on({ targets }: FaultLife): string {
  return targets.length === 0 ? "" : ` on ${targets.join(", ")}`;
}

function left({ dueS, healedS }: FaultLife, atS: number): string {
  if (healedS !== undefined) return " (healed, recovering)";
  if (dueS === undefined) return "";
  return dueS > atS ? ` (${Math.ceil(dueS - atS)}s left)` : " (healing)";
}
