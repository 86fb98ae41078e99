/**
 * What a long night costs those who read it (`npm run bench:long-recording`): a recording of 24 h, made in a
 * temporary folder by the recording's own writers with the series and histograms of the committed sample run, then
 * `hunt report` in each format, `hunt verdict` and `hunt verify`, with the peak of their memory and their time.
 *
 *   --hours 24      of load
 *   --rate 150      digs per second
 *   --folder PATH   keeps the recording there, and reads it again when it is there already
 *   --hunt PATH     another hunt to read it with, for before and after
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeLongRecording } from "../test/fixtures/long-recording.ts";
import { atMost, printReadings, type Reading } from "./readings.ts";

const mostMb = 500;
const pollMs = 50;
const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "24" },
    rate: { type: "string", default: "150" },
    folder: { type: "string" },
    hunt: { type: "string", default: fileURLToPath(new URL("../bin/hunt", import.meta.url)) },
  },
});

interface Read {
  readonly code: number | null;
  readonly peakMb: number;
  readonly seconds: number;
  readonly printed: number;
  readonly said: string;
}

async function read(args: readonly string[]): Promise<Read> {
  const begunMs = performance.now();
  const child = spawn(values.hunt, args, { stdio: ["ignore", "pipe", "pipe"] });
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, peakOf(child.pid));
  }, pollMs);
  let printed = 0;
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.length;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-300);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(watch);
  return { code, peakMb, printed, said, seconds: (performance.now() - begunMs) / 1000 };
}

/** Of the process alone; `linearize`, which it starts, has a bound of its own. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}

async function* readings(folder: string): AsyncGenerator<Reading> {
  const commands = [
    ...["text", "md", "html", "json"].map((format) => ["report", folder, "--format", format]),
    ["verdict", folder],
    ["verify", folder],
  ];
  for (const args of commands) {
    const { code, peakMb, seconds, printed, said } = await read(args);
    const what = [args[0], ...args.slice(2)].join(" ");
    const rest = `exit ${code}, ${(printed / 1e6).toFixed(1)} MB printed, ${seconds.toFixed(0)} s`;
    yield atMost(`${what}: peak memory, MB; ${rest}`, peakMb, mostMb);
    if (code !== 0) process.stderr.write(`${what}: ${said}\n`);
  }
}

const reports = values.folder ?? mkdtempSync(join(tmpdir(), "hunt-long-"));
try {
  const [run] = existsSync(reports) ? readdirSync(reports) : [];
  const folder =
    run === undefined
      ? await writeLongRecording(reports, {
          durationS: Math.round(Number(values.hours) * 3600),
          digsPerS: Number(values.rate),
        })
      : join(reports, run);
  for (const name of readdirSync(folder)) {
    const mb = statSync(join(folder, name)).size / 1e6;
    process.stdout.write(`     ${name}: ${mb.toFixed(1)} MB\n`);
  }
  for await (const reading of readings(folder)) printReadings([reading]);
} finally {
  if (values.folder === undefined) rmSync(reports, { recursive: true, force: true });
}
