/**
 * What the warden does: it reads the undo journal, and heals what its hunt should have healed and did not.
 *
 *   the fault was not seen to bite, and its hunt is dead    undone at once: nobody knows how far it got
 *   its time was over a moment ago                          healed, whether its hunt is dead or stands still
 *   it has no end, and its hunt is dead                     it stays until `hunt heal`, as was asked for
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultWorld } from "../faults/fault.ts";
import type { FaultNews } from "../faults/life/fault-life.ts";
import { healFault } from "../faults/life/heal-fault.ts";
import { type FaultJournal, type JournalEntry, staysByItself } from "../faults/life/journal.ts";
import { machineMs } from "../faults/life/machine-clock.ts";
import { isAlive, type ProcessIdentity } from "../runtime/local/keeper/process-identity.ts";

const lookEveryMs = 200;
/** What the hunt has for healing by itself, after the fault's time. */
const graceMs = 1_000;
/** What a hunt had asked for just before it died is done by then. */
const settleMs = 500;
const retryEveryMs = 5_000;

export interface WardenOptions {
  readonly world: FaultWorld;
  readonly journal: FaultJournal;
  /** Of the hunt whose faults it guards. */
  readonly injector: ProcessIdentity;
  readonly say: (line: string) => void;
}

/** Resolves when its hunt is dead, and nothing is left that it has to heal. */
export async function guardFaults(options: WardenOptions): Promise<void> {
  const { journal, injector, say } = options;
  const triedAtMs = new Map<string, number>();
  const healing = new Map<string, Promise<void>>();
  for (;;) {
    // Asked first: what a dead hunt wrote down is all there by now.
    const alive = await isAlive(injector);
    const own = (await journal.entries()).filter((entry) => isOf(entry, injector));
    for (const [id, [entry]] of Map.groupBy(own, ({ fault }) => fault)) {
      const why = entry === undefined ? undefined : whyHeal(entry, alive);
      const waited = machineMs() - (triedAtMs.get(id) ?? Number.NEGATIVE_INFINITY);
      if (entry === undefined || why === undefined || waited < retryEveryMs) continue;
      if (healing.has(id)) continue;
      triedAtMs.set(id, machineMs());
      say(`fault ${id}: ${why}`);
      const done = heal(entry, options).finally(() => healing.delete(id));
      healing.set(id, done);
    }
    if (!alive && healing.size === 0 && own.every(staysByItself)) return;
    await sleep(lookEveryMs);
  }
}

function isOf({ injector }: JournalEntry, { pid, startTicks }: ProcessIdentity): boolean {
  return injector?.pid === pid && injector.startTicks === startTicks;
}

function whyHeal({ bitten, endsAtMs }: JournalEntry, alive: boolean): string | undefined {
  if (!bitten && !alive) return "its hunt died before it was seen to bite";
  if (endsAtMs === null || machineMs() < endsAtMs + graceMs) return undefined;
  return alive ? "its time is over and its hunt did not heal it" : "its time is over";
}

/** Never rejects. */
async function heal(
  { fault, kind, bitten }: JournalEntry,
  { world, journal, say }: WardenOptions,
): Promise<void> {
  if (!bitten) await sleep(settleMs);
  const tell = ({ state, detail }: FaultNews) => {
    say(`fault ${fault} ${state}${detail === undefined ? "" : `: ${detail}`}`);
  };
  try {
    await healFault({ id: fault, kind }, { world, journal, tell, by: "warden" });
  } catch (error) {
    say(`fault ${fault} could not be healed, tried again in ${retryEveryMs / 1000} s: ${error}`);
  }
}
