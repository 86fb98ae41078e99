/** A run that gets no verdict: what it leaves for a CI server to read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sampleRun } from "../../test/fixtures/synthetic-recording.ts";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { sessionsLane } from "../lanes/sessions/sessions-lane.ts";
import { topologyOf } from "../lanes/topology-of.ts";
import { resolveScenario } from "../scenarios/resolve-scenario.ts";
import { type RunDependencies, runScenario } from "./run-scenario.ts";
import { plainView } from "./run-view.ts";
import { StopSwitch } from "./stop-cause.ts";

const { runId } = sampleRun;

/** Plays a run whose backend fails to start, as `up` says. */
async function failedRun(up: (junit: () => string) => Promise<never>) {
  const reportsDir = temporaryFolder();
  const junit = () => readFileSync(join(reportsDir, runId, "junit.xml"), "utf8");
  const said: string[] = [];
  const dependencies: RunDependencies = {
    runtime: { name: "local", up: () => up(junit) },
    programs: {},
    generator: { binary: "k6", scriptsDir: "" },
    files: { nodeBinary: "node", packageRoot: "" },
    evidence: [],
    linearize: "linearize",
    huntPid: process.pid,
    tmpDir: reportsDir,
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    stop: new StopSwitch(),
    view: plainView({ write: (text) => said.push(text) }),
  };
  const options = {
    ...{ design: "log", gateways: 2, etcdSize: 3, etcdMetrics: "basic" as const },
    raftTimers: { heartbeatMs: 50, electionMs: 250 },
  };
  const topology = topologyOf([{ lane: sessionsLane, options }]);
  const scenario = await resolveScenario({ scenario: "smoke", faults: [] });
  const request = {
    runId,
    scenario,
    lanes: [sessionsLane] as const,
    topology,
    document: sampleRun,
    reportsDir,
  };
  const failure: unknown = await runScenario(request, dependencies).catch((error) => error);
  return { failure, junit: junit(), said: said.join(""), path: join(reportsDir, runId) };
}

const portTaken = () =>
  new HuntError({
    code: "runtime.port-taken",
    message: "port 2379 is taken",
    exitCode: exitCodes.environment,
  });

test("a run that ends with 3 leaves a junit.xml that is red, and names its folder", async () => {
  const { failure, junit, said, path } = await failedRun(async () => {
    throw portTaken();
  });
  expect(failure).toMatchObject({ exitCode: 3 });
  expect(junit).toContain('tests="1" failures="0" errors="1"');
  expect(junit).toContain('<error message="port 2379 is taken" type="runtime.port-taken">');
  expect(said).toContain(`recording: ${path}\n`);
});

test("a bug in hunt leaves one too", async () => {
  const { junit } = await failedRun(async () => {
    throw new TypeError("x is not a function");
  });
  expect(junit).toContain('<error message="x is not a function" type="bug">');
});

test("junit.xml is red from the run's begin: a hunt that is killed leaves no other", async () => {
  let meanwhile = "";
  await failedRun(async (junit) => {
    meanwhile = junit();
    throw portTaken();
  });
  expect(meanwhile).toContain('tests="1" failures="0" errors="1"');
  expect(meanwhile).toContain("hunt has written no verdict");
});
