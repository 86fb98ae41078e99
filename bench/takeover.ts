/**
 * `npm run bench:takeover`: `kill -9` of a gateway at 4,000 digs/s, and how long its players wait until
 * the other gateway acknowledges them. Three runs; gateway 1 and 2 in turn.
 *
 * From the ledger, over the players of the killed gateway's partition that waited: those with an
 * operation that was open at the kill, or due before the other gateway acknowledged anything of that
 * partition. A player's time is from the kill to its first acknowledgement. What is heard within 100 ms
 * of the kill was sent by the killed one; detection alone takes longer than that.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { binaryPath } from "../src/engines/programs/binaries.ts";
import { engines } from "../src/engines/programs/engines.ts";
import { systemEnvironment } from "../src/environment.ts";
import { laneEvidences } from "../src/lanes/evidence.ts";
import {
  ledgerOutcomes,
  ledgerTypes,
  readLedger,
} from "../src/lanes/sessions/files/ledger-file.ts";
import { sessionsLane } from "../src/lanes/sessions/sessions-lane.ts";
import { topologyOf } from "../src/lanes/topology-of.ts";
import { openRecording } from "../src/recording/recording-reader.ts";
import { laneFile, newRunId } from "../src/recording/run-folder.ts";
import { versions } from "../src/runner/machine/versions.ts";
import { newRunDocument } from "../src/runner/record/run-document.ts";
import { type RunResult, runScenario } from "../src/runner/run-scenario.ts";
import { plainView } from "../src/runner/run-view.ts";
import { StopSwitch } from "../src/runner/stop-cause.ts";
import { createLocalRuntime } from "../src/runtime/local/local-runtime.ts";
import type { Backend, Runtime } from "../src/runtime/runtime.ts";
import { resolveScenario } from "../src/scenarios/resolve-scenario.ts";
import { atMost, printReadings, type Reading } from "./readings.ts";

const gateways = 2;
const loadAfterKillS = 13;
const lastWordsUs = 100_000;
const observedUs = 5_000_000;
const environment = systemEnvironment();
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    /** Load before the kill; by 100 s the tail that the successor reads has its full 4 MiB. */
    "kill-after-s": { type: "string", default: "12" },
    keep: { type: "boolean", default: false },
  },
});
const { keep } = values;
const killAfterS = Number(values["kill-after-s"]);

/** Wall clock, just before the signal. */
interface Kill {
  atMs: number;
}

/** The local runtime, whose backend loses a gateway some time after the load generator was started. */
function killingRuntime(gateway: string, kill: Kill): Runtime {
  const local = createLocalRuntime({
    keeperProgram: binaryPath("keeper"),
    tmpDir: tmpdir(),
    environment: environment.variables,
  });
  const up: Runtime["up"] = async (...args) => {
    const backend = await local.up(...args);
    const startNode: Backend["startNode"] = async (node, ...rest) => {
      const status = await backend.startNode(node, ...rest);
      if (node.kind === "k6") {
        setTimeout(() => {
          kill.atMs = Date.now();
          void backend.signalNode(gateway, "SIGKILL");
        }, killAfterS * 1000);
      }
      return status;
    };
    return new Proxy(backend, {
      get(target, name) {
        if (name === "startNode") return startNode;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  return { name: local.name, up };
}

async function play(gateway: string, reportsDir: string, kill: Kill): Promise<RunResult> {
  const scenario = await resolveScenario({
    scenario: "steady",
    ratePerS: 4_000,
    players: 28_000,
    durationS: killAfterS + loadAfterKillS,
    budgets: [],
  });
  const startedAt = new Date();
  const runId = newRunId("takeover", startedAt, Math.random());
  const { nodeBinary, packageRoot } = environment;
  const topologySettings = {
    etcdSize: 3,
    gateways,
    raftTimers: { heartbeatMs: 50, electionMs: 250 },
    etcdMetrics: "basic",
  } as const;
  const options = { ...topologySettings, design: "log" };
  const topology = topologyOf([{ lane: sessionsLane, options }]);
  const document = newRunDocument({
    runId,
    scenario,
    lanes: [
      {
        ...{ lane: sessionsLane, settings: topologySettings, load: {} },
        observers: { warmFollower: false },
      },
    ],
    topology,
    runtime: "local",
    versions: versions(packageRoot, [sessionsLane]),
    replay: "npm run bench:takeover",
    startedAt,
  });
  return runScenario(
    { runId, scenario, lanes: [sessionsLane], topology, document, reportsDir },
    {
      runtime: killingRuntime(gateway, kill),
      programs: { ...engines, ...sessionsLane.programs({ nodeBinary, packageRoot }) },
      generator: {
        binary: binaryPath("k6"),
        scriptsDir: join(packageRoot, "src", "scenarios", "k6"),
      },
      files: { nodeBinary: environment.nodeBinary, packageRoot: environment.packageRoot },
      evidence: laneEvidences,
      linearize: binaryPath("linearize", environment.variables),
      huntPid: environment.pid,
      tmpDir: tmpdir(),
      clock: environment.clock,
      stop: new StopSwitch(),
      view: plainView(process.stderr),
    },
  );
}

interface Waits {
  /** Milliseconds from the kill to the partition's first acknowledgement. */
  readonly firstMs: number | null;
  /** Per player that waited, ascending. */
  readonly players: readonly number[];
  /** Players that waited and were not acknowledged within 5 s. */
  readonly never: number;
}

async function waitsOf({ folder }: RunResult, partition: number, kill: Kill): Promise<Waits> {
  const { run } = await openRecording(folder.path);
  const killUs = (kill.atMs - Date.parse(run.startedAt)) * 1000;
  const dueUs = new Map<number, number>();
  const acknowledgedUs = new Map<number, number>();
  await readLedger(laneFile(folder, "sessions", "ledger"), (record) => {
    if (partitionOf(record.player) !== partition || record.atUs > killUs + observedUs) return;
    // Each device waits for itself.
    const player = record.player * 256 + record.device;
    if (record.type === ledgerTypes.attempt) {
      if (acknowledgedUs.has(player)) return;
      dueUs.set(player, Math.max(record.intendedUs, killUs));
      return;
    }
    if (record.atUs <= killUs + lastWordsUs) dueUs.delete(player);
    else if (record.outcome === ledgerOutcomes.ok && !acknowledgedUs.has(player)) {
      acknowledgedUs.set(player, record.atUs);
    }
  });
  const firstUs = Math.min(...acknowledgedUs.values());
  const waiting = [...dueUs].filter(([, us]) => us <= firstUs).map(([player]) => player);
  const players = waiting
    .flatMap((player) => acknowledgedUs.get(player) ?? [])
    .map((us) => (us - killUs) / 1000)
    .sort((left, right) => left - right);
  return {
    firstMs: Number.isFinite(firstUs) ? (firstUs - killUs) / 1000 : null,
    players,
    never: waiting.length - players.length,
  };
}

/** As the gateways do it: FNV-1a of the session's id, modulo partitions. */
function partitionOf(player: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`s-${String(player).padStart(9, "0")}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % gateways;
}

async function measure(number: number): Promise<Reading[]> {
  const gateway = `gateway/${number}`;
  const reports = mkdtempSync(join(tmpdir(), "hunt-bench-"));
  const kill: Kill = { atMs: 0 };
  try {
    const result = await play(gateway, reports, kill);
    const { firstMs, players, never } = await waitsOf(result, number - 1, kill);
    const at = (share: number) => players[Math.ceil(players.length * share) - 1] ?? null;
    const { guarantees } = result.summary;
    const broken = guarantees.filter(({ outcome }) => outcome !== "held").map(({ id }) => id);
    const what = (text: string) => `${gateway} killed: ${text}`;
    return [
      atMost(what("first acknowledgement, ms"), firstMs, 1_500),
      atMost(what(`p50 of ${players.length} waiting players, ms`), at(0.5), 1_500),
      atMost(what("p99, ms"), at(0.99), 1_500),
      atMost(what("longest, ms"), at(1), 1_500),
      atMost(what("players that nobody acknowledged"), never, 0),
      atMost(what(`guarantees not held (${broken.join(", ") || "all held"})`), broken.length, 0),
    ];
  } finally {
    if (keep) process.stderr.write(`recording: ${reports}\n`);
    else rmSync(reports, { recursive: true, force: true });
  }
}

// Brings dist/ and the programs up to date.
await promisify(execFile)(join(environment.packageRoot, "bin", "hunt"), ["--version"]);
for (let run = 0; run < Number(values.runs); run += 1) {
  printReadings(await measure((run % gateways) + 1));
}
