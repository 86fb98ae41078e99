import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  etcdTopology,
  type LocalRun,
  localRun,
  scriptProgram,
  scriptTopology,
} from "../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { etcd } from "../../engines/etcd/etcd.ts";
import { HuntError } from "../../hunt-error.ts";
import { sampleProcess } from "../../metrics/collect/sources/proc.ts";
import type { Backend, NodeExit, NodeProgram } from "../runtime.ts";
import { createLocalRuntime } from "./local-runtime.ts";

vi.setConfig({ testTimeout: 30_000 });

const backends: Backend[] = [];

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

async function up(run: LocalRun, ...args: Parameters<LocalRun["up"]>): Promise<Backend> {
  const backend = await run.up(...args);
  backends.push(backend);
  return backend;
}

test("three members serve one cluster, and a stop leaves no process, port or folder", async () => {
  const run = localRun(temporaryFolder());
  const backend = await up(run, etcdTopology(3));
  const pids = backend.status().map((node) => node.pid);

  await etcdCall(backend, "etcd/1", "put", { key: base64("a"), value: base64("1") });
  const answer = await etcdCall(backend, "etcd/3", "range", { key: base64("a") });
  expect(answer).toContain(base64("1"));
  expect(dataFolders(run)).toHaveLength(1);

  const exits = await backend.stop();

  expect(exits.map((exit) => exit.nodeId)).toEqual(["etcd/1", "etcd/2", "etcd/3"]);
  expect(exits.every((exit) => exit.expected && exit.rssMaxBytes > 10e6)).toBe(true);
  for (const pid of pids) expect(await sampleProcess(pid)).toBeUndefined();
  await expect(etcdCall(backend, "etcd/1", "range", { key: "AA==" })).rejects.toThrow();
  expect(dataFolders(run)).toEqual([]);
  expect(await backend.stop()).toBe(exits);
});

test("two runs side by side have ports and data of their own", async () => {
  const first = localRun(temporaryFolder());
  const second = localRun(first.tmpDir);
  const [a, b] = await Promise.all([up(first, etcdTopology(1)), up(second, etcdTopology(1))]);
  await etcdCall(a, "etcd/1", "put", { key: base64("only-in-a"), value: base64("1") });
  expect(await etcdCall(b, "etcd/1", "range", { key: base64("only-in-a") })).not.toContain("kvs");
  await a.stop();
  expect(await etcdCall(b, "etcd/1", "range", { key: base64("x") })).toContain("header");
});

test("a node that ends by itself is reported as not expected, with how and when, and how long it ran is known", async () => {
  const backend = await up(localRun(temporaryFolder()), etcdTopology(3));
  const ends: NodeExit[] = [];
  backend.onExit((exit) => ends.push(exit));
  const { pid = 0, startedMonotonicMs = 0 } = backend.status()[1] ?? {};
  const ranMs = Number(process.hrtime.bigint()) / 1e6 - startedMonotonicMs;
  expect(ranMs).toBeGreaterThan(0);
  expect(ranMs).toBeLessThan(30_000);
  process.kill(pid, "SIGKILL");
  const exit = await backend.waitForExit("etcd/2");
  expect(exit).toMatchObject({ nodeId: "etcd/2", pid, signal: "SIGKILL", expected: false });
  expect(exit.code).toBeUndefined();
  expect(exit.cpuSeconds).toBeGreaterThan(0);
  expect(Math.abs(exit.atMs - Date.now())).toBeLessThan(5_000);
  expect(ends).toEqual([exit]);
  const replayed: NodeExit[] = [];
  backend.onExit((end) => replayed.push(end));
  expect(replayed).toEqual([exit]);
  expect(backend.status().map((node) => node.state)).toEqual(["ready", "exited", "ready"]);
});

test("an engine that dies at start is reported in its own words, and nothing stays", async () => {
  const run = localRun(temporaryFolder());
  const error = await failureOf(run.up(etcdTopology(3, { heartbeatMs: 100, electionMs: 200 })));
  expect(error).toMatchObject({ code: "engine.start-failed", exitCode: 3 });
  expect(error.message).toMatch(/^etcd\/\d ended with exit code 1, \d\.\d s after its start/);
  expect(error.message).toContain("should be at least as 5 times");
  expect(error.hint).toMatch(/etcd-\d\.log$/);
  expect(dataFolders(run)).toEqual([]);
});

test("a node whose disk is full at its start is told as that, without its stack trace", async () => {
  const script = `console.log("write db: no space left on device, stack: f()"); process.exit(2)`;
  const proxy = scriptProgram(script, { checkReady: () => Promise.reject(new Error("not up")) });
  const run = localRun(temporaryFolder());
  const error = await failureOf(run.up(scriptTopology(), { programs: { proxy } }));
  expect(error).toMatchObject({ code: "engine.out-of-space", exitCode: 3 });
  expect(error.message).toMatch(/its disk is full\n {2}write db: no space left on device$/);
  expect(error.hint).toContain("TMPDIR");
});

test("a node that never serves fails after its bound with the last reason and its last lines", async () => {
  const proxy = scriptProgram("console.log('waiting for a friend'); setInterval(() => {}, 1000)", {
    readyTimeoutMs: 2_000,
    checkReady: () => Promise.reject(new Error("answered 503")),
  });
  const error = await failureOf(
    localRun(temporaryFolder()).up(scriptTopology(), { programs: { proxy } }),
  );
  expect(error.code).toBe("engine.start-failed");
  expect(error.message).toMatch(
    /^proxy\/1 does not serve: answered 503, [23]\.\d s after its start/,
  );
  expect(error.message).toContain("waiting for a friend");
});

test("a node that ends while a later stage starts ends the start-up at once", async () => {
  const run = localRun(temporaryFolder());
  const topology = etcdTopology(1);
  const stages = [...topology.stages, ...scriptTopology().stages];
  const proxy = scriptProgram("setInterval(() => {}, 1000)", {
    checkReady: () => {
      for (const pid of processesUsing(run.tmpDir)) process.kill(pid, "SIGKILL");
      return Promise.reject(new Error("no etcd"));
    },
    readyTimeoutMs: 20_000,
  });
  const startedMs = performance.now();
  const error = await failureOf(run.up({ ...topology, stages }, { programs: { etcd, proxy } }));
  expect(error.message).toMatch(/^etcd\/1 was ended by SIGKILL, \d+\.\d s after its start/);
  expect(error.message).toContain("Its last lines:");
  expect(performance.now() - startedMs).toBeLessThan(15_000);
});

test("a program that does not exist is named", async () => {
  const proxy = scriptProgram("", {
    command: () => ({ program: "/nowhere/proxy", args: [], env: {} }),
  });
  const error = await failureOf(
    localRun(temporaryFolder()).up(scriptTopology(), { programs: { proxy } }),
  );
  expect(error).toMatchObject({ code: "engine.start-failed", exitCode: 3 });
  expect(error.message).toContain("proxy/1 could not be started");
  expect(error.message).toContain("/nowhere/proxy");
});

test("a keeper that does not exist is an environment error", async () => {
  const run = localRun(temporaryFolder());
  const runtime = createLocalRuntime({
    keeperProgram: "/nowhere/keeper",
    tmpDir: run.tmpDir,
    environment: {},
  });
  const error = await failureOf(
    runtime.up(scriptTopology(), {
      runId: "x",
      logsDir: run.logsDir,
      programs: {},
      signal: new AbortController().signal,
      onProgress: () => {},
    }),
  );
  expect(error).toMatchObject({ code: "runtime.keeper-failed", exitCode: 3 });
  expect(error.message).toContain("/nowhere/keeper");
});

/** Resolves with the port, or with undefined when it is taken; 0 takes a free one. */
async function listenAt(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : undefined);
    });
  });
}

/** A server on a port whose lower neighbour nobody has. */
async function listenAboveFreePort(): Promise<{ server: Server; port: number }> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const server = createServer();
    const port = (await listenAt(server, 0)) ?? 0;
    const below = createServer();
    const free = (await listenAt(below, port - 1)) !== undefined;
    if (free) await new Promise((resolve) => below.close(resolve));
    if (free) return { server, port };
    server.close();
  }
  throw new Error("no two neighbouring ports were free");
}

test("a port that is taken is named, with the process that has it", async () => {
  const { server, port } = await listenAboveFreePort();
  const run = localRun(temporaryFolder());
  const error = await failureOf(run.up(etcdTopology(3), { portBase: port - 1 }));
  server.close();
  expect(error).toMatchObject({ code: "runtime.port-taken", exitCode: 3 });
  expect(error.message).toContain(`start at ${port - 1}`);
  expect(error.message).toContain(`port ${port} is taken by pid ${process.pid}`);
  expect(dataFolders(run)).toEqual([]);
});

test("an abort in mid-start ends what was started and rejects with its reason", async () => {
  const run = localRun(temporaryFolder());
  const abort = new AbortController();
  const reason = new Error("Ctrl-C");
  let running: number[] = [];
  const aborting: NodeProgram = {
    ...etcd,
    checkReady: (context, signal) => {
      running = [...running, ...processesUsing(run.tmpDir)];
      abort.abort(reason);
      return etcd.checkReady(context, signal);
    },
  };
  const programs = { etcd: aborting };
  const attempt = run.up(etcdTopology(3), { signal: abort.signal, programs });
  await expect(attempt).rejects.toBe(reason);
  expect(running).not.toEqual([]);
  expect(processesUsing(run.tmpDir)).toEqual([]);
  expect(dataFolders(run)).toEqual([]);
});

test("nothing is started when the signal has aborted before", async () => {
  const run = localRun(temporaryFolder());
  const reason = new Error("Ctrl-C");
  await expect(run.up(etcdTopology(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(readdirSync(run.logsDir)).toEqual([]);
});

test("a process that ignores SIGTERM is killed after its bound", async () => {
  const script = "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000)";
  const proxy = scriptProgram(`${script}; console.log('up')`, { stopTimeoutMs: 1_000 });
  const run = localRun(temporaryFolder());
  const backend = await up(run, scriptTopology(), { programs: { proxy } });
  await vi.waitFor(async () => expect(await backend.lastLines("proxy/1", 1)).toEqual(["up"]));
  const startedMs = performance.now();
  const exit = await backend.stopNode("proxy/1");
  expect(exit).toMatchObject({ signal: "SIGKILL", expected: true });
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1_000);
  expect(await backend.lastLines("proxy/1", 5)).toEqual(["up", "no"]);
});

test("a paused process hears SIGTERM and ends by itself", async () => {
  const script =
    "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')";
  const backend = await up(localRun(temporaryFolder()), scriptTopology(), {
    programs: { proxy: scriptProgram(script) },
  });
  await vi.waitFor(async () => expect(await backend.lastLines("proxy/1", 1)).toEqual(["up"]));
  await backend.signalNode("proxy/1", "SIGSTOP");
  const exit = await backend.stopNode("proxy/1");
  expect(exit).toMatchObject({ code: 7, expected: true });
});

test("a node that is started later gets ports, sees only its own environment, and may end", async () => {
  const leaking = ["ETCD_NAME", "NODE_USE_ENV_PROXY", "HTTP_PROXY", "https_proxy", "ALL_PROXY"];
  for (const name of leaking) process.env[name] = "leaked";
  onTestFinished(() => {
    for (const name of leaking) delete process.env[name];
  });
  const backend = await up(localRun(temporaryFolder()), scriptTopology(), {
    programs: { proxy: scriptProgram("setInterval(() => {}, 1000)") },
  });
  const k6 = { id: "k6/1", kind: "k6", zone: "a", ports: ["api"], settings: {} } as const;
  await backend.startNode(
    k6,
    (context) => ({
      program: process.execPath,
      args: [
        "-e",
        "console.log(process.argv[1], Object.values(process.env).includes('leaked'), process.env.MINE, os.getPriority())",
        context.addresses.address("k6/1", "api"),
      ],
      env: { MINE: "yes" },
      nice: 5,
    }),
    1_000,
  );
  const exit = await backend.waitForExit("k6/1");
  expect(exit).toMatchObject({ code: 0, signal: undefined, expected: true });
  const address = backend.addresses.address("k6/1", "api");
  expect(await backend.lastLines("k6/1", 5)).toEqual([`${address} false yes 5`]);
});

test("one that ends before its start is answered has ended well, too", async () => {
  const backend = await up(localRun(temporaryFolder()), { ...scriptTopology(), stages: [] });
  for (let index = 1; index <= 20; index += 1) {
    const node = { id: `tool/${index}`, kind: "tool", zone: "a", ports: [], settings: {} } as const;
    await backend.startNode(node, { program: "/bin/true", args: [], env: {} }, 1_000);
    expect(await backend.waitForExit(node.id)).toMatchObject({ code: 0, expected: true });
  }
});

test("a node that was started later and fails is not expected to", async () => {
  const backend = await up(localRun(temporaryFolder()), { ...scriptTopology(), stages: [] });
  const k6 = { id: "k6/1", kind: "k6", zone: "a", ports: [], settings: {} } as const;
  const command = { program: process.execPath, args: ["-e", "process.exit(107)"], env: {} };
  await backend.startNode(k6, command, 1_000);
  expect(await backend.waitForExit("k6/1")).toMatchObject({ code: 107, expected: false });
});

async function etcdCall(
  backend: Backend,
  nodeId: string,
  call: "put" | "range",
  body: Record<string, string>,
): Promise<string> {
  const address = backend.addresses.address(nodeId, "client");
  const response = await fetch(`http://${address}/v3/kv/${call}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.text();
}

async function failureOf(attempt: Promise<Backend>): Promise<HuntError> {
  const error: unknown = await attempt.then(
    (backend) => {
      backends.push(backend);
      return undefined;
    },
    (reason: unknown) => reason,
  );
  if (error instanceof HuntError) return error;
  throw new Error(`a HuntError was expected, got ${String(error)}`);
}

function dataFolders(run: LocalRun): string[] {
  return readdirSync(run.tmpDir).filter((name) => name.startsWith("hunt-"));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Engines that name the folder on their command line. */
function processesUsing(folder: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
    } catch {
      return false;
    }
  });
}
