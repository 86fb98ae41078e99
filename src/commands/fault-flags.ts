/** The flags of `hunt bench` on faults, and what `--dry-run` says. */
import { Option } from "commander";
import { faultKind } from "../faults/faults.ts";
import { endOf } from "../faults/schedule.ts";
import { recordedCurveLines } from "../load/recorded/recorded-curve.ts";
import type { PlayedScenario } from "../scenarios/scenario.ts";
import { plainTable } from "./plain-table.ts";

export interface FaultScheduleFlags {
  readonly fault?: readonly string[];
  readonly storm?: string;
  /** False after `--no-faults`. */
  readonly faults?: boolean;
  readonly allowQuorumLoss?: boolean;
  readonly dryRun?: boolean;
}

export function faultOptions(): Option[] {
  return [
    new Option(
      "--fault <expression>",
      "break something: 'kill etcd/leader at 20s for 5s'; repeatable (hunt faults)",
    ).argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]),
    new Option("--storm <expression>", "faults drawn by the seed: 'at 20s for 30s'"),
    new Option("--no-faults", "leave the scenario's own faults out"),
    new Option("--allow-quorum-loss", "faults may leave etcd without a quorum"),
    new Option("--dry-run", "check everything, show phases and faults, start nothing"),
  ];
}

export function dryRunText({ name, phases, faults, recorded }: PlayedScenario): string {
  const rows = phases.map((phase) => [phase.name, `${phase.startS} s`, `${phase.endS} s`]);
  const planned = faults.map((fault) => [
    fault.id,
    fault.kind,
    fault.selector,
    `${fault.atS} s`,
    `${endOf(fault)} s`,
    faultKind(fault.kind).undo,
  ]);
  const table =
    planned.length === 0
      ? "no faults\n"
      : plainTable(["FAULT", "KIND", "TARGET", "AT", "HEALED", "UNDO"], planned);
  const traffic = recordedCurveLines(recorded).map((line) => `${line}\n`);
  return `${name}\n\n${traffic.length === 0 ? "" : `${traffic.join("")}\n`}${plainTable(["PHASE", "FROM", "TO"], rows)}\n${table}\nNothing was started.\n`;
}
