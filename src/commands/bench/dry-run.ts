/** What `hunt bench --dry-run` says: the load over time, the phases and the faults, as they would be played. */
import type { FaultKind } from "../../faults/fault.ts";
import { kindNamed } from "../../faults/faults.ts";
import { endOf } from "../../faults/plan/schedule.ts";
import { integrate, peak } from "../../load/plan/curve.ts";
import { planOverTime } from "../../load/plan/plan-over-time.ts";
import { recordedCurveLines } from "../../load/recorded/recorded-curve.ts";
import { textTable } from "../../reporting/text/text-table.ts";
import type { PlayedScenario } from "../../scenarios/scenario.ts";
import { plainTable } from "../lists/plain-table.ts";

export function dryRunText(scenario: PlayedScenario, kinds: readonly FaultKind[]): string {
  const { name, phases, faults, recorded } = scenario;
  const rows = phases.map((phase) => [phase.name, `${phase.startS} s`, `${phase.endS} s`]);
  const planned = faults.map((fault) => [
    fault.id,
    fault.kind,
    fault.selector,
    `${fault.atS} s`,
    `${endOf(fault)} s`,
    kindNamed(kinds, fault.kind).undo,
  ]);
  const traffic = recordedCurveLines(recorded).map((line) => `${line}\n`);
  const parts = [
    `${name}\n`,
    ...(traffic.length === 0 ? [] : [traffic.join("")]),
    loadText(scenario),
    plainTable(["PHASE", "FROM", "TO"], rows),
    planned.length === 0
      ? "no faults\n"
      : plainTable(["FAULT", "KIND", "TARGET", "AT", "HEALED", "UNDO"], planned),
    "Nothing was started.\n",
  ];
  return parts.join("\n");
}

/** Steps that read the same are one row. */
function loadText({ plan }: PlayedScenario): string {
  const steps = planOverTime(plan).map(({ fromS, toS, ...load }) => {
    const { players, digsPerS, peakDigsPerS, readsPerS } = load;
    return { fromS, toS, cells: [players, digsPerS, peakDigsPerS, readsPerS].map(figure) };
  });
  const rows: typeof steps = [];
  for (const step of steps) {
    const last = rows.at(-1);
    if (last?.cells.join() === step.cells.join()) last.toS = step.toS;
    else rows.push(step);
  }
  const table = textTable(
    ["FROM", "TO", "PLAYERS", "DIGS/S", "PEAK", "READS/S"],
    rows.map(({ fromS, toS, cells }) => [`${fromS} s`, `${toS} s`, ...cells]),
  );
  const digs = integrate(plan.rate, 0, plan.durationS);
  const reads = figure(digs * plan.readRatio);
  const total = `${figure(digs)} digs and ${reads} reads are due in ${plan.durationS} s`;
  const top = `the peak is ${figure(peak(plan.rate))} digs/s and ${figure(peak(plan.players))} players`;
  return `${table.join("\n")}\n  ${total}; ${top}\n`;
}

/** The same as one JSON document. */
export function dryRunDocument(scenario: PlayedScenario, kinds: readonly FaultKind[]): string {
  const { name, description, plan, phases, faults, budgets, recorded } = scenario;
  const document = {
    schemaVersion: 1,
    dryRun: true,
    scenario: name,
    description,
    plan,
    load: planOverTime(plan),
    recorded: recordedCurveLines(recorded),
    phases,
    faults: faults.map((fault) => ({
      id: fault.id,
      kind: fault.kind,
      target: fault.selector,
      atS: fault.atS,
      healedS: endOf(fault),
      undo: kindNamed(kinds, fault.kind).undo,
    })),
    budgets,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Small rates keep a digit behind the point. */
function figure(value: number): string {
  const digits = value < 100 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}
