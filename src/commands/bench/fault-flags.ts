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
      "break something: 'kill etcd/leader at 20s for 5s'; repeatable (hunt faults)",
    ).argParser(eachGiven),
    new Option("--storm <expression>", "faults drawn by the seed: 'at 20s for 30s'"),
    new Option("--no-faults", "leave the scenario's own faults out"),
    new Option("--allow-quorum-loss", "faults may leave etcd without a quorum"),
    new Option("--dry-run", "check everything, show load, phases and faults, start nothing"),
  ];
}
