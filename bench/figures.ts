/**
 * The figures of `docs/performance.md`, each by one command: `npm run bench:FIGURE`.
 * A figure is one or more real benches, what is read off their summaries, and what is to be reached.
 */
import type { ComparisonDocument, Summary } from "../src/verdict/summary-document.ts";
import { huntJson } from "./hunt-json.ts";

interface Reading {
  readonly what: string;
  readonly value: number | null;
  readonly limit: string;
  readonly reached: boolean;
}

const constant = ["bench", "--scenario", "steady", "--duration", "30s", "--gate", "warn"];

const figures: Readonly<Record<string, () => Promise<Reading[]>>> = {
  "log-4000": () => logAt(4_000, 4_000, { dig: 20, raft: 12 }),
  "log-8000": () => logAt(8_000, 28_000, { dig: 30 }),
  "naive-log": naiveAgainstLog,
  reads: reads,
};

async function logAt(
  rate: number,
  players: number,
  limits: { readonly dig: number; readonly raft?: number },
): Promise<Reading[]> {
  const summary = await huntJson<Summary>([
    ...constant,
    "--rate",
    String(rate),
    "--players",
    String(players),
  ]);
  const dig = digOf(summary);
  const raft = latencyFigure(summary, "raftCommitMs");
  return [
    atMost("dig response p99, ms", dig?.responseMs.p99, limits.dig),
    ...(limits.raft === undefined ? [] : [atMost("raft commit p99, ms", raft, limits.raft)]),
    atMost("digs failed, unknown or dropped", troubles(summary), 0),
    atMost("generator's problems", summary.generator.problems.length, 0),
    ...cpuPerAction(summary),
  ];
}

async function naiveAgainstLog(): Promise<Reading[]> {
  const at = (rate: number) =>
    huntJson<ComparisonDocument>([
      ...constant,
      "--design",
      "naive,log",
      "--rate",
      String(rate),
      "--repeat",
      "3",
    ]);
  const slow = await at(1_000);
  const fast = await at(2_000);
  return [
    atLeast("response p99 at 1,000/s, naive / log", ratio(slow, "dig.responseMs.p99"), 3),
    atLeast("WAL bytes per action at 2,000/s, naive / log", ratio(fast, "walBytesPerAction"), 30),
  ];
}

async function reads(): Promise<Reading[]> {
  const summary = await huntJson<Summary>([...constant, "--rate", "2000", "--read-ratio", "1"]);
  const read = summary.lanes["sessions"]?.actions["read"];
  return [
    atMost("read service p50 at 2,000/s beside 2,000 digs/s, ms", read?.serviceMs.p50, 1),
    atMost("read service p99, ms", read?.serviceMs.p99, 3),
    atMost("reads failed or unknown", (read?.fail ?? 0) + (read?.unknown ?? 0), 0),
  ];
}

/** What each process cost per dig; no limit, but the first thing to look at. */
function cpuPerAction(summary: Summary): Reading[] {
  const ok = digOf(summary)?.ok ?? 0;
  return Object.entries(summary.resources).map(([node, { cpuSeconds }]) => ({
    what: `${node}, CPU microseconds per dig (whole run)`,
    value: cpuSeconds === null || ok === 0 ? null : (cpuSeconds / ok) * 1e6,
    limit: "-",
    reached: true,
  }));
}

function digOf(summary: Summary) {
  return summary.lanes["sessions"]?.actions["dig"];
}

function troubles(summary: Summary): number | undefined {
  const dig = digOf(summary);
  return dig === undefined ? undefined : dig.fail + dig.unknown + dig.dropped;
}

function latencyFigure(summary: Summary, name: string): number | null | undefined {
  const figure = summary.lanes["sessions"]?.figures[name];
  return typeof figure === "object" ? figure?.p99 : undefined;
}

/** The first design divided by the last one. */
function ratio({ comparison }: ComparisonDocument, figure: string): number | null | undefined {
  return comparison.rows.find((row) => row.figure.endsWith(figure))?.ratios.at(-1);
}

function atMost(what: string, value: number | null | undefined, limit: number): Reading {
  const known = value ?? null;
  return { what, value: known, limit: `<= ${limit}`, reached: known !== null && known <= limit };
}

function atLeast(what: string, value: number | null | undefined, limit: number): Reading {
  const known = value ?? null;
  return { what, value: known, limit: `>= ${limit}`, reached: known !== null && known >= limit };
}

const name = process.argv[2] ?? "";
const measure = figures[name];
if (measure === undefined) {
  process.stderr.write(`usage: node bench/figures.ts ${Object.keys(figures).join("|")}\n`);
  process.exitCode = 2;
} else {
  for (const { what, value, limit, reached } of await measure()) {
    const shown = value === null ? "-" : value.toFixed(value < 10 ? 2 : 1);
    process.stdout.write(`${reached ? "ok  " : "MISS"} ${what}: ${shown} (${limit})\n`);
  }
}
