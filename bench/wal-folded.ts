/**
 * `npm run bench:wal-folded`: what an action costs in etcd's WAL at 2,000 digs/s when the log is folded:
 * 1,500 sessions, each folded at least twice within the run; records, bases, heartbeats and owner keys
 * are all in the figure, since it is the growth of a member's WAL. Against `naive` under the same plan.
 *
 * That every session was folded twice is read from etcd itself after the run: the version of a base's
 * key says how often it was written. Activity is even (`--skew 0`), since a player who digs once in a
 * minute has nothing to be folded twice.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Summary } from "../src/verdict/summary-document.ts";
import { huntJson } from "./hunt-json.ts";
import { atLeast, atMost, printReadings } from "./readings.ts";

const program = fileURLToPath(new URL("../bin/hunt", import.meta.url));
const backend = `wal-folded-${process.pid}`;
const sessions = 1_500;
const basePrefix = "/hunt/base/";
const load = [
  ...["bench", "--scenario", "steady", "--duration", "60s", "--gate", "warn"],
  ...["--rate", "2000", "--players", String(sessions), "--skew", "0", "--no-warm-follower"],
];
/** Folds each session about every 20 s at this rate; the default of 4 MiB would every 4 minutes. */
const folding = ["--design", "log", "--fold-tail", "384KiB"];

const statusDocument = z.object({
  nodes: z.array(z.object({ id: z.string(), addresses: z.record(z.string(), z.string()) })),
});
const rangeAnswer = z.object({
  kvs: z.array(z.object({ key: z.string(), version: z.string().transform(Number) })).default([]),
});

function hunt(...args: readonly string[]): Promise<{ stdout: string }> {
  return promisify(execFile)(program, [...args, "--name", backend]);
}

/** How often each session's base was written. */
async function foldsPerSession(): Promise<number[]> {
  const { stdout } = await hunt("status", "--json");
  const { nodes } = statusDocument.parse(JSON.parse(stdout));
  const address = nodes.find(({ id }) => id === "etcd/1")?.addresses["client"];
  const response = await fetch(`http://${address}/v3/kv/range`, {
    method: "POST",
    // "0" is what follows "/".
    body: JSON.stringify({
      key: btoa(basePrefix),
      range_end: btoa(basePrefix.replace(/\/$/, "0")),
      keys_only: true,
    }),
  });
  return rangeAnswer.parse(await response.json()).kvs.map(({ version }) => version);
}

async function folded(): Promise<{ summary: Summary; folds: readonly number[] }> {
  try {
    const summary = await huntJson<Summary>([...load, ...folding, "--keep", "--name", backend]);
    return { summary, folds: await foldsPerSession() };
  } finally {
    await hunt("down");
  }
}

function walBytes({ lanes }: Summary): number {
  const figure = lanes["sessions"]?.figures["walBytesPerAction"];
  return typeof figure === "number" ? figure : Number.NaN;
}

const naive = await huntJson<Summary>([...load, "--design", "naive"]);
const { summary, folds } = await folded();
const violations = summary.guarantees.reduce((sum, each) => sum + each.violations, 0);
printReadings([
  atLeast("sessions with a base", folds.length, sessions),
  atLeast("folds of the session that was folded least", Math.min(...folds), 2),
  atLeast(
    "folds of all",
    folds.reduce((sum, count) => sum + count, 0),
    2 * sessions,
  ),
  atMost("WAL bytes per action, log", walBytes(summary), walBytes(naive) / 30),
  atLeast("WAL bytes per action, naive", walBytes(naive), 0),
  atLeast("WAL bytes per action, naive / log", walBytes(naive) / walBytes(summary), 30),
  atMost("guarantees broken, log", violations, 0),
]);
