/**
 * What the dashboard costs (`npm run bench:dashboard`): its CPU at 4,000 digs/s at 2 and at 5 frames a second,
 * the response p99 with and without it (interleaved; the runs without it among themselves are the noise), from
 * a key to the screen, and a recording of an hour.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Summary } from "../src/verdict/summary-document.ts";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../test/fixtures/synthetic-recording.ts";
import { Terminal } from "../test/fixtures/terminal.ts";
import { atMost, printReadings, type Reading } from "./readings.ts";

const program = fileURLToPath(new URL("../bin/hunt", import.meta.url));
const size = { columns: 160, rows: 48 };
const durationS = 60;
const keys = 40;
const hourS = 3600;

/** Plays in a terminal and returns the summary that the run folder holds. */
async function play(flags: readonly string[]): Promise<Summary> {
  const reports = mkdtempSync(join(tmpdir(), "hunt-bench-"));
  try {
    const load = ["--scenario", "steady", "--duration", `${durationS}s`, "--rate", "4000"];
    const words = [program, "bench", ...load, "--players", "28000", "--no-warm-follower"];
    const all = [...words, "--gate", "warn", "--reports", reports, ...flags];
    const terminal = new Terminal(`exec ${all.join(" ")}`, size);
    await terminal.exited;
    const [run = ""] = readdirSync(reports);
    return JSON.parse(readFileSync(join(reports, run, "summary.json"), "utf8")) as Summary;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/** Percent of a core while the load went on. */
function cpuShare({ resources, durationS: seconds }: Summary): number | null {
  const used = resources["dashboard"]?.cpuSeconds ?? null;
  return used === null ? null : (100 * used) / seconds;
}

function digP99({ lanes }: Summary): number {
  return lanes["sessions"]?.actions["dig"]?.responseMs.p99 ?? Number.NaN;
}

async function besideLoad(pairs: number): Promise<Reading[]> {
  const [without, beside]: [number[], number[]] = [[], []];
  const shares: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(digP99(await play(["--no-tui"])));
    const summary = await play([]);
    beside.push(digP99(summary));
    shares.push(cpuShare(summary) ?? Number.NaN);
  }
  without.push(digP99(await play(["--no-tui"])));
  const five = cpuShare(await play(["--frames", "5"]));
  const noise = Math.max(...without) / Math.min(...without);
  const ratio = median(beside) / median(without);
  const told = (values: readonly number[]) => values.map((each) => each.toFixed(1)).join(", ");
  process.stdout.write(
    `dig p99 ms without: ${told(without)}; with the dashboard: ${told(beside)}\n`,
  );
  return [
    atMost("CPU at 2 frames a second, % of a core", median(shares), 5),
    atMost("CPU at 5 frames a second, % of a core", five, 10),
    { what: "A/A: highest p99 / lowest, without", value: noise, limit: "-", reached: true },
    {
      what: "response p99 with / without, medians",
      value: ratio,
      limit: `within 1/${noise.toFixed(2)} and ${noise.toFixed(2)}`,
      reached: ratio <= noise && ratio >= 1 / noise,
    },
  ];
}

function median(values: readonly number[]): number {
  return (
    values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
  );
}

/** A replay of an hour: until it is drawn, its memory, and from a key to the screen. */
async function longRecording(): Promise<Reading[]> {
  const run = {
    ...sampleRun,
    durationS: hourS,
    phases: [{ name: "steady", startS: 0, endS: hourS }],
  };
  await using fixture = await recordFixture(run, (writer) => {
    for (let second = 0; second < hourS; second += 1) {
      writeQuietSecond(writer, second, 4000 + (second % 7) * 900);
      for (let node = 1; node <= 8; node += 1) {
        writer.sample(second, `node.gateway/${node}.cpuSeconds`, second * 0.3);
        writer.sample(second, `node.gateway/${node}.rssBytes`, 90e6 + second);
      }
    }
  });
  const begunMs = performance.now();
  const terminal = new Terminal(`exec ${program} watch ${fixture.folder.path}`, size);
  try {
    await terminal.until(/phase /, 0);
    const openedMs = performance.now() - begunMs;
    await terminal.until(/replay x1/, 0, 60_000);
    const readMs = performance.now() - begunMs;
    const taken: number[] = [];
    for (let key = 0; key < keys; key += 1) {
      // Not in step with the pictures that come by themselves.
      await sleep(130 + 37 * (key % 10));
      const from = terminal.out.length;
      terminal.type("?");
      taken.push(await terminal.until(key % 2 === 0 ? /filter the log/ : /players and load/, from));
    }
    const sorted = taken.toSorted((left, right) => left - right);
    const rssMb = peakRssMb(terminal.pid);
    terminal.type("q");
    await terminal.exited;
    return [
      atMost("a recording of an hour: first picture, ms", openedMs, 2000),
      atMost("the same: read whole, ms", readMs, 2000),
      atMost("the same: peak RSS, MB", rssMb, 300),
      atMost(`key to screen, slowest of ${keys}, ms`, sorted.at(-1), 250),
      { what: "key to screen, median, ms", value: median(taken), limit: "-", reached: true },
    ];
  } finally {
    terminal.kill();
  }
}

/** Of the node process below `script`. */
function peakRssMb(pid: number): number {
  const below = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = new Set([pid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [child = 0, parent = 0] of below) {
      if (found.has(parent) && !found.has(child)) grown = Boolean(found.add(child));
    }
  }
  found.delete(pid);
  const peaks = [...found].map((each) => {
    const status = readFileSync(`/proc/${each}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000;
  });
  return Math.max(...peaks);
}

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "3" },
    "recording-only": { type: "boolean", default: false },
  },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1) {
  process.stderr.write("usage: node bench/dashboard.ts [--pairs 3] [--recording-only]\n");
  process.exitCode = 2;
} else {
  const readings = await longRecording();
  if (!values["recording-only"]) readings.push(...(await besideLoad(pairs)));
  printReadings(readings);
}
