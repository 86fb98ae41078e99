import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import {
  etcdTopology,
  type LocalRun,
  localRun,
} from "../../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import type { TimelineEvent } from "../../../recording/timeline/events.ts";
import type { Backend } from "../../../runtime/runtime.ts";
import { nodesOf } from "../../../topology/topology.ts";
import { WarmFollower } from "./warm-follower.ts";

vi.setConfig({ testTimeout: 60_000 });

const clock = { monotonicMs: () => performance.now() };
const backends: Backend[] = [];

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

async function cluster(): Promise<{ run: LocalRun; backend: Backend }> {
  const run = localRun(temporaryFolder());
  const backend = await run.up(etcdTopology(3));
  backends.push(backend);
  for (let round = 0; round < 20; round += 1) {
    for (const key of ["a", "b", "c"]) await put(backend, key, `value ${key} of round ${round}`);
  }
  return { run, backend };
}

function warmFollower(
  run: Pick<LocalRun, "tmpDir">,
  backend: Backend,
  signal = new AbortController().signal,
) {
  const events: TimelineEvent[] = [];
  const follower = new WarmFollower({
    backend,
    members: nodesOf(backend.topology).map(({ id }) => ({
      nodeId: id,
      address: backend.addresses.address(id, "client"),
    })),
    tmpDir: run.tmpDir,
    startMs: performance.now(),
    clock,
    event: (event) => events.push(event),
    signal,
  });
  return { follower, events };
}

test("a snapshot of a follower, restored, is equal to all members, and nothing of it stays", async () => {
  const { run, backend } = await cluster();
  const { follower, events } = warmFollower(run, backend);
  await follower.drain();
  const leader = await leaderOf(backend);
  expect(events).toMatchObject([
    { kind: "snapshot", state: "taken", node: expect.not.stringMatching(leader) },
    { kind: "comparison", state: "equal", revision: 61, compactRevision: -1 },
  ]);
  const hashes = events[1]?.kind === "comparison" ? Object.keys(events[1].hashes ?? {}) : [];
  expect(hashes).toEqual(["etcd/1", "etcd/2", "etcd/3", "warm/1"]);
  expect(runningNodes(backend)).toEqual(["etcd/1", "etcd/2", "etcd/3"]);
  expect(existsSync(restoredFolder(run))).toBe(false);
});

test("a cluster that was compacted after the snapshot is compared all the same", async () => {
  const { run, backend } = await cluster();
  // The copy starts up between the snapshot and the comparison.
  const compacting = beforeStart(backend, "warm/1", async () => {
    await call(backend, "etcd/1", "kv/compaction", { revision: "50" });
  });
  const { follower, events } = warmFollower(run, compacting);
  await follower.drain();
  expect(events.at(-1)).toMatchObject({ state: "equal", revision: 61, compactRevision: 50 });
});

test("a cluster that was compacted past the snapshot gets another one", async () => {
  const { run, backend } = await cluster();
  let starts = 0;
  const compacting = beforeStart(backend, "warm/1", async () => {
    starts += 1;
    if (starts > 2) return;
    // The first snapshot ends with 61, the second with 62, the very revision of the compaction.
    if (starts === 1) await put(backend, "a", "later");
    if (starts === 1) await call(backend, "etcd/1", "kv/compaction", { revision: "62" });
    if (starts === 2) await put(backend, "a", "later still");
  });
  const { follower, events } = warmFollower(run, compacting);
  await follower.drain();
  expect(events.filter((event) => event.kind === "snapshot")).toHaveLength(3);
  expect(events.at(-1)).toMatchObject({ state: "equal", revision: 63, compactRevision: 62 });
});

test("one changed byte in the restored copy is found, and the copy is named", async () => {
  const { run, backend } = await cluster();
  const spoiling = beforeStart(backend, "warm/1", async () => {
    const path = join(restoredFolder(run), "member", "snap", "db");
    const bytes = readFileSync(path);
    const at = bytes.indexOf("value b of round 19");
    expect(at).toBeGreaterThan(0);
    bytes.write("w", at);
    writeFileSync(path, bytes);
  });
  const { follower, events } = warmFollower(run, spoiling);
  await follower.drain();
  const found = events.at(-1);
  expect(found).toMatchObject({ kind: "comparison", state: "unequal" });
  const hashes = found?.kind === "comparison" ? (found.hashes ?? {}) : {};
  expect(hashes["warm/1"]).not.toBe(hashes["etcd/1"]);
  expect(new Set([hashes["etcd/1"], hashes["etcd/2"], hashes["etcd/3"]]).size).toBe(1);
});

test("a member that is gone makes it unknown, with the reason, and no error", async () => {
  const { run, backend } = await cluster();
  await backend.stopNode("etcd/3");
  const { follower, events } = warmFollower(run, backend);
  await follower.drain();
  expect(events.at(-1)).toMatchObject({
    kind: "comparison",
    state: "unknown",
    detail: expect.stringContaining("ECONNREFUSED"),
  });
  expect(runningNodes(backend)).toEqual(["etcd/1", "etcd/2"]);
});

test("a disk without room for a snapshot makes it unknown, with what is free and what is wanted", async () => {
  const { run, backend } = await cluster();
  // The kernel says of /proc that nothing is free.
  const { follower, events } = warmFollower({ ...run, tmpDir: "/proc" }, backend);
  await follower.drain();
  expect(events.at(-1)).toMatchObject({
    kind: "comparison",
    state: "unknown",
    detail: expect.stringMatching(
      /^no snapshot could be taken: \/proc has 0 bytes free, \d+ are wanted$/,
    ),
  });
});

test.each(["snapshot/1", "restore/1", "warm/1"])(
  "a stop at the start of %s ends it and leaves nothing",
  async (node) => {
    const { run, backend } = await cluster();
    const stopped = new AbortController();
    const stopping = beforeStart(backend, node, async () => {
      setTimeout(() => stopped.abort(new Error("stopped")));
    });
    const { follower, events } = warmFollower(run, stopping, stopped.signal);
    await follower.drain();
    await follower.stop();
    expect(stopped.signal.aborted).toBe(true);
    expect(events.map((event) => event.kind)).not.toContain("comparison");
    expect(runningNodes(backend)).toEqual(["etcd/1", "etcd/2", "etcd/3"]);
    expect(existsSync(restoredFolder(run))).toBe(false);
  },
);

/** The same backend; `step` runs before the node is started. */
function beforeStart(backend: Backend, nodeId: string, step: () => Promise<void>): Backend {
  return new Proxy(backend, {
    get(target, name) {
      if (name === "startNode") {
        const startNode: Backend["startNode"] = async (node, ...rest) => {
          if (node.id === nodeId) await step();
          return target.startNode(node, ...rest);
        };
        return startNode;
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function runningNodes(backend: Backend): string[] {
  const running = backend.status().filter((node) => node.state !== "exited");
  return running.map((node) => node.nodeId);
}

function restoredFolder(run: LocalRun): string {
  const [root = ""] = readdirSync(run.tmpDir).filter((name) => name.startsWith("hunt-"));
  return join(run.tmpDir, root, "restore-1", "member");
}

async function leaderOf(backend: Backend): Promise<string> {
  for (const { id } of nodesOf(backend.topology)) {
    const text = await call(backend, id, "maintenance/status", {});
    const { leader, header } = JSON.parse(text) as {
      leader: string;
      header: { member_id: string };
    };
    if (leader === header.member_id) return id;
  }
  return "none";
}

async function put(backend: Backend, key: string, value: string): Promise<void> {
  await call(backend, "etcd/1", "kv/put", { key: btoa(key), value: btoa(value) });
}

async function call(backend: Backend, node: string, path: string, body: unknown): Promise<string> {
  const url = `http://${backend.addresses.address(node, "client")}/v3/${path}`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return response.text();
}
