/**
 * This checkout beside another one, in pairs, each order in turn: `npm run bench:against -- FOLDER [PAIRS]`.
 * Ratios are this one's by the other one's, with a 95 % interval of their mean on a log scale
 * (Fleming and Wallace, "How not to lie with statistics", CACM 1986).
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { atMost, printReadings, type Reading } from "./readings.ts";

/** What summaries of every version have; read without a schema, since the other one may be older. */
interface OldSummary {
  readonly resources: Readonly<Record<string, { readonly cpuSeconds: number | null }>>;
  readonly generator: { readonly scheduleLagMs: { readonly p99: number | null } };
  readonly lanes: Readonly<
    Record<
      string,
      {
        readonly actions: Readonly<
          Record<string, { readonly ok: number; readonly responseMs: { readonly p99: number } }>
        >;
      }
    >
  >;
}

const load = ["--rate", "1000", "--players", "3000", "--duration", "30s", "--seed", "1"];
const flags = ["bench", "--scenario", "steady", "--gate", "warn", "--json", ...load];
/** Student's t, two-sided 95 %, for 1 to 19 degrees of freedom. */
const student = [
  ...[12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093],
];

/** Of one run: CPU microseconds per action over all processes, dig p99 and schedule lag in ms. */
async function figuresOf(checkout: string): Promise<readonly [number, number, number]> {
  const reports = mkdtempSync(join(tmpdir(), "hunt-against-"));
  try {
    const summary = await play(join(checkout, "bin/hunt"), [...flags, "--reports", reports]);
    const actions = Object.values(summary.lanes).flatMap((lane) => Object.values(lane.actions));
    const ok = actions.reduce((sum, action) => sum + action.ok, 0);
    const cpu = Object.values(summary.resources).reduce(
      (sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0),
      0,
    );
    const dig = summary.lanes["sessions"]?.actions["dig"]?.responseMs.p99 ?? Number.NaN;
    return [(cpu / ok) * 1e6, dig, summary.generator.scheduleLagMs.p99 ?? Number.NaN];
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function play(program: string, args: readonly string[]): Promise<OldSummary> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as OldSummary);
      } catch {
        reject(new Error(`${program} printed no summary: ${stderr.slice(-2_000)}`));
      }
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (
    ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2
  );
}

/** The upper end of the interval of the pairs' mean ratio. */
function upperBound(ratios: readonly number[]): number {
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const t = student[logs.length - 2] ?? 1.96;
  return Math.exp(mean + t * Math.sqrt(variance / logs.length));
}

const [other, count = "10"] = process.argv.slice(2);
const pairs = Number(count);
if (other === undefined || !Number.isInteger(pairs) || pairs < 2 || pairs > 20) {
  process.stderr.write("usage: npm run bench:against -- FOLDER [PAIRS], 2 to 20 pairs\n");
  process.exitCode = 2;
} else {
  const here = fileURLToPath(new URL("..", import.meta.url));
  const mine: (readonly [number, number, number])[] = [];
  const theirs: (readonly [number, number, number])[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? [mine, theirs] : [theirs, mine];
    for (const side of order) side.push(await figuresOf(side === mine ? here : other));
    const shown = [mine, theirs].map((side) =>
      side
        .at(-1)
        ?.map((value) => value.toFixed(1))
        .join(", "),
    );
    process.stderr.write(
      `pair ${pair + 1}: CPU us, dig p99 ms, lag p99 ms: ${shown.join(" | ")}\n`,
    );
  }
  const ratios = mine.map(([cpu], index) => cpu / (theirs[index]?.[0] ?? Number.NaN));
  const ofMedians = (index: 0 | 1 | 2) =>
    median(mine.map((run) => run[index])) / median(theirs.map((run) => run[index]));
  const readings: Reading[] = [
    atMost("CPU per action, median", ofMedians(0), 1.08),
    atMost("CPU per action, upper end of the 95 % interval", upperBound(ratios), 1.08),
    atMost("dig p99, ratio of the medians", ofMedians(1), 1.15),
    atMost("schedule lag p99, ratio of the medians", ofMedians(2), 1.15),
  ];
  printReadings(readings);
}
