/** How long after a new leader is known to any member it is known here, and takes a write. */
import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../test/etcd/test-etcd.ts";
import { EtcdCluster } from "./etcd-cluster.ts";
import { Maintenance } from "./gen/etcdserverpb/rpc_pb.ts";
import { keyBytes } from "./keys.ts";
import type { Member } from "./leader-tracker.ts";

const followedWithinMs = 300;
const askEveryMs = 5;
const changeWithinMs = 10_000;

let etcd: TestEtcd;
let cluster: EtcdCluster;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints });
  cluster.start();
  await cluster.whenLeader(5000);
});

afterAll(async () => {
  cluster.stop();
  await etcd[Symbol.asyncDispose]();
});

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
}

/** Asks one member by plain HTTP; undefined when it does not answer. */
function statusOf(endpoint: string, agent: Agent): Promise<Status | undefined> {
  return new Promise((resolve) => {
    const url = `http://${endpoint}/v3/maintenance/status`;
    const call = request(url, { method: "POST", agent }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("error", () => resolve(undefined));
      response.on("end", () => {
        resolve(response.statusCode === 200 ? (JSON.parse(body) as Status) : undefined);
      });
    });
    call.on("error", () => resolve(undefined));
    call.end("{}");
  });
}

async function idOf(endpoint: string): Promise<string> {
  const status = await statusOf(endpoint, new Agent());
  return status?.header.member_id ?? "";
}

/** Until every member names the same leader, so that each can be the next. */
async function agreed(): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  await expect
    .poll(
      async () => {
        const all = await Promise.all(etcd.endpoints.map((endpoint) => statusOf(endpoint, agent)));
        return new Set(all.map((status) => status?.leader ?? "0"));
      },
      { timeout: changeWithinMs, interval: 20 },
    )
    .toSatisfy((leaders: Set<string>) => leaders.size === 1 && !leaders.has("0"));
  agent.destroy();
}

/** The moment at which the first of the members names another leader than `but`. */
async function firstNamed(endpoints: readonly string[], but: string): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const named = Promise.withResolvers<number>();
  const timers = endpoints.map((endpoint) => {
    let asking = false;
    return setInterval(async () => {
      if (asking) return;
      asking = true;
      const { leader = "0" } = (await statusOf(endpoint, agent)) ?? {};
      asking = false;
      if (leader !== "0" && leader !== but) named.resolve(performance.now());
    }, askEveryMs);
  });
  try {
    return await within(named.promise, "a member names a new leader");
  } finally {
    for (const timer of timers) clearInterval(timer);
    agent.destroy();
  }
}

/** The moment at which the client reports another leader than `but`, and the moment of a write to it. */
async function followed(but: Member): Promise<{ reportedMs: number; writtenMs: number }> {
  const reported = Promise.withResolvers<Member>();
  const stop = cluster.onLeaderChange(({ leader }) => {
    if (leader !== undefined && leader !== but) reported.resolve(leader);
  });
  try {
    const member = await within(reported.promise, "the client reports a new leader");
    const reportedMs = performance.now();
    await cluster.put({ key: keyBytes("/l/a") }, { member });
    return { reportedMs, writtenMs: performance.now() };
  } finally {
    stop();
  }
}

/** Calls one after the other: a process that is told to stop may still answer for a moment. */
async function firstFailure(
  call: () => Promise<unknown>,
): Promise<{ error: unknown; atMs: number }> {
  for (;;) {
    try {
      await call();
    } catch (error) {
      return { error, atMs: performance.now() };
    }
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not in time: ${what}`)), changeWithinMs);
  return await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

interface Deposed {
  readonly leader: Member;
  readonly index: number;
  /** A follower's id. */
  readonly heir: string;
}

interface LeaderEnd {
  readonly what: string;
  depose(deposed: Deposed): unknown;
  mend(deposed: Deposed): unknown;
}

const kill: LeaderEnd = {
  what: "killed",
  depose: ({ index }) => etcd.kill(index),
  mend: ({ index }) => etcd.restart(index),
};
const pause: LeaderEnd = {
  what: "paused",
  depose: ({ index }) => etcd.pause(index),
  mend: ({ index }) => etcd.resume(index),
};
const handOver: LeaderEnd = {
  what: "told to hand over",
  depose: ({ leader, heir }) =>
    leader.connection.unary(
      Maintenance.method.moveLeader,
      { targetID: BigInt(heir) },
      { deadlineMs: 5000 },
    ),
  mend: () => undefined,
};

test("a new leader is reported and takes a write within 300 ms of being known to any member", async () => {
  const measured: string[] = [];
  for (const { what, depose, mend } of [kill, pause, handOver, kill, pause]) {
    const leader = await cluster.whenLeader(5000);
    const others = etcd.endpoints.filter((endpoint) => endpoint !== leader.endpoint);
    const deposed = {
      leader,
      index: etcd.indexOf(leader.endpoint),
      heir: await idOf(others[0] ?? ""),
    };
    const known = firstNamed(others, await idOf(leader.endpoint));
    const client = followed(leader);
    await depose(deposed);
    const [knownMs, { reportedMs, writtenMs }] = await Promise.all([known, client]);
    await mend(deposed);
    await agreed();
    const [report, write] = [reportedMs - knownMs, writtenMs - knownMs].map(Math.round);
    measured.push(`leader ${what}: reported after ${report} ms, written after ${write} ms`);
    expect(writtenMs - knownMs, measured.join("\n")).toBeLessThanOrEqual(followedWithinMs);
  }
});

test("a keep-alive held by a silent leader ends when another one leads, which keeps the lease alive", async () => {
  const before = await cluster.whenLeader(5000);
  const { ID } = await cluster.leaseGrant(10);
  const keepAlives = cluster.leaseKeepAlives();
  expect(await keepAlives.renew(ID, 2000)).toBeGreaterThan(0);
  etcd.pause(etcd.indexOf(before.endpoint));
  const client = followed(before);
  const held = firstFailure(() => keepAlives.renew(ID, 20_000));
  const { reportedMs } = await client;
  const { error, atMs } = await held;
  expect(error).toMatchObject({ code: "connection-lost", endpoint: before.endpoint });
  expect(atMs).toBeLessThan(reportedMs + 50);
  expect(await keepAlives.renew(ID, 2000)).toBeGreaterThan(0);
  keepAlives.close();
  etcd.resume(etcd.indexOf(before.endpoint));
});
