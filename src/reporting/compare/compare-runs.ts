/**
 * Several runs side by side. Those of one command are designs, repeats or both: a figure of a design is the
 * median over its repeats. Any other runs, such as one of an old and one of a new build, are a column each, and
 * what they are unlike in is said with them, since that alone may make the difference.
 */
import {
  type ComparisonDocument,
  type ComparisonRow,
  type Summary,
  summarySchemaVersion,
} from "../../verdict/summary-document.ts";
import { unlikeFacts } from "./unlike-runs.ts";

/** Columns in the order in which they first appear in `runs`. */
export function compareRuns(runs: readonly Summary[]): ComparisonDocument {
  const ofOneCommand = areOfOneCommand(runs);
  const variants = new Set(runs.map(variantOf));
  const nameOf = (run: Summary) =>
    variants.size < 2 ? designOf(run) : `${designOf(run)} ${variantOf(run)}`;
  const columns = columnsOf(runs, nameOf);
  const figures = columns.map((column) => column.map(({ run }) => figuresOf(run)));
  const names = new Set(figures.flat().flatMap((each) => [...each.keys()]));
  const rows = [...names].map((figure): ComparisonRow => {
    const medians = figures.map((repeats) =>
      median(repeats.flatMap((each) => each.get(figure) ?? [])),
    );
    const base = medians[0] ?? null;
    return {
      figure,
      medians,
      ratios: medians.map((value) => ratio(base, value)),
      differences: medians.map((value) => (base === null || value === null ? null : value - base)),
    };
  });
  const designs = columns.flatMap(([first]) => (first === undefined ? [] : [nameOf(first.run)]));
  return {
    schemaVersion: summarySchemaVersion,
    comparison: {
      of: ofOneCommand ? "command" : "runs",
      columns: columns.map((column, at) => ({
        name: ofOneCommand ? (designs[at] ?? "") : columnLetter(at),
        runs: column.map(({ at: position }) => position),
      })),
      designs,
      repeats: columns.map((column) => column.length),
      unlike: ofOneCommand
        ? []
        : unlikeFacts(columns.map((column) => column.map(({ run }) => run))),
      rows,
    },
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

/** Each is another run of the same command. */
function areOfOneCommand(runs: readonly Summary[]): boolean {
  const ids = new Set(runs.map(({ series }, at) => series?.id ?? at));
  return ids.size === 1 && new Set(runs.map(({ series }) => series?.run)).size === runs.length;
}

interface PlacedRun {
  readonly run: Summary;
  /** Its position among the runs that are compared. */
  readonly at: number;
}

/** One column holds the repeats of one command and design; a run that says nothing of a command is alone. */
function columnsOf(runs: readonly Summary[], nameOf: (run: Summary) => string): PlacedRun[][] {
  const columns = new Map<string, PlacedRun[]>();
  for (const [at, run] of runs.entries()) {
    const key = run.series === undefined ? `run ${at}` : `${run.series.id} ${nameOf(run)}`;
    const column = columns.get(key) ?? [];
    // The same run twice, or one that was played again, is no repeat.
    const again = column.some((other) => other.run.series?.run === run.series?.run);
    if (again) columns.set(`run ${at}`, [{ run, at }]);
    else columns.set(key, [...column, { run, at }]);
  }
  return [...columns.values()];
}

/** A, B, ... Z, AA: run ids are too wide for the head of a table. */
function columnLetter(at: number): string {
  const letter = String.fromCharCode("A".charCodeAt(0) + (at % 26));
  return at < 26 ? letter : `${columnLetter(Math.floor(at / 26) - 1)}${letter}`;
}

function variantOf({ lanes }: Summary): string {
  return Object.values(lanes)
    .flatMap(({ variant }) => variant?.value ?? [])
    .join(" ");
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
