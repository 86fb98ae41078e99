/**
 * What the load generator costs: the real k6 with our extension against a fake backend that answers
 * after 2 ms, 28,000 players, 8,000 digs and 2,000 reads per second, ledger included.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { atMost, printReadings } from "./readings.ts";

const module = fileURLToPath(new URL("../native/k6", import.meta.url));
const repeats = 3;

interface SwarmReport {
  readonly cpuUsPerAction: number;
  readonly rssMaxMb: number;
  readonly scheduleLagMsP99: number;
}

async function measure(): Promise<SwarmReport> {
  const { stdout } = await promisify(execFile)(
    "go",
    ["run", "./cmd/swarm-bench", "--groups", "1"],
    { cwd: module },
  );
  return JSON.parse(stdout) as SwarmReport;
}

const reports: SwarmReport[] = [];
for (let run = 0; run < repeats; run += 1) reports.push(await measure());

function median(of: (report: SwarmReport) => number): number | undefined {
  return reports.map(of).sort((left, right) => left - right)[Math.floor(reports.length / 2)];
}

printReadings([
  atMost(
    "swarm CPU, microseconds per action",
    median((each) => each.cpuUsPerAction),
    30,
  ),
  atMost(
    "swarm memory, MB",
    median((each) => each.rssMaxMb),
    300,
  ),
  atMost(
    "schedule lag p99, ms",
    median((each) => each.scheduleLagMsP99),
    5,
  ),
]);
