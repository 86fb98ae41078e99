/** What is left when hunt, the keeper or both are killed with SIGKILL: nothing. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import {
  etcdTopology,
  localRun,
  scriptProgram,
  scriptTopology,
} from "../../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { sampleProcess } from "../../../metrics/collect/sources/proc.ts";
import type { NodeExit } from "../../runtime.ts";

vi.setConfig({ testTimeout: 30_000 });

test("when hunt is killed, the keeper ends the nodes and removes their data", async () => {
  const hunt = await startHunt();
  const keeper = parentOf(hunt.pids);
  hunt.process.kill("SIGKILL");
  await waitUntilGone([...hunt.pids, keeper]);
  expect(dataFolders(hunt.tmpDir)).toEqual([]);
});

test("when the keeper is killed, its nodes die and hunt notices and cleans up", async () => {
  const run = localRun(temporaryFolder());
  const backend = await run.up(etcdTopology(3));
  const exits: NodeExit[] = [];
  backend.onExit((exit) => exits.push(exit));
  const pids = backend.status().map((node) => node.pid);
  process.kill(parentOf(pids), "SIGKILL");
  const exit = await backend.waitForExit("etcd/1");
  expect(exit).toMatchObject({ signal: "SIGKILL", expected: false });
  expect(exits.map((lost) => lost.nodeId)).toEqual(["etcd/1", "etcd/2", "etcd/3"]);
  await waitUntilGone(pids);
  await expect(backend.signalNode("etcd/1", "SIGSTOP")).rejects.toMatchObject({
    code: "runtime.keeper-lost",
  });
  expect(await backend.stop()).toHaveLength(3);
  expect(dataFolders(run.tmpDir)).toEqual([]);
});

test("when the keeper is killed, what a node had started in a session of its own ends, too", async () => {
  const shell = "setsid sleep 1000 & echo $! > pid; wait";
  const proxy = scriptProgram("", {
    command: () => ({ program: "/bin/sh", args: ["-c", shell], env: {} }),
    checkReady: async ({ dataDir }) => {
      if (readFileSync(join(dataDir, "pid"), "utf8") === "") throw new Error("not yet");
    },
  });
  const run = localRun(temporaryFolder());
  const backend = await run.up(scriptTopology(), { programs: { proxy } });
  const file = join(run.tmpDir, dataFolders(run.tmpDir)[0] ?? "", "proxy-1", "pid");
  const pid = Number(readFileSync(file, "utf8"));
  process.kill(parentOf(backend.status().map((node) => node.pid)), "SIGKILL");
  await backend.waitForExit("proxy/1");
  expect(await sampleProcess(pid)).toBeDefined();
  await backend.stop();
  await waitUntilGone([pid]);
});

test("when both are killed, the nodes die, and the next run removes the data", async () => {
  const hunt = await startHunt();
  const keeper = parentOf(hunt.pids);
  // Stopped first, so that the keeper can't act on the death of hunt.
  process.kill(keeper, "SIGSTOP");
  hunt.process.kill("SIGKILL");
  process.kill(keeper, "SIGKILL");
  await waitUntilGone([...hunt.pids, keeper]);
  const left = dataFolders(hunt.tmpDir);
  expect(left).toHaveLength(1);

  const next = await localRun(hunt.tmpDir).up(etcdTopology(1));
  await vi.waitFor(() => expect(dataFolders(hunt.tmpDir)).not.toContain(left[0]), {
    timeout: 5_000,
  });
  expect(next.status()[0]?.state).toBe("ready");
  await next.stop();
  expect(dataFolders(hunt.tmpDir)).toEqual([]);
});

interface HuntProcess {
  readonly process: ChildProcess;
  readonly pids: readonly number[];
  readonly tmpDir: string;
}

async function startHunt(): Promise<HuntProcess> {
  const program = new URL("../../../../test/fixtures/runtime/hold-backend.ts", import.meta.url);
  const tmpDir = temporaryFolder();
  const hunt = spawn(process.execPath, [fileURLToPath(program), tmpDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready: { pids: number[] } = await new Promise((resolve, reject) => {
    createInterface({ input: hunt.stdout }).once("line", (line) => resolve(JSON.parse(line)));
    hunt.once("exit", (code) => reject(new Error(`the fixture ended with ${code}`)));
  });
  for (const pid of ready.pids) expect(await sampleProcess(pid)).toBeDefined();
  return { process: hunt, pids: ready.pids, tmpDir };
}

function parentOf(pids: readonly number[]): number {
  const status = readFileSync(`/proc/${pids[0]}/status`, "utf8");
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
}

async function waitUntilGone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const pid of pids) expect(await sampleProcess(pid)).toBeUndefined();
    },
    { timeout: 10_000 },
  );
}

function dataFolders(tmpDir: string): string[] {
  return readdirSync(tmpDir).filter((name) => name.startsWith("hunt-"));
}
