/** What runs that stand side by side are unlike in, apart from their figures: any of it may be why those differ. */

import { count, short } from "../../metrics/quantity.ts";
import type { ComparisonDocument, Summary } from "../../verdict/summary-document.ts";
import { topologyText } from "../text/topology-text.ts";

type UnlikeFact = ComparisonDocument["comparison"]["unlike"][number];

/** @param columns The runs of each column. */
export function unlikeFacts(columns: readonly (readonly Summary[])[]): UnlikeFact[] {
  const facts = columns.map((runs) => runs.map(factsOf));
  const names = new Set(facts.flat().flatMap((each) => [...each.keys()]));
  return [...names].flatMap((what): UnlikeFact[] => {
    const values = facts.map((runs) =>
      [...new Set(runs.map((each) => each.get(what) ?? "unknown"))].join(" and "),
    );
    return new Set(values).size < 2 ? [] : [{ what, values }];
  });
}

function factsOf(run: Summary): Map<string, string> {
  const { machine, partial, measured } = run;
  const lanes = Object.entries(run.lanes);
  const seconds = measured.reduce((total, { startS, endS }) => total + endS - startS, 0);
  return new Map([
    ["scenario", run.scenario],
    ["length", `${short(run.durationS)} s`],
    ["measured seconds", String(seconds)],
    ["seed", String(run.seed)],
    ["design", lanes.map(([lane, { design }]) => `${lane} ${design}`).join(", ")],
    ["players", lanes.map(([lane, { players }]) => `${lane} ${count(players)}`).join(", ")],
    ["faults", run.faults.map(({ kind, target }) => `${kind} ${target}`).join(", ") || "none"],
    ["runtime", run.runtime],
    ["topology", topologyText(run) || "unknown"],
    ["recording", partial === null ? "whole" : `partial (${partial.reason})`],
    ...Object.entries(run.versions).map(
      ([name, version]) => [`version of ${name}`, version] as const,
    ),
    [
      "machine",
      `${machine.cpuModel}, ${machine.cores} cores, ${short(machine.memoryBytes / 2 ** 30)} GiB`,
    ],
    ["system", `${machine.platform} ${machine.kernel}`],
    ["command", commandOf(run)],
  ]);
}

/** Without the parts that are facts of their own: a rate or a plan shows here alone. */
function commandOf({ replay }: Summary): string {
  return replay?.replaceAll(/ --(design|seed) \S+/g, "") ?? "unknown";
}
