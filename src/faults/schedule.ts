/**
 * The schedule of a run: every occurrence of every fault with an id, in time order, checked as far as it
 * can be before anything is started. What only shows when a fault fires is checked again then.
 */
import type { Topology } from "../topology/topology.ts";
import type { QuorumCost } from "./fault.ts";
import { type FaultPlan, faultError } from "./fault-expression.ts";
import { faultKind } from "./faults.ts";
import { candidates } from "./selector.ts";

export interface ScheduledFault extends FaultPlan {
  /** Unique in the run: the name or the kind, numbered where there are several. */
  readonly id: string;
  readonly atS: number;
}

const maxFaults = 100;

/** When it is healed; one that is over by itself counts for a moment. */
export function endOf(fault: ScheduledFault): number {
  return fault.atS + (fault.forS ?? 0);
}

export interface ScheduleBounds {
  /** Measured seconds begin here: a fault in the warm-up would be in no figure. */
  readonly warmUntilS: number;
  readonly durationS: number;
}

/** @throws HuntError (exit code 2). */
export function scheduleFaults(
  plans: readonly FaultPlan[],
  { warmUntilS, durationS }: ScheduleBounds,
): readonly ScheduledFault[] {
  const occurrences = plans.flatMap((plan) => {
    const { expression, atS, forS = 0, everyS } = plan;
    if (atS === undefined) throw faultError(expression, 'expected when, such as "at 20s"');
    if (plan.forS === undefined && faultKind(plan.kind).lasts) {
      throw faultError(expression, 'expected how long it lasts, such as "for 5s"');
    }
    if (everyS !== undefined && everyS <= forS) {
      throw faultError(expression, `it lasts ${forS} s, so it can't come every ${everyS} s`);
    }
    if (atS < warmUntilS) {
      throw faultError(expression, `the run warms up until ${warmUntilS} s; a fault comes later`);
    }
    if (atS + forS > durationS || atS >= durationS) {
      throw faultError(expression, `it ends at ${atS + forS} s, the load at ${durationS} s`);
    }
    const last = durationS - Math.max(forS, 1e-6);
    const count = everyS === undefined ? 1 : Math.floor((last - atS) / everyS) + 1;
    if (count > maxFaults) throw faultError(expression, `it would come ${count} times`);
    return Array.from({ length: count }, (_, index) => ({
      ...plan,
      atS: atS + index * (everyS ?? 0),
    }));
  });
  occurrences.sort((left, right) => left.atS - right.atS);
  const baseOf = (plan: FaultPlan) => plan.name ?? plan.kind;
  const counts = new Map<string, number>();
  return occurrences.map((plan) => {
    const base = baseOf(plan);
    const number = (counts.get(base) ?? 0) + 1;
    counts.set(base, number);
    const several = occurrences.filter((each) => baseOf(each) === base).length > 1;
    return { ...plan, id: several ? `${base}-${number}` : base };
  });
}

export interface ScheduleWorld {
  readonly topology: Topology;
  readonly allowQuorumLoss: boolean;
  quorumLoss(serving: ReadonlySet<string>, nodeId: string): QuorumCost | undefined;
}

/**
 * Selectors that exist, no two faults on one target at a time, and no quorum lost by a fault or by
 * several at once.
 * @throws HuntError (exit code 2).
 */
export function checkSchedule(faults: readonly ScheduledFault[], world: ScheduleWorld): void {
  const { topology } = world;
  const all = new Set(topology.stages.flat().map((node) => node.id));
  for (const fault of faults) {
    const kind = faultKind(fault.kind);
    const targets = candidates(fault, kind, topology);
    const beside = faults.filter((other) => other !== fault && overlap(other, fault));
    const ids = new Set(targets.map(({ id }) => id));
    const onLinks = fault.selector.startsWith("link:");
    const same = beside.find(
      (other) =>
        other.selector === fault.selector ||
        (onLinks &&
          candidates(other, faultKind(other.kind), topology).some(({ id }) => ids.has(id))),
    );
    const quiet = world.allowQuorumLoss || !kind.takesAway;
    if (same !== undefined && !fault.selector.startsWith("etcd/")) {
      throw faultError(fault.expression, `'${same.expression}' acts on ${fault.selector} then`);
    }
    if (quiet) continue;
    const serving = new Set(all);
    for (const other of [...beside, fault]) {
      const otherKind = faultKind(other.kind);
      if (!otherKind.takesAway) continue;
      const nodes = other === fault ? targets : candidates(other, otherKind, topology);
      // Of a role that is resolved later, any member stands for the one; another one than before.
      const away = other.selector.startsWith("zone:")
        ? nodes
        : nodes.filter(({ id }) => serving.has(id)).slice(0, 1);
      for (const { id } of away) {
        const loss = world.quorumLoss(serving, id);
        if (loss !== undefined) throw faultError(fault.expression, quorumText(loss));
        serving.delete(id);
      }
    }
  }
}

export function quorumText(loss: QuorumCost): string {
  return `it would leave ${loss.left} of ${loss.members} etcd members, and ${loss.needed} are needed to commit; --allow-quorum-loss does it all the same`;
}

function overlap(left: ScheduledFault, right: ScheduledFault): boolean {
  if (left.atS === right.atS) return true;
  return left.atS < endOf(right) && right.atS < endOf(left);
}
