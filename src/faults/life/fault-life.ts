/**
 * The first half of a fault's life: resolve ▸ check ▸ its warden stands ▸ undo written down ▸ inject ▸ see
 * that it bit; `heal-fault.ts` has the rest. In a run the runner keeps the time; by hand a command does.
 * What happens is told to `tell`, each with the moment at which it happened.
 */
import { identityOf } from "../../runtime/local/keeper/process-identity.ts";
import { faultTargets, type TopologyNode } from "../../topology/topology.ts";
import type { Fault, FaultKind, FaultWorld } from "../fault.ts";
import { kindNamed } from "../faults.ts";
import { type FaultPlan, notNowError } from "../plan/fault-expression.ts";
import { lostNodes } from "../plan/lost-nodes.ts";
import { costText } from "../plan/schedule.ts";
import { resolveTargets } from "../plan/selector.ts";
import { undoInjection } from "./heal-fault.ts";
import type { FaultJournal, JournalEntry } from "./journal.ts";
import { machineMs } from "./machine-clock.ts";

const effectBoundMs = 20_000;

export type FaultState =
  | "waiting"
  | "armed"
  | "injected"
  | "evidence"
  | "healed"
  | "recovered"
  | "failed";

export interface FaultNews {
  readonly fault: string;
  readonly state: FaultState;
  /** By the monotonic clock. */
  readonly atMs: number;
  /** With `armed`. */
  readonly resolvedTo?: readonly string[];
  /** With `healed`, when it was not the hunt that injected it. */
  readonly by?: "operator" | "warden";
  /** The evidence, what it waits for, or what failed. */
  readonly detail?: string;
}

export interface FaultLifeOptions {
  readonly world: FaultWorld;
  readonly journal: FaultJournal;
  readonly allowQuorumLoss: boolean;
  readonly tell: (news: FaultNews) => void;
  /** Resolves when a warden stands by that undoes the fault if this hunt can't. */
  guard(fault: NamedFault): Promise<void>;
}

export interface NamedFault extends FaultPlan {
  readonly id: string;
  /** When it is to be healed (`machineMs`); null: nobody knows; absent: after its time. */
  readonly endsAtMs?: number | null;
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
  const kind = kindNamed(world.kinds, plan.kind);
  const nodes = await resolveTargets(plan, kind, world);
  await world.backend.refresh();
  const states = new Map(world.backend.status().map(({ nodeId, state }) => [nodeId, state]));
  const down = nodes.find((node) => node.kind !== "link" && states.get(node.id) !== "ready");
  if (down !== undefined) {
    throw notNowError(plan.expression, `${down.id} is ${states.get(down.id)}, so nothing was done`);
  }
  if (allowQuorumLoss) return nodes;
  const { topology } = world.backend;
  const serving = new Set([...states].flatMap(([id, state]) => (state === "ready" ? [id] : [])));
  for (const entry of await journal.entries()) {
    const held = faultTargets(topology).filter(({ id }) => id === entry.node);
    for (const id of lostNodes(kindNamed(world.kinds, entry.kind), held, topology)) {
      serving.delete(id);
    }
  }
  for (const id of lostNodes(kind, nodes, topology)) {
    const cost = world.costOfLoss(serving, id);
    if (cost !== undefined) throw notNowError(plan.expression, costText(cost));
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
  await options.guard(fault);
  const taken = await journal.claim(await entriesOf(fault, nodes, world));
  if (taken !== undefined) {
    throw notNowError(expression, `${taken.node} is under the fault '${taken.expression}'`);
  }
  const resolvedTo = nodes.map((node) => node.id);
  tell({ fault: id, state: "armed", atMs: world.clock.monotonicMs(), resolvedTo });
  const kind = kindNamed(world.kinds, fault.kind);
  const faults = nodes.map((node) => kind.on(node, world, fault));
  try {
    await Promise.all(faults.map((each) => each.inject()));
    tell({ fault: id, state: "injected", atMs: world.clock.monotonicMs() });
    const detail = await effectOf(faults, nodes);
    if (!(await journal.markBitten(id, endOfBitten(fault, kind, world)))) {
      throw new Error("it was undone before it was seen to bite: its time was over");
    }
    tell({ fault: id, state: "evidence", atMs: world.clock.monotonicMs(), detail });
  } catch (error) {
    const done = nodes.flatMap(({ id: node }, index) => {
      const on = faults[index];
      return on === undefined ? [] : [{ node, on }];
    });
    await undoInjection(id, done, journal).catch(() => {});
    throw error;
  }
}

async function entriesOf(
  fault: NamedFault,
  nodes: readonly TopologyNode[],
  world: FaultWorld,
): Promise<readonly JournalEntry[]> {
  const injector = await identityOf(process.pid);
  const kind = kindNamed(world.kinds, fault.kind);
  const nowMs = world.clock.nowMs();
  const lengthMs = fault.forS === undefined ? null : fault.forS * 1000;
  const endsAtMs = kind.lasts ? endOf(fault) : machineMs() + effectBoundMs;
  return nodes.map((node) => ({
    schemaVersion: 1,
    fault: fault.id,
    kind: fault.kind,
    expression: fault.expression,
    node: node.id,
    at: new Date(nowMs).toISOString(),
    until: lengthMs === null ? null : new Date(nowMs + lengthMs).toISOString(),
    injector,
    bitten: false,
    endsAtMs: endsAtMs === null ? null : endsAtMs + (kind.injectBoundMs ?? 0),
  }));
}

/** One that does not last has nothing more to wait for. */
function endOfBitten(
  fault: NamedFault,
  kind: FaultKind,
  world: FaultWorld,
): Pick<JournalEntry, "endsAtMs" | "until"> {
  const endsAtMs = kind.lasts ? endOf(fault) : machineMs();
  if (endsAtMs === null) return { endsAtMs, until: null };
  const until = new Date(world.clock.nowMs() + endsAtMs - machineMs()).toISOString();
  return { endsAtMs, until };
}

/** Of one that begins now. */
function endOf({ forS, endsAtMs }: NamedFault): number | null {
  if (endsAtMs !== undefined) return endsAtMs;
  return forS === undefined ? null : machineMs() + forS * 1000;
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
