/**
 * The figures of `docs/performance.md`, each by one command: `npm run bench:FIGURE`.
 * A figure is one or more real benches, what is read off their summaries, and what is to be reached.
 */
import type { ComparisonDocument, Summary } from "../src/verdict/summary-document.ts";
import { huntJson } from "./hunt-json.ts";
import { atLeast, atMost, printReadings, type Reading } from "./readings.ts";

const constant = ["bench", "--scenario", "steady", "--duration", "30s", "--gate", "warn"];

const figures: Readonly<Record<string, () => Promise<Reading[]>>> = {
  "log-4000": () => logAt(4_000, 4_000, { dig: 20, raft: 12 }),
  "log-8000": () => logAt(8_000, 28_000, { dig: 30 }),
  "naive-log": naiveAgainstLog,
  reads,
};

async function logAt(
  rate: number,
  players: number,
  limits: { readonly dig: number; readonly raft?: number },
): Promise<Reading[]> {
  const document = await huntJson<ComparisonDocument>([
    ...constant,
    ...["--rate", String(rate), "--players", String(players), "--repeat", "3"],
  ]);
  const { raft } = limits;
  const problems = document.runs.map((run) => run.generator.problems.length);
  return [
    atMost("dig response p99, ms", median(document, "dig.responseMs.p99"), limits.dig),
    ...(raft === undefined
      ? []
      : [atMost("raft commit p99, ms", median(document, "raftCommitMs.p99"), raft)]),
    atMost(
      "digs failed, unknown or dropped in the worst run",
      worst(document.runs.map(troubles)),
      0,
    ),
    atMost("problems of the generator in the worst run", worst(problems), 0),
    ...document.runs.slice(-1).flatMap(cpuPerAction),
  ];
}

async function naiveAgainstLog(): Promise<Reading[]> {
  const at = (rate: number) =>
    huntJson<ComparisonDocument>([
      ...constant,
      ...["--design", "naive,log"],
      ...["--rate", String(rate), "--repeat", "3"],
    ]);
  const slow = await at(1_000);
  const fast = await at(2_000);
  return [
    atLeast("response p99 at 1,000/s, naive / log", ratio(slow, "dig.responseMs.p99"), 3),
    atLeast("WAL bytes per action at 2,000/s, naive / log", ratio(fast, "walBytesPerAction"), 30),
  ];
}

async function reads(): Promise<Reading[]> {
  const document = await huntJson<ComparisonDocument>([
    ...constant,
    ...["--rate", "1000", "--read-ratio", "2", "--repeat", "3"],
  ]);
  const failed = document.runs.map((run) => {
    const read = run.lanes["sessions"]?.actions["read"];
    return read === undefined ? Number.NaN : read.fail + read.unknown + read.dropped;
  });
  return [
    atMost(
      "read service p50 at 2,000 reads/s beside 1,000 digs/s, ms",
      median(document, "read.serviceMs.p50"),
      1,
    ),
    atMost("read service p99, ms", median(document, "read.serviceMs.p99"), 3),
    atMost("within the proxy, p99, ms", median(document, "proxyReadMs.p99"), 3),
    atMost("reads failed, unknown or dropped in the worst run", worst(failed), 0),
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

function troubles(summary: Summary): number {
  const dig = digOf(summary);
  return dig === undefined ? Number.NaN : dig.fail + dig.unknown + dig.dropped;
}

function worst(values: readonly number[]): number {
  return Math.max(...values);
}

/** Of the last design, over its repeats. */
function median({ comparison }: ComparisonDocument, figure: string): number | null | undefined {
  return comparison.rows.find((row) => row.figure.endsWith(figure))?.medians.at(-1);
}

/** The first design divided by the last one. */
function ratio({ comparison }: ComparisonDocument, figure: string): number | null | undefined {
  return comparison.rows.find((row) => row.figure.endsWith(figure))?.ratios.at(-1);
}

const name = process.argv[2] ?? "";
const measure = figures[name];
if (measure === undefined) {
  process.stderr.write(`usage: node bench/figures.ts ${Object.keys(figures).join("|")}\n`);
  process.exitCode = 2;
} else {
  printReadings(await measure());
}
