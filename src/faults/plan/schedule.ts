/**
 * The schedule of a run: every occurrence of every fault with an id, in time order, checked as far as it
 * can be before anything is started. What only shows when a fault fires is checked again then.
 */
import type { Topology } from "../../topology/topology.ts";
import type { FaultKind, FaultWorld } from "../fault.ts";
import { kindNamed } from "../faults.ts";
import { type FaultPlan, faultError } from "./fault-expression.ts";
import { lostNodes } from "./lost-nodes.ts";
import { candidates, roleOf } from "./selector.ts";

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
  /** Those that the run's lanes can suffer. */
  readonly kinds: readonly FaultKind[];
}

/** @throws HuntError (exit code 2). */
export function scheduleFaults(
  plans: readonly FaultPlan[],
  { warmUntilS, durationS, kinds }: ScheduleBounds,
): readonly ScheduledFault[] {
  const occurrences = plans.flatMap((plan) => {
    const { expression, atS, forS = 0, everyS } = plan;
    if (atS === undefined) throw faultError(expression, 'expected when, such as "at 20s"');
    if (plan.forS === undefined && kindNamed(kinds, plan.kind).lasts) {
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
  readonly kinds: readonly FaultKind[];
  readonly allowQuorumLoss: boolean;
  costOfLoss: FaultWorld["costOfLoss"];
}

/**
 * Selectors that exist, no two faults on one target at a time, and no quorum lost by a fault or by
 * several at once.
 * @throws HuntError (exit code 2).
 */
export function checkSchedule(faults: readonly ScheduledFault[], world: ScheduleWorld): void {
  const { topology } = world;
  const all = new Set(topology.stages.flat().map((node) => node.id));
  const aimed = faults.map((fault): Aimed => {
    const kind = kindNamed(world.kinds, fault.kind);
    const targets = candidates(fault, kind, topology);
    return {
      fault,
      ids: new Set(targets.map(({ id }) => id)),
      lost: lostNodes(kind, targets, topology),
      byRole: roleOf(fault.selector, topology) !== undefined,
    };
  });
  for (const each of aimed) {
    const beside = aimed.filter((other) => other !== each && overlap(other.fault, each.fault));
    // What a role means then is not known yet: the fault is refused when it fires.
    const same = beside.find(({ ids, byRole }) => {
      return !byRole && !each.byRole && [...ids].some((id) => each.ids.has(id));
    });
    if (same !== undefined) {
      const what = `'${same.fault.expression}' acts on ${each.fault.selector} then`;
      throw faultError(each.fault.expression, what);
    }
    if (world.allowQuorumLoss || each.lost.length === 0) continue;
    const serving = new Set(all);
    for (const { lost, byRole } of [...beside, each]) {
      // Of a role that is resolved later, any member stands for the one; another one than before.
      const away = byRole ? lost.filter((id) => serving.has(id)).slice(0, 1) : lost;
      for (const id of away) {
        const cost = world.costOfLoss(serving, id);
        if (cost !== undefined) throw faultError(each.fault.expression, costText(cost));
        serving.delete(id);
      }
    }
  }
}

interface Aimed {
  readonly fault: ScheduledFault;
  readonly ids: ReadonlySet<string>;
  readonly lost: readonly string[];
  readonly byRole: boolean;
}

export function costText(cost: string): string {
  return `it would ${cost}; --allow-quorum-loss does it all the same`;
}

function overlap(left: ScheduledFault, right: ScheduledFault): boolean {
  if (left.atS === right.atS) return true;
  return left.atS < endOf(right) && right.atS < endOf(left);
}
