/** How long a user waits: `hunt --help`, and from `hunt bench` to a backend that serves. Programs cached. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openRecording } from "../src/recording/recording-reader.ts";
import { atMost, printReadings } from "./readings.ts";

const program = fileURLToPath(new URL("../bin/hunt", import.meta.url));
const helpRepeats = 20;
const backendRepeats = 3;

async function helpMs(): Promise<number> {
  const begunMs = performance.now();
  await promisify(execFile)(program, ["--help"]);
  return performance.now() - begunMs;
}

/** As the recording notes it: from the first engine's start to the last node's readiness. */
async function backendReadyS(): Promise<number> {
  const reports = mkdtempSync(join(tmpdir(), "hunt-bench-"));
  try {
    const flags = ["--scenario", "smoke", "--duration", "2s", "--gate", "warn"];
    await promisify(execFile)(program, ["bench", ...flags, "--reports", reports]);
    const [run = ""] = readdirSync(reports);
    const { timeline } = await openRecording(join(reports, run));
    const notes = timeline.events.flatMap((event) => (event.kind === "note" ? [event.text] : []));
    return Number(/backend ready after ([\d.]+) s/.exec(notes.join("\n"))?.[1]);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

async function medianOf(
  count: number,
  measure: () => Promise<number>,
): Promise<number | undefined> {
  const values: number[] = [];
  for (let run = 0; run < count; run += 1) values.push(await measure());
  return values.sort((left, right) => left - right)[Math.floor(count / 2)];
}

printReadings([
  atMost("hunt --help, ms (median of 20)", await medianOf(helpRepeats, helpMs), 150),
  atMost("backend ready, s (median of 3)", await medianOf(backendRepeats, backendReadyS), 3),
]);
