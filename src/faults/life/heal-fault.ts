/**
 * The second half of a fault's life: it is undone, and its targets serve again. Its own hunt does it, its
 * warden, or `hunt heal`; one at a time, and each of them alone from the journal.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { optional } from "../../optional.ts";
import { faultTargets, type TopologyNode } from "../../topology/topology.ts";
import type { Fault } from "../fault.ts";
import { kindNamed } from "../faults.ts";
import type { FaultLifeOptions, NamedFault } from "./fault-life.ts";
import type { FaultJournal, HealRecord } from "./journal.ts";
import { machineMs } from "./machine-clock.ts";

const healBoundMs = 30_000;
const recoveryBoundMs = 30_000;
/** Another hunt heals and waits for the recovery, and may do both in vain. */
const claimBoundMs = 2 * (healBoundMs + recoveryBoundMs);
const healSettleMs = 500;

export interface HealOptions extends Pick<FaultLifeOptions, "world" | "journal" | "tell"> {
  /** Absent: the hunt that injected it. */
  readonly by?: HealRecord["by"];
}

/**
 * Undoes a fault, whoever injected it, and waits until its targets serve again. Idempotent. When another
 * hunt does so already it waits for that one, and tells what that one did.
 * @throws Error when it can't be undone, or does not serve within its bound; the journal then keeps it.
 */
export async function healFault(
  fault: { readonly id: string; readonly kind: string },
  options: HealOptions,
): Promise<void> {
  const bound = AbortSignal.timeout(claimBoundMs);
  for (;;) {
    await using claim = await options.journal.claimHeal(fault.id, bound);
    const record = await options.journal.record(fault.id);
    if (record !== undefined) {
      // Its holder may have died on its last step.
      for (const { id } of await targetsOf(fault.id, options)) await options.journal.release(id);
      return tellRecord(fault.id, record, options);
    }
    try {
      await healAsHolder(fault, claim.lost, options);
      return;
    } catch (error) {
      // It stood still, and another one has taken over meanwhile.
      if (!claim.lost.aborted) throw error;
    }
  }
}

async function healAsHolder(
  fault: { readonly id: string; readonly kind: string },
  lost: AbortSignal,
  options: HealOptions,
): Promise<void> {
  const { world, journal, tell, by } = options;
  const { id } = fault;
  await world.backend.refresh();
  const targets = await targetsOf(id, options);
  // Its own hunt has healed it meanwhile.
  if (targets.length === 0 && by !== undefined) return;
  const kind = kindNamed(world.kinds, fault.kind);
  const faults = targets.map((node) => kind.on(node, world));
  const healing = AbortSignal.any([lost, AbortSignal.timeout(healBoundMs)]);
  await eachOf(faults, (each) => each.heal(healing));
  lost.throwIfAborted();
  const healedAtMs = machineMs();
  const whose = optional({ by });
  tell({ fault: id, state: "healed", atMs: world.clock.monotonicMs(), ...whose });
  const serving = AbortSignal.any([lost, AbortSignal.timeout(recoveryBoundMs)]);
  await eachOf(faults, (each) => each.waitForRecovery(serving));
  lost.throwIfAborted();
  if (by !== undefined) {
    await journal.writeRecord(id, { by, healedAtMs, recoveredAtMs: machineMs() });
  }
  // Until here it keeps other faults off: a target that does not serve yet would hide their effect.
  for (const node of targets) await journal.release(node.id);
  tell({ fault: id, state: "recovered", atMs: world.clock.monotonicMs() });
}

/** In words of the hunt that comes to it later, with the moments at which it happened. */
function tellRecord(
  fault: string,
  { by, healedAtMs, recoveredAtMs }: HealRecord,
  { world, tell }: HealOptions,
): void {
  const at = (ms: number) => world.clock.monotonicMs() - (machineMs() - ms);
  const detail = by === "warden" ? "by its warden: this hunt did not" : "by hunt heal";
  tell({ fault, state: "healed", atMs: at(healedAtMs), by, detail });
  tell({ fault, state: "recovered", atMs: at(recoveredAtMs) });
}

/**
 * Resolves when the targets serve again though nobody healed the fault by hunt: somebody repaired them. What
 * was written down to undo it is removed then.
 * @returns `healed` when it was `hunt heal` all the same, from another terminal.
 * @throws when the signal aborts first.
 */
export async function waitForRepair(
  fault: NamedFault,
  options: Pick<FaultLifeOptions, "world" | "journal" | "tell">,
  signal: AbortSignal,
): Promise<"repaired" | "healed"> {
  const { world, journal, tell } = options;
  const nodes = await targetsOf(fault.id, options);
  const kind = kindNamed(world.kinds, fault.kind);
  await Promise.all(nodes.map((node) => kind.on(node, world).waitForRecovery(signal)));
  const atMs = world.clock.monotonicMs();
  // `hunt heal` removes its entry once the target is mended, a moment after it serves.
  await sleep(healSettleMs, undefined, { signal });
  const left = await targetsOf(fault.id, options);
  for (const { id } of left) await journal.release(id);
  const by = left.length === 0 && nodes.length > 0 ? "healed" : "repaired";
  const detail = by === "healed" ? "by hunt heal" : "by the operator";
  tell({ fault: fault.id, state: "healed", atMs, by: "operator", detail });
  tell({ fault: fault.id, state: "recovered", atMs, detail });
  return by;
}

async function targetsOf(
  faultId: string,
  { world, journal }: Pick<FaultLifeOptions, "world" | "journal">,
): Promise<readonly TopologyNode[]> {
  const entries = (await journal.entries()).filter((entry) => entry.fault === faultId);
  return faultTargets(world.backend.topology).filter((node) =>
    entries.some((entry) => entry.node === node.id),
  );
}

/**
 * After an injection that failed: heals what it did, and waits for nothing. What another fault has taken
 * meanwhile stays its own.
 */
export async function undoInjection(
  fault: string,
  faults: readonly { readonly node: string; readonly on: Fault }[],
  journal: FaultJournal,
): Promise<void> {
  const signal = AbortSignal.timeout(healBoundMs);
  await eachOf(faults, async ({ node, on }) => {
    await on.heal(signal);
    const own = (await journal.entries()).some(
      (each) => each.node === node && each.fault === fault,
    );
    if (own) await journal.release(node);
  });
}

/** All of them come to their end. @throws what the first one that failed threw. */
async function eachOf<T>(faults: readonly T[], work: (fault: T) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(faults.map(work));
  const failed = ends.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
