/**
 * The life of one fault: resolve ▸ check ▸ undo written down ▸ inject ▸ see that it bit ▸ heal ▸ see that
 * the target serves again. In a run the runner keeps the time; by hand a command does. What happens is told
 * to `tell`, each with the moment at which it happened.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { faultTargets, type TopologyNode } from "../topology/topology.ts";
import type { Fault, FaultWorld } from "./fault.ts";
import { type FaultPlan, faultError } from "./fault-expression.ts";
import { faultKind } from "./faults.ts";
import type { FaultJournal } from "./journal.ts";
import { lostNodes } from "./lost-nodes.ts";
import { quorumText } from "./schedule.ts";
import { resolveTargets } from "./selector.ts";

const effectBoundMs = 20_000;
const healBoundMs = 30_000;
const recoveryBoundMs = 30_000;
const healSettleMs = 500;

export type FaultState = "armed" | "injected" | "evidence" | "healed" | "recovered" | "failed";

export interface FaultNews {
  readonly fault: string;
  readonly state: FaultState;
  /** By the monotonic clock. */
  readonly atMs: number;
  /** With `armed`. */
  readonly resolvedTo?: readonly string[];
  /** With `healed`, when a person did it. */
  readonly by?: "operator";
  /** The evidence, or what failed. */
  readonly detail?: string;
}

export interface FaultLifeOptions {
  readonly world: FaultWorld;
  readonly journal: FaultJournal;
  readonly allowQuorumLoss: boolean;
  readonly tell: (news: FaultNews) => void;
}

export interface NamedFault extends FaultPlan {
  readonly id: string;
}

/** Where it would act just now. @throws HuntError (exit code 2): no target, or a quorum lost. */
export async function aim(
  plan: FaultPlan,
  {
    world,
    journal,
    allowQuorumLoss,
  }: Pick<FaultLifeOptions, "world" | "journal" | "allowQuorumLoss">,
): Promise<readonly TopologyNode[]> {
  const kind = faultKind(plan.kind);
  const nodes = await resolveTargets(plan, kind, world);
  const states = new Map(world.backend.status().map(({ nodeId, state }) => [nodeId, state]));
  const down = nodes.find((node) => node.kind !== "link" && states.get(node.id) !== "ready");
  if (down !== undefined) {
    throw faultError(plan.expression, `${down.id} is ${states.get(down.id)}, so nothing was done`);
  }
  if (allowQuorumLoss) return nodes;
  const { topology } = world.backend;
  const serving = new Set([...states].flatMap(([id, state]) => (state === "ready" ? [id] : [])));
  for (const entry of await journal.entries()) {
    const held = faultTargets(topology).filter(({ id }) => id === entry.node);
    for (const id of lostNodes(faultKind(entry.kind), held, topology)) serving.delete(id);
  }
  for (const id of lostNodes(kind, nodes, topology)) {
    const loss = world.quorumLoss(serving, id);
    if (loss !== undefined) throw faultError(plan.expression, quorumText(loss));
    serving.delete(id);
  }
  return nodes;
}

/**
 * Resolves once it is known that the fault bit; rejects when it was refused, when it could not be injected
 * or showed no effect, and then what was injected of it has been undone.
 */
export async function injectFault(fault: NamedFault, options: FaultLifeOptions): Promise<void> {
  const { world, journal, tell } = options;
  const { id, expression } = fault;
  const nodes = await aim(fault, options);
  const nowMs = world.clock.nowMs();
  const taken = await journal.claim(
    nodes.map((node) => ({
      schemaVersion: 1,
      fault: id,
      kind: fault.kind,
      expression,
      node: node.id,
      at: new Date(nowMs).toISOString(),
      until: fault.forS === undefined ? null : new Date(nowMs + fault.forS * 1000).toISOString(),
    })),
  );
  if (taken !== undefined) {
    throw faultError(expression, `${taken.node} is under the fault '${taken.expression}'`);
  }
  const resolvedTo = nodes.map((node) => node.id);
  tell({ fault: id, state: "armed", atMs: world.clock.monotonicMs(), resolvedTo });
  const kind = faultKind(fault.kind);
  const faults = nodes.map((node) => kind.on(node, world, fault));
  try {
    await Promise.all(faults.map((each) => each.inject()));
    tell({ fault: id, state: "injected", atMs: world.clock.monotonicMs() });
    const detail = await effectOf(faults, nodes);
    tell({ fault: id, state: "evidence", atMs: world.clock.monotonicMs(), detail });
  } catch (error) {
    await undo(nodes, faults, journal).catch(() => {});
    throw error;
  }
}

async function effectOf(faults: readonly Fault[], nodes: readonly TopologyNode[]): Promise<string> {
  const signal = AbortSignal.timeout(effectBoundMs);
  await Promise.all(faults.map((each) => each.waitForEffect(signal)));
  const shown = faults.flatMap((each, index) => {
    const evidence = each.evidence();
    return evidence === "" ? [] : [`${nodes[index]?.id}: ${evidence}`];
  });
  if (shown.length > 0) return shown.join("; ");
  throw new Error(`it had no effect that could be seen on ${nodes.map(({ id }) => id).join(", ")}`);
}

/**
 * Undoes a fault, whoever injected it, and waits until its targets serve again. Idempotent.
 * @throws Error when it can't be undone, or does not serve within its bound; the journal then keeps it.
 */
export async function healFault(
  fault: { readonly id: string; readonly kind: string },
  options: Pick<FaultLifeOptions, "world" | "journal" | "tell">,
): Promise<void> {
  const { world, journal, tell } = options;
  const targets = await targetsOf(fault.id, options);
  const kind = faultKind(fault.kind);
  const faults = targets.map((node) => kind.on(node, world));
  await undo(targets, faults, journal);
  tell({ fault: fault.id, state: "healed", atMs: world.clock.monotonicMs() });
  const signal = AbortSignal.timeout(recoveryBoundMs);
  await Promise.all(faults.map((each) => each.waitForRecovery(signal)));
  tell({ fault: fault.id, state: "recovered", atMs: world.clock.monotonicMs() });
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
  const kind = faultKind(fault.kind);
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

async function undo(
  nodes: readonly TopologyNode[],
  faults: readonly Fault[],
  journal: FaultJournal,
): Promise<void> {
  const signal = AbortSignal.timeout(healBoundMs);
  const healed = faults.map(async (each, index) => {
    await each.heal(signal);
    const node = nodes[index];
    if (node !== undefined) await journal.release(node.id);
  });
  const failed = (await Promise.allSettled(healed)).find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
