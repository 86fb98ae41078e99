/**
 * Several runs of one command side by side: designs, repeats, or both. A figure of a design is the
 * median over its repeats; the ratio tells how many times lower it is than with the first design.
 */
import {
  type ComparisonDocument,
  type ComparisonRow,
  type Summary,
  summarySchemaVersion,
} from "../verdict/summary-document.ts";

/** Designs in the order in which they first appear in `runs`. */
export function compareRuns(runs: readonly Summary[]): ComparisonDocument {
  const timers = new Set(runs.map(timersOf));
  const nameOf = (run: Summary) =>
    timers.size < 2 ? designOf(run) : `${designOf(run)} ${timersOf(run)}`;
  const designs = [...new Set(runs.map(nameOf))];
  const byDesign = designs.map((design) => runs.filter((run) => nameOf(run) === design));
  const figures = byDesign.map((repeats) => repeats.map(figuresOf));
  const names = new Set(figures.flat().flatMap((each) => [...each.keys()]));
  const rows = [...names].map((figure): ComparisonRow => {
    const medians = figures.map((repeats) =>
      median(repeats.flatMap((each) => each.get(figure) ?? [])),
    );
    const base = medians[0] ?? null;
    return { figure, medians, ratios: medians.map((value) => ratio(base, value)) };
  });
  return {
    schemaVersion: summarySchemaVersion,
    comparison: { designs, repeats: byDesign.map((repeats) => repeats.length), rows },
    runs: [...runs],
  };
}

/** `log`; with several lanes `sessions=log tiles=naive`. */
export function designOf(run: {
  readonly lanes: Readonly<Record<string, { readonly design: string }>>;
}): string {
  const lanes = Object.entries(run.lanes);
  if (lanes.length === 1) return lanes[0]?.[1].design ?? "";
  return lanes.map(([lane, { design }]) => `${lane}=${design}`).join(" ");
}

function timersOf({ topology }: Summary): string {
  return topology === null
    ? ""
    : `${topology.raftTimers.heartbeatMs}/${topology.raftTimers.electionMs}`;
}

/** Every number that a budget could name, by its path in the summary. */
function figuresOf(run: Summary): Map<string, number> {
  const found = new Map<string, number>();
  const collect = (path: string, value: unknown): void => {
    if (typeof value === "number") found.set(path, value);
    else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) collect(`${path}.${key}`, inner);
    }
  };
  for (const [lane, { actions, figures }] of Object.entries(run.lanes)) {
    for (const [action, result] of Object.entries(actions)) collect(`${lane}.${action}`, result);
    for (const [figure, value] of Object.entries(figures)) collect(`${lane}.${figure}`, value);
  }
  return found;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  if (!Number.isInteger(middle)) return upper;
  return ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function ratio(base: number | null, value: number | null): number | null {
  return base === null || value === null || value === 0 ? null : base / value;
}
