import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { localRun } from "../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { HuntError } from "../../hunt-error.ts";
import { sampleProcess } from "../../metrics/collect/sources/proc.ts";
import type { RunStart } from "../../metrics/run-start.ts";
import type { Backend } from "../../runtime/runtime.ts";
import type { SecondFrame } from "../frames/frames.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { generatorNodeId } from "./generator.ts";
import { type RunLoadOptions, runLoad } from "./run-load.ts";

const fakeK6 = fileURLToPath(new URL("../../../test/fixtures/load/fake-k6.mjs", import.meta.url));

const plan: LoadPlan = {
  seed: 7,
  durationS: 2,
  players: [[0, 7]],
  rate: [[0, 10]],
  readRatio: 0,
  skew: 0,
  mix: { dig_started: 1, tiles_revealed: 0, loot_claimed: 0 },
  timeoutMs: 500,
};

async function emptyBackend(folder = temporaryFolder()): Promise<Backend> {
  const run = localRun(folder);
  const backend = await run.up({ lanes: [], clusters: [], stages: [], links: [] });
  onTestFinished(async () => {
    await backend.stop();
  });
  return backend;
}

/** A wall clock that stands still: nothing may be measured by it. */
const wallMs = Date.UTC(2026, 0, 1);

/** Its path is too long for a Unix socket. */
function deepFolder(): string {
  const folder = join(temporaryFolder(), "x".repeat(100));
  mkdirSync(folder);
  return folder;
}

function loadOptions(
  backend: Backend,
  behaviour: string,
  changes: Partial<RunLoadOptions> = {},
): RunLoadOptions {
  return {
    backend,
    binary: fakeK6,
    script: join("scripts", `${behaviour}.js`),
    plan,
    target: {
      runId: "test",
      lanes: [
        {
          id: "sessions",
          design: "log",
          rate: plan.rate,
          actions: { dig: { timeoutMs: plan.timeoutMs } },
          targets: { gateways: [{ name: "gateway/1", address: "127.0.0.1:1" }] },
          targetsByNetwork: {},
          ledger: "ledger.bin",
          settings: {},
        },
      ],
    },
    groups: 4,
    clock: { nowMs: () => wallMs, monotonicMs: () => performance.now() },
    signal: new AbortController().signal,
    onStart: () => {},
    onSecond: () => {},
    ...changes,
  };
}

test("a load passes the barrier, starts on a whole second and ends with every frame handled", async () => {
  const backend = await emptyBackend();
  const seen: number[] = [];
  const starts: RunStart[] = [];
  let aheadMs = 0;
  const result = await runLoad(
    loadOptions(backend, "finishes", {
      onStart: (start) => {
        starts.push(start);
        aheadMs = start.monotonicMs - performance.now();
      },
      onSecond: async (frame: SecondFrame) => {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(frame.second);
      },
    }),
  );
  expect(result).toMatchObject({ outcome: "finished", frames: 5, lastLines: [] });
  expect(result.end?.ledgerRecords).toEqual({ sessions: 20 });
  expect(seen).toEqual([0, 1]);
  expect(aheadMs).toBeGreaterThanOrEqual(400);
  expect(starts).toEqual([result.start]);
  expect((result.start?.monotonicMs ?? 1) % 1000).toBe(0);
  // The wall clock, which stands still here, only says what the moment is called.
  expect(Math.abs((result.start?.unixMs ?? 0) - wallMs - aheadMs)).toBeLessThan(100);
});

test("frames come over loopback TCP where the run's folder has too long a path", async () => {
  const backend = await emptyBackend(deepFolder());
  const result = await runLoad(loadOptions(backend, "finishes"));
  expect(result.outcome).toBe("finished");
});

test("an abort lets the swarm drain and leaves no process", async () => {
  const backend = await emptyBackend();
  const stop = new AbortController();
  const result = await runLoad(
    loadOptions(backend, "goes-on", {
      signal: stop.signal,
      onSecond: () => stop.abort(),
    }),
  );
  expect(result).toMatchObject({ outcome: "stopped", end: { reason: "stopped" } });
  expect(result.exit.code).toBe(0);
  expect(await sampleProcess(result.exit.pid)).toBeUndefined();
});

test("a load of which there was enough ends in order and is finished, not stopped", async () => {
  const backend = await emptyBackend();
  const enough = new AbortController();
  const result = await runLoad(
    loadOptions(backend, "goes-on", { enough: enough.signal, onSecond: () => enough.abort() }),
  );
  expect(result).toMatchObject({ outcome: "finished", end: { reason: "stopped" } });
  expect(result.exit.code).toBe(0);
});

test("an abort at the barrier is a stopped load without a start", async () => {
  const backend = await emptyBackend();
  const stop = new AbortController();
  const loading = runLoad(loadOptions(backend, "never-ready", { signal: stop.signal }));
  setTimeout(() => stop.abort(), 300);
  const result = await loading;
  expect(result.outcome).toBe("stopped");
  expect(result.start).toBeUndefined();
});

test("a script that throws is an error with k6's own words, before anything was measured", async () => {
  const backend = await emptyBackend();
  const error = await runLoad(loadOptions(backend, "throws")).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(HuntError);
  expect(error).toMatchObject({ code: "generator.start-failed", exitCode: 3 });
  expect(String(error)).toContain("code 107 (an exception in the script)");
  expect(String(error)).toContain("error: ReferenceError: swarm is not defined");
});

test("a stream cut inside a frame fails the load and says so", async () => {
  const backend = await emptyBackend();
  const result = await runLoad(loadOptions(backend, "cut"));
  expect(result.outcome).toBe("failed");
  expect(result.end).toBeUndefined();
  expect(result.reason).toMatch(
    /ended with code 2 .*cut inside a frame \(20 bytes of it came\) after 4 frames/,
  );
});

test("a frame with a wrong checksum fails the load, and the generator is ended", async () => {
  const backend = await emptyBackend();
  const result = await runLoad(loadOptions(backend, "damaged"));
  expect(result.outcome).toBe("failed");
  expect(result.reason).toMatch(/frame 5 .* has checksum 0x[0-9a-f]{8}, its header says 0x/);
  expect(await sampleProcess(result.exit.pid)).toBeUndefined();
});

test("a ledger that can't be written fails the load with the swarm's reason", async () => {
  const backend = await emptyBackend();
  const result = await runLoad(loadOptions(backend, "disk-full"));
  expect(result).toMatchObject({
    outcome: "failed",
    reason: "the load generator gave up: ledger: no space left on device",
  });
});

test("a generator that is killed fails the load by its signal", async () => {
  const backend = await emptyBackend();
  const result = await runLoad(
    loadOptions(backend, "goes-on", {
      onSecond: (frame) =>
        frame.second === 1 ? backend.signalNode(generatorNodeId, "SIGKILL") : undefined,
    }),
  );
  expect(result.outcome).toBe("failed");
  expect(result.reason).toContain("the load generator was killed by SIGKILL");
});

test("a generator that ignores every request is killed", async () => {
  const backend = await emptyBackend();
  const stop = new AbortController();
  const result = await runLoad(
    loadOptions(backend, "deaf", { signal: stop.signal, onSecond: () => stop.abort() }),
  );
  expect(result.outcome).toBe("stopped");
  expect(result.exit.signal).toBe("SIGKILL");
  expect(result.reason).toContain("last step: SIGKILL");
});

test("what a handler of frames throws ends the generator and comes back", async () => {
  const backend = await emptyBackend();
  const loading = runLoad(
    loadOptions(backend, "goes-on", {
      onSecond: () => {
        throw new Error("the recording is full");
      },
    }),
  );
  await expect(loading).rejects.toThrow("the recording is full");
  expect((await backend.waitForExit(generatorNodeId)).pid).toBeGreaterThan(0);
});

test("the plan file is what docs/swarm-protocol.md lists", async () => {
  const backend = await emptyBackend();
  let written: unknown;
  await runLoad(
    loadOptions(backend, "finishes", {
      onStart: () => {
        const home = readFileSync(`/proc/${backend.status()[0]?.pid}/environ`, "utf8");
        const file = /HUNT_PLAN=([^\0]+)/.exec(home)?.[1] ?? "";
        written = JSON.parse(readFileSync(file, "utf8"));
      },
    }),
  );
  const { seed, durationS, players, skew, rate } = plan;
  expect(written).toEqual({
    version: 2,
    runId: "test",
    ...{ seed, durationS, players, skew },
    generator: 0,
    generators: 1,
    groups: 4,
    lanes: [
      {
        id: "sessions",
        design: "log",
        rate,
        actions: { dig: { timeoutMs: 500 } },
        targets: { gateways: [{ name: "gateway/1", address: "127.0.0.1:1" }] },
        targetsByNetwork: {},
        ledger: "ledger.bin",
        settings: {},
      },
    ],
  });
});
