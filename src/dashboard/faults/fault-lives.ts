/** What is broken on purpose, and what is next, out of the events of the timeline and of the plan. */
import type { RunDocument } from "../../recording/run-document.ts";
import type { OrderedEvent } from "../../recording/timeline/timeline.ts";
import { firstOf } from "../frame/shortened.ts";

export interface FaultLife {
  readonly id: string;
  /** As `run.json` has it; undefined where that does not know the fault. */
  readonly kind: string | undefined;
  readonly selector: string | undefined;
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

/** An injection takes some milliseconds. */
const lateS = 0.5;

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
      const dueS =
        planned === undefined || forS === undefined ? undefined : begunS(planned.atS, t) + forS;
      const targets = aims.get(id) ?? [];
      const plan = { kind: planned?.kind, selector: planned?.target };
      const open = { healedS: undefined, endedS: undefined };
      lives.set(id, { id, ...plan, targets, injectedS: t, dueS, ...open });
    }
    if (life === undefined) continue;
    if (state === "healed") lives.set(id, { ...life, healedS: t });
    if (state === "recovered" || state === "failed") lives.set(id, { ...life, endedS: t });
  }
  return [...lives.values()];
}

/** One that had to wait lasts as long as any other. */
function begunS(plannedS: number, injectedS: number): number {
  return injectedS - plannedS > lateS ? injectedS : plannedS;
}

export interface FaultLineOptions {
  readonly atS: number;
  readonly room: number;
  /** The name of the phase beside it: what that says need not be said again. */
  readonly phase?: string | undefined;
}

/** `fault kill on proxy/1 (3s left)`, and `+1 more` where there is no room; empty when nothing is broken. */
export function activeFaults(
  lives: readonly FaultLife[],
  { atS, room, phase }: FaultLineOptions,
): string {
  const active = lives.filter(({ endedS }) => endedS === undefined);
  const name = (life: FaultLife) =>
    phase === `fault:${life.id}` ? (life.kind ?? "fault") : nameOf(life);
  const whole = active.map((life) => `${name(life)}${on(life)}${left(life, atS)}`);
  const brief = whole.map((text) => text.replace(/s left\)$/, "s)"));
  const bare = active.map((life) => {
    const own = phase === `fault:${life.id}`;
    return `${own ? name(life) : `fault ${life.id}`}${left(life, atS)}`.replace(/s left\)$/, "s)");
  });
  // What it acts on can be read in the events; that it acts, and how long it still will, can't.
  const fitting = [whole, brief, bare].find((texts) => texts.join("; ").length <= room);
  return firstOf(fitting ?? bare, room);
}

/** `next fault kill proxy/1 in 12s`; empty when none is to come; without its target where there is little room. */
export function nextFault(
  { faults = [] }: Pick<RunDocument, "faults">,
  { atS, room }: { readonly atS: number; readonly room: number },
): string {
  const next = faults.find((fault) => fault.atS > atS);
  if (next === undefined) return "";
  const name = next.id.startsWith(next.kind) ? next.id : `${next.id} (${next.kind})`;
  const text = (target: string) => `next fault ${name}${target} in ${Math.ceil(next.atS - atS)}s`;
  const whole = text(` on ${next.target}`);
  return whole.length <= room ? whole : text("");
}

function nameOf({ id, kind }: FaultLife): string {
  return `fault ${id}${kind === undefined || id.startsWith(kind) ? "" : ` (${kind})`}`;
}

/** The node that was meant; of several, and of links, how they were named. */
function on({ targets, selector }: FaultLife): string {
  const [only, ...others] = targets;
  if (only === undefined) return "";
  if (others.length === 0) return ` on ${only}`;
  return ` on ${selector ?? `${only} and ${others.length} more`}`;
}

function left({ dueS, healedS }: FaultLife, atS: number): string {
  if (healedS !== undefined) return " (healed, recovering)";
  if (dueS === undefined) return "";
  return dueS > atS ? ` (${Math.ceil(dueS - atS)}s left)` : " (healing)";
}
