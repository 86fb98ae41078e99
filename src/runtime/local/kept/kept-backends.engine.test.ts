import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  etcdTopology,
  localRun,
  scriptProgram,
  scriptTopology,
} from "../../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { engines } from "../../../engines/programs/engines.ts";
import type { AttachedBackend, NodeExit, NodeProgram } from "../../runtime.ts";
import { attachBackend, clearAway, findBackend } from "./kept-backends.ts";

vi.setConfig({ testTimeout: 30_000 });

const idle = scriptProgram("setInterval(() => {}, 1000)");

test("two hunts attached to one backend see what the other does, and one ends it for both", async () => {
  const root = await leftBackend({ proxy: idle });
  const [first, second] = [await attach(root), await attach(root)];
  const before = second.status()[0]?.pid ?? 0;
  const seen: NodeExit[] = [];
  second.onExit((exit) => seen.push(exit));

  const after = await first.restartNode("proxy/1", new AbortController().signal);
  await vi.waitFor(() => expect(second.status()[0]).toMatchObject({ pid: after.pid, starts: 2 }));
  expect(seen).toMatchObject([{ nodeId: "proxy/1", pid: before, signal: "SIGTERM" }]);
  await vi.waitFor(() => expect(second.status()[0]?.state).toBe("ready"));
  await first.signalNode("proxy/1", "SIGSTOP");
  // A stop reaches a process a moment after it was sent.
  await vi.waitFor(async () => {
    await second.refresh();
    expect(second.status()[0]?.state).toBe("paused");
  });
  await second.signalNode("proxy/1", "SIGCONT");

  const exits = await first.stop();
  expect(exits).toMatchObject([{ nodeId: "proxy/1", pid: after.pid }]);
  await expect(second.signalNode("proxy/1", "SIGSTOP")).rejects.toMatchObject({
    code: "runtime.keeper-lost",
  });
  expect(await findBackend(root, "one")).toEqual({ kind: "absent" });
});

test("a keeper's pid that belongs to another process or to an earlier boot is not taken for it", async () => {
  const root = await leftBackend({ proxy: idle });
  const path = join(root, "one", "state.json");
  const text = readFileSync(path, "utf8");
  const state = JSON.parse(text);
  const pretend = (owner: object) =>
    writeFileSync(path, JSON.stringify({ ...state, owner: { ...state.owner, ...owner } }));
  pretend({ startTicks: state.owner.startTicks - 1 });
  expect(await findBackend(root, "one")).toMatchObject({ kind: "gone", rebooted: false });
  pretend({ bootId: "of-yesterday" });
  expect(await findBackend(root, "one")).toMatchObject({ kind: "gone", rebooted: true });
  await expect(attach(root)).rejects.toMatchObject({ code: "runtime.backend-gone", exitCode: 2 });
  writeFileSync(path, text);
  expect(await findBackend(root, "one")).toMatchObject({ kind: "up" });
});

test("a state of another version is not guessed at, and clearing it away removes no other folder", async () => {
  const root = await leftBackend({ proxy: idle });
  const path = join(root, "one", "state.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace('"schemaVersion": 2', '"schemaVersion": 3'));
  expect(await findBackend(root, "one")).toMatchObject({
    kind: "damaged",
    why: expect.stringContaining("version 3"),
  });
  writeFileSync(path, text);
  await (await attach(root)).stop();

  const precious = temporaryFolder();
  const other = await leftBackend({ proxy: idle });
  const file = join(other, "one", "state.json");
  const state = JSON.parse(readFileSync(file, "utf8"));
  const backend = await attach(other);
  writeFileSync(file, JSON.stringify({ ...state, dataRoot: precious }));
  await clearAway(other, "one");
  expect(statSync(precious).isDirectory()).toBe(true);
  await backend.stop();
});

test("a path that is too long for a socket is refused before anything is started", async () => {
  const root = join(temporaryFolder(), "x".repeat(100));
  await expect(leftBackend({ proxy: idle }, root)).rejects.toMatchObject({
    code: "runtime.state-not-writable",
    exitCode: 3,
    hint: expect.stringContaining("XDG_STATE_HOME"),
  });
});

test("in a run, too, a member is started again on its ports with its data, and nobody calls it lost", async () => {
  const backend = await localRun(temporaryFolder()).up(etcdTopology(3));
  onTestFinished(async () => {
    await backend.stop();
  });
  const exits: NodeExit[] = [];
  backend.onExit((exit) => exits.push(exit));
  const address = backend.addresses.address("etcd/2", "client");
  const call = async (path: string, body: object) =>
    (
      await fetch(`http://${address}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) })
    ).json();
  await call("put", { key: "YQ==", value: "MQ==" });

  await backend.signalNode("etcd/2", "SIGKILL");
  await backend.waitForExit("etcd/2");
  const status = await backend.restartNode("etcd/2", new AbortController().signal);

  expect(status).toMatchObject({ nodeId: "etcd/2", state: "ready", starts: 2 });
  expect(await call("range", { key: "YQ==", serializable: true })).toMatchObject({
    kvs: [{ value: "MQ==" }],
  });
  expect(exits).toMatchObject([{ nodeId: "etcd/2", signal: "SIGKILL", expected: true }]);
});

test("a node that does not serve after a restart is reported in its own words", async () => {
  const proxy = scriptProgram(
    "if (require('fs').existsSync('ran')) { console.log('not again'); process.exit(9); } require('fs').writeFileSync('ran', ''); setInterval(() => {}, 1000)",
    { checkReady: () => new Promise((resolve) => setTimeout(resolve, 200)) },
  );
  const root = await leftBackend({ proxy });
  const backend = await attach(root, {
    proxy: { ...proxy, checkReady: () => Promise.reject(new Error("no")) },
  });
  await expect(backend.restartNode("proxy/1", new AbortController().signal)).rejects.toMatchObject({
    code: "engine.start-failed",
    message: expect.stringMatching(/exit code 9[\s\S]*not again/),
  });
});

/** A backend named "one" that was left by its hunt; ended with its test. */
async function leftBackend(
  programs: Readonly<Record<string, NodeProgram>>,
  root = temporaryFolder(),
): Promise<string> {
  const backend = await localRun(temporaryFolder()).up(scriptTopology(), {
    programs,
    stay: { name: "one", root, startedBy: "up" },
  });
  await backend.stay();
  onTestFinished(async () => {
    if ((await findBackend(root, "one")).kind === "up") await (await attach(root)).stop();
  });
  return root;
}

async function attach(
  root: string,
  programs: Readonly<Record<string, NodeProgram>> = { ...engines, proxy: idle },
): Promise<AttachedBackend> {
  const backend = await attachBackend({
    ...{ root, name: "one", programsOf: () => programs, environment: process.env },
  });
  onTestFinished(() => backend.detach());
  return backend;
}
