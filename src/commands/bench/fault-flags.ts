/** The flags of `hunt bench` on faults. */
import { Option } from "commander";
import { eachGiven } from "../registration.ts";

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
      "break something: 'kill gateway/1 at 20s for 5s'; repeatable",
    ).argParser(eachGiven),
    new Option("--storm <expression>", "faults drawn by the seed: 'at 20s for 30s'"),
    new Option("--no-faults", "leave the scenario's own faults out"),
    new Option("--allow-quorum-loss", "faults may cost a store its quorum"),
    new Option("--dry-run", "check all, show load, phases and faults"),
  ];
}
