/** The `delta` design while its store dies, falls silent, is full, or answers nobody. */
import { afterEach, expect, test } from "vitest";
import { AnswerHolder } from "../../../../test/etcd/answer-holder.ts";
import { fillStore, makeSpace } from "../../../../test/etcd/full-store.ts";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import {
  DeltaObserver,
  TestDeltaGateway,
} from "../../../../test/sessions/delta/test-delta-gateway.ts";
import { dig, opened, until } from "../../../../test/sessions/log/test-gateways.ts";

const testMs = 40_000;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 20_000);

async function startEtcd(size: 1 | 3, flags: string[] = []) {
  const etcd = await TestEtcd.start(size, flags);
  cleanups.push(() => etcd[Symbol.asyncDispose]());
  const observer = new DeltaObserver(etcd.endpoints);
  cleanups.push(() => observer.stop());
  await observer.etcd.whenLeader(5000);
  return { etcd, observer };
}

async function startGateway(endpoints: readonly string[], number: number) {
  const gateway = new TestDeltaGateway(endpoints, number, { flushMs: 5 });
  cleanups.push(() => gateway.stop());
  await gateway.start();
  return gateway;
}

test(
  "a write whose answer is lost is found, answered ok, and not applied again",
  async () => {
    const { etcd, observer } = await startEtcd(1);
    const relay = new AnswerHolder(etcd.endpoints[0] ?? "");
    cleanups.push(() => relay.close());
    const gateway = await startGateway([await relay.listen()], 1);
    const other = await startGateway(etcd.endpoints, 2);
    await gateway.ask(opened("a"));

    relay.hold();
    const inDoubt = gateway.ask(dig("a", 2));
    await until(async () => (await observer.stored("a")).last === 2, "the write is committed");
    relay.cut();
    expect(await inDoubt).toMatchObject({ outcome: "ok", revision: 2 });

    // And where the gateway went on by another one's writes before it could look.
    relay.hold();
    const second = gateway.ask(dig("a", 3));
    await until(async () => (await observer.stored("a")).last === 3, "the write is committed");
    expect(await other.ask(dig("a", 4))).toMatchObject({ outcome: "ok", revision: 4 });
    relay.cut();
    expect(await second).toMatchObject({ outcome: "ok", revision: 3 });
    expect(await other.ask(dig("a", 3))).toMatchObject({ outcome: "ok", revision: 4 });
    expect(await observer.state("a")).toMatchObject({ revision: 4, devices: { 1: { count: 4 } } });
    expect(gateway.counters.applied).toBe(3);
  },
  testMs,
);

test(
  "a lost answer whose delta was folded away meanwhile is still told from the dedup window",
  async () => {
    const { etcd, observer } = await startEtcd(1);
    const relay = new AnswerHolder(etcd.endpoints[0] ?? "");
    cleanups.push(() => relay.close());
    const gateway = await startGateway([await relay.listen()], 1);
    const other = await startGateway(etcd.endpoints, 2);
    await gateway.ask(opened("a"));
    relay.hold();
    const inDoubt = gateway.ask(dig("a", 2));
    await until(async () => (await observer.stored("a")).last === 2, "the write is committed");
    for (let sequence = 3; sequence <= 25; sequence += 1) await other.ask(dig("a", sequence));
    expect((await observer.stored("a")).base?.n).toBeGreaterThan(2);
    relay.cut();
    expect(await inDoubt).toMatchObject({ outcome: "ok", revision: 25 });
    expect(await observer.state("a")).toMatchObject({ revision: 25 });
  },
  testMs,
);

test(
  "a player whose gateway dies amid a write is answered by the other one, and nothing is applied twice",
  async () => {
    const { etcd, observer } = await startEtcd(3);
    const first = await startGateway(etcd.endpoints, 1);
    const second = await startGateway(etcd.endpoints, 2);
    const sessions = Array.from({ length: 50 }, (_, i) => `s${i}`);
    await Promise.all(sessions.map((session) => first.ask(opened(session))));
    for (const session of sessions) void first.ask(dig(session, 2));
    // Some are sent, some are not.
    await new Promise((resolve) => setTimeout(resolve, 6));
    first.crash();
    const answers = await Promise.all(sessions.map((session) => second.ask(dig(session, 2))));
    for (const answer of answers) expect(answer).toMatchObject({ outcome: "ok", revision: 2 });
    for (const session of sessions) {
      expect(await observer.state(session)).toMatchObject({ devices: { 1: { count: 2 } } });
    }
  },
  testMs,
);

test.each(["killed", "paused"] as const)(
  "while the leader is %s, nothing acknowledged is lost and nothing is applied twice",
  async (how) => {
    const { etcd, observer } = await startEtcd(3);
    const gateways = [
      await startGateway(etcd.endpoints, 1),
      await startGateway(etcd.endpoints, 2),
    ] as const;
    const sessions = Array.from({ length: 10 }, (_, i) => `s${i}`);
    await Promise.all(sessions.map((session) => gateways[0].ask(opened(session))));
    const leader = await observer.etcd.whenLeader(5000);
    const index = etcd.indexOf(leader.endpoint);
    const acknowledged = new Map(sessions.map((session) => [session, 1]));
    let broken = false;
    let afterBreak = 0;
    const play = async (session: string): Promise<void> => {
      for (let sequence = 2; sequence <= 400 && afterBreak < 300; sequence += 1) {
        let answer = await gateways[sequence % 2 === 0 ? 0 : 1].ask(dig(session, sequence));
        // As a player does: the same triple, to the other gateway.
        for (let i = 0; answer.outcome !== "ok" && i < 5; i += 1) {
          answer = await gateways[i % 2 === 0 ? 0 : 1].ask(dig(session, sequence));
        }
        expect(answer.outcome, answer.reason).toBe("ok");
        acknowledged.set(session, sequence);
        if (broken) afterBreak += 1;
        if (sequence === 20 && session === "s0") {
          if (how === "killed") await etcd.kill(index);
          else etcd.pause(index);
          broken = true;
        }
      }
    };
    await Promise.all(sessions.map(play));
    expect(afterBreak).toBeGreaterThanOrEqual(300);
    // What an old leader held may still come to light.
    if (how === "paused") etcd.resume(index);
    for (const [session, count] of acknowledged) {
      const { revision, devices } = await observer.state(session);
      expect([revision, devices[1]?.count]).toEqual([count, count]);
    }
  },
  testMs,
);

test(
  "a full store refuses operations at once with its reason, applies none of them, and serves again later",
  async () => {
    const { etcd, observer } = await startEtcd(1, ["--quota-backend-bytes", "262144"]);
    const gateway = await startGateway(etcd.endpoints, 1);
    await gateway.ask(opened("a"));
    await fillStore(observer.etcd);
    const startMs = performance.now();
    const answers = await Promise.all([
      gateway.ask(dig("a", 2)),
      gateway.ask(dig("a", 3)),
      gateway.ask(opened("b")),
    ]);
    expect(performance.now() - startMs).toBeLessThan(1000);
    for (const answer of answers) {
      expect(answer.outcome).toBe("fail");
      expect(answer.reason).toContain("mvcc: database space exceeded");
    }
    expect(await observer.state("a")).toMatchObject({ revision: 1 });
    await makeSpace(observer.etcd);
    expect(await gateway.ask(dig("a", 2))).toMatchObject({ outcome: "ok", revision: 2 });
    expect(await gateway.ask(opened("b"))).toMatchObject({ outcome: "ok", revision: 1 });
  },
  testMs,
);

test(
  "without a majority nothing is acknowledged; what was sent ends unknown, what was not fails",
  async () => {
    const { etcd } = await startEtcd(3);
    const gateway = await startGateway(etcd.endpoints, 1);
    await gateway.ask(opened("a"));
    const leader = await gateway.etcd.whenLeader(1000);
    const index = etcd.indexOf(leader.endpoint);
    for (const other of [0, 1, 2]) if (other !== index) etcd.pause(other);
    const startMs = performance.now();
    const [sent, queued] = await Promise.all([
      gateway.ask(dig("a", 2)),
      new Promise((resolve) => setTimeout(resolve, 100)).then(() => gateway.ask(dig("a", 3))),
    ]);
    expect(sent).toMatchObject({ outcome: "unknown" });
    expect(queued).toMatchObject({ outcome: "fail" });
    expect(performance.now() - startMs).toBeLessThan(5000);
    for (const other of [0, 1, 2]) if (other !== index) etcd.resume(other);
  },
  testMs,
);
