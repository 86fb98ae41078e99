/** Faults by hand in a run: what would be done, and doing it, in words for the operator. */

import type { FaultAnswer, FaultDesk, FaultQuestion } from "../../dashboard/faults/fault-desk.ts";
import type { FaultKind } from "../../faults/fault.ts";
import { faultMenu } from "../../faults/fault-menu.ts";
import { kindNamed } from "../../faults/faults.ts";
import type { JournalEntry } from "../../faults/life/journal.ts";
import { parseFault } from "../../faults/plan/fault-expression.ts";
import { endOf } from "../../faults/plan/schedule.ts";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";
import { nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { StayOptions } from "../../runtime/runtime.ts";
import type { Topology } from "../../topology/topology.ts";
import type { AimedFault, FaultRunner } from "./fault-runner.ts";
import { plannedExpression } from "./played-faults.ts";

export interface BenchFaultDeskOptions {
  readonly faults: FaultRunner;
  /** Those that the lanes of the run can suffer. */
  readonly kinds: readonly FaultKind[];
  readonly topology: Topology;
  /** By which other hunts find the backend. */
  readonly shareAs?: StayOptions | undefined;
}

export function benchFaultDesk(options: BenchFaultDeskOptions): FaultDesk {
  return async (question) => {
    try {
      return await answer(question, options);
    } catch (error) {
      const why = reasonOf(error);
      // The expression that it begins with is on the screen already.
      const short = error instanceof HuntError ? why.replace(/^fault '[^']*': /, "") : why;
      return { kind: "refused", why: short };
    }
  };
}

async function answer(
  question: FaultQuestion,
  { faults, kinds, topology, shareAs }: BenchFaultDeskOptions,
): Promise<FaultAnswer> {
  switch (question.kind) {
    case "menu":
      return { kind: "menu", faults: faultMenu(kinds, topology) };
    case "dry-run":
      return dryRun(await faults.tryOut(parseFault(question.expression, kinds)), kinds);
    case "inject": {
      const aimed = await faults.injectByHand(parseFault(question.expression, kinds));
      const { fault } = aimed;
      const text = `fault ${fault.id}: ${fault.kind} on ${nodesOf(aimed)}`;
      return { kind: "done", text, sameAs: sameAs(aimed) };
    }
    case "heal-dry-run": {
      const entries = await faults.injected();
      if (entries.length === 0) return { kind: "refused", why: "no fault is injected" };
      return { kind: "dry-run", lines: healLines(entries, kinds), sameAs: healSameAs(shareAs) };
    }
    case "heal": {
      const ids = await faults.healAll();
      if (ids.length === 0) return { kind: "refused", why: "no fault is injected any more" };
      return { kind: "done", text: `healing ${ids.join(", ")}`, sameAs: healSameAs(shareAs) };
    }
  }
}

function dryRun(aimed: AimedFault, kinds: readonly FaultKind[]): FaultAnswer {
  const { fault } = aimed;
  const { undo, lasts } = kindNamed(kinds, fault.kind);
  const endS = endOf(fault).toFixed(1);
  const when = lasts ? `, at ${endS} s of the run or when the load ends` : "";
  return {
    kind: "dry-run",
    lines: [
      { label: "acts on", text: nodesOf(aimed) },
      { label: "undone by", text: `${undo}${when}` },
      {
        label: "recorded",
        text: `as fault ${fault.id}, with a phase of its own and 5 s of recovery; judged like one of the plan`,
      },
    ],
    sameAs: sameAs(aimed),
  };
}

function nodesOf({ nodes }: AimedFault): string {
  return nodes.map(({ id }) => id).join(", ");
}

/** Of a run that plans it. */
function sameAs({ fault }: AimedFault): string {
  return `hunt bench --fault '${plannedExpression(fault)}'`;
}

function healLines(entries: readonly JournalEntry[], kinds: readonly FaultKind[]) {
  return [...Map.groupBy(entries, ({ fault }) => fault)].map(([id, targets]) => {
    const [first] = targets;
    const on = targets.map(({ node }) => node).join(", ");
    const undo = first === undefined ? "" : `; ${kindNamed(kinds, first.kind).undo}`;
    return { label: id, text: `${first?.expression ?? ""}, on ${on}${undo}` };
  });
}

function healSameAs(shareAs: StayOptions | undefined): string | null {
  return shareAs === undefined ? null : `hunt heal${nameFlag(shareAs.name)}`;
}
