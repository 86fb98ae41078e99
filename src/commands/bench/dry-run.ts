/** What `hunt bench --dry-run` says: the load over time, the phases and the faults, as they would be played. */
import { kindNamed } from "../../faults/faults.ts";
import { endOf } from "../../faults/plan/schedule.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import type { Lane } from "../../lanes/lane.ts";
import { integrate, peak } from "../../load/plan/curve.ts";
import type { LoadPlan } from "../../load/plan/load-plan.ts";
import { planOverTime } from "../../load/plan/plan-over-time.ts";
import { recordedCurveLines } from "../../load/recorded/recorded-curve.ts";
import { textTable } from "../../reporting/text/text-table.ts";
import type { PlayedScenario } from "../../scenarios/scenario.ts";
import { plainTable } from "../lists/plain-table.ts";

export function dryRunText(scenario: PlayedScenario, lanes: readonly Lane[]): string {
  const kinds = faultKindsOf(lanes);
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
    loadText(scenario, lanes),
    plainTable(["PHASE", "FROM", "TO"], rows),
    planned.length === 0
      ? "no faults\n"
      : plainTable(["FAULT", "KIND", "TARGET", "AT", "HEALED", "UNDO"], planned),
    "Nothing was started.\n",
  ];
  return parts.join("\n");
}

/** A table for each lane; steps that read the same are one row. */
function loadText({ plans }: PlayedScenario, lanes: readonly Lane[]): string {
  const several = lanes.length > 1;
  return lanes
    .flatMap((lane) => {
      const plan = plans[lane.id];
      return plan === undefined ? [] : `${several ? `${lane.id}\n` : ""}${laneText(plan, lane)}`;
    })
    .join("\n");
}

function laneText(plan: LoadPlan, { load }: Lane): string {
  const [first, ...others] = load.counts(plan);
  const arrivals = first?.what ?? "";
  const steps = planOverTime(plan).map(({ fromS, toS, ...step }) => {
    const { players, digsPerS, peakDigsPerS } = step;
    const more = others.map(({ each }) => digsPerS * each);
    return { fromS, toS, cells: [players, digsPerS, peakDigsPerS, ...more].map(figure) };
  });
  const rows: typeof steps = [];
  for (const step of steps) {
    const last = rows.at(-1);
    if (last?.cells.join() === step.cells.join()) last.toS = step.toS;
    else rows.push(step);
  }
  const heads = others.map(({ what }) => `${what.toUpperCase()}/S`);
  const table = textTable(
    ["FROM", "TO", "PLAYERS", `${arrivals.toUpperCase()}/S`, "PEAK", ...heads],
    rows.map(({ fromS, toS, cells }) => [`${fromS} s`, `${toS} s`, ...cells]),
  );
  const count = integrate(plan.rate, 0, plan.durationS);
  const counts = [{ what: arrivals, each: 1 }, ...others];
  const due = counts.map(({ what, each }) => `${figure(count * each)} ${what}`).join(" and ");
  const total = `${due} are due in ${plan.durationS} s`;
  const top = `the peak is ${figure(peak(plan.rate))} ${arrivals}/s and ${figure(peak(plan.players))} players`;
  return `${table.join("\n")}\n  ${total}; ${top}\n`;
}

/** The same as one JSON document. */
export function dryRunDocument(scenario: PlayedScenario, lanes: readonly Lane[]): string {
  const kinds = faultKindsOf(lanes);
  const { name, description, plan, plans, phases, faults, budgets, recorded } = scenario;
  const document = {
    schemaVersion: 1,
    dryRun: true,
    scenario: name,
    description,
    plan,
    load: planOverTime(plan),
    lanes: Object.fromEntries(
      Object.entries(plans).map(([id, each]) => [id, { plan: each, load: planOverTime(each) }]),
    ),
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
