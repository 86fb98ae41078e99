/** The `log` design against real etcd: what is acknowledged is in the log, once, whatever breaks. */
import { afterEach, describe, expect, test } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import {
  dig,
  Observer,
  opened,
  TestGateway,
  until,
} from "../../../../test/sessions/log/test-gateways.ts";
import { EtcdError } from "../../etcd-client/etcd-error.ts";
import { Maintenance } from "../../etcd-client/gen/etcdserverpb/rpc_pb.ts";
import type { Answer } from "../gateway/session-writer.ts";

const testMs = 40_000;

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 20_000);

async function startEtcd(size: 1 | 3): Promise<{ etcd: TestEtcd; observer: Observer }> {
  const etcd = await TestEtcd.start(size);
  cleanups.push(() => etcd[Symbol.asyncDispose]());
  const observer = new Observer(etcd);
  cleanups.push(() => observer.stop());
  return { etcd, observer };
}

async function startGateway(etcd: TestEtcd, number: number): Promise<TestGateway> {
  const gateway = new TestGateway(etcd.endpoints, number);
  cleanups.push(() => gateway.stop());
  await gateway.start();
  return gateway;
}

const outcome = ({ outcome, revision }: Answer) => [outcome, revision];

describe("LogWriter", () => {
  test(
    "an operation whose answer from etcd is lost is applied once and answered ok",
    async () => {
      const { etcd, observer } = await startEtcd(1);
      const gateway = await startGateway(etcd, 1);
      expect((await gateway.ask(opened("a"))).outcome).toBe("ok");

      const txn = gateway.etcd.txn.bind(gateway.etcd);
      let lost = 0;
      gateway.etcd.txn = async (request, options) => {
        const answer = await txn(request, options);
        const appends = request.compare?.length === 3;
        if (!appends || lost === 2) return answer;
        lost += 1;
        throw new EtcdError("connection-lost", "maybe", "", "the answer is lost");
      };
      expect(outcome(await gateway.ask(dig("a", 2)))).toEqual(["ok", 2]);
      expect(lost).toBe(2);
      expect((await observer.logged()).get("a/1/2")).toBe(1);
      expect(outcome(await gateway.ask(dig("a", 3)))).toEqual(["ok", 3]);
      expect(gateway.panics).toEqual([]);
    },
    testMs,
  );

  test(
    "of two gateways that want one partition, one owns it and the other names it",
    async () => {
      const { etcd, observer } = await startEtcd(1);
      const [first, second] = [1, 2].map((number) => new TestGateway(etcd.endpoints, number));
      if (first === undefined || second === undefined) throw new Error("no gateways");
      cleanups.push(
        () => first.stop(),
        () => second.stop(),
      );
      await Promise.all([first.start(), second.start()]);
      await until(async () => (await observer.owner()) !== undefined, "somebody owns it");
      const owner = await observer.owner();

      const asked = await Promise.all([first, second].map((gateway) => gateway.ask(opened("a"))));
      const oks = asked.filter((answer) => answer.outcome === "ok");
      const moved = asked.filter((answer) => answer.outcome === "moved");
      expect(oks).toHaveLength(1);
      expect(moved.map((answer) => answer.owner)).toEqual([owner?.name]);
      expect((await observer.logged()).get("a/1/1")).toBe(1);
    },
    testMs,
  );

  test(
    "an operation sent again on the gateway that took over is answered ok and stands in the log once",
    async () => {
      const { etcd, observer } = await startEtcd(1);
      const first = await startGateway(etcd, 1);
      const second = await startGateway(etcd, 2);
      await first.ask(opened("a"));
      expect(outcome(await first.ask(dig("a", 2)))).toEqual(["ok", 2]);
      const before = await observer.owner();
      first.crash();
      await until(
        async () => (await observer.owner())?.name === "gateway/2",
        "gateway/2 took over",
      );

      expect(outcome(await second.ask(dig("a", 2)))).toEqual(["ok", 2]);
      expect(outcome(await second.ask(dig("a", 3)))).toEqual(["ok", 3]);
      const conflict = await second.ask({ ...dig("a", 2), field1: 77 });
      expect(conflict.outcome).toBe("fail");
      const counts = await observer.logged();
      expect([1, 2, 3].map((sequence) => counts.get(`a/1/${sequence}`))).toEqual([1, 1, 1]);
      expect((await observer.owner())?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    },
    testMs,
  );

  test(
    "a gateway that starts again takes a new epoch and knows what it acknowledged",
    async () => {
      const { etcd, observer } = await startEtcd(1);
      const before = await startGateway(etcd, 1);
      await before.ask(opened("a"));
      await before.ask(dig("a", 2));
      const old = await observer.owner();
      before.crash();
      const after = await startGateway(etcd, 1);
      const owner = await observer.owner();
      expect(owner?.instance).not.toBe(old?.instance);
      expect(owner?.epoch).toBeGreaterThan(old?.epoch ?? 0);
      expect(outcome(await after.ask(dig("a", 2)))).toEqual(["ok", 2]);
      expect(outcome(await after.ask(dig("a", 3)))).toEqual(["ok", 3]);
    },
    testMs,
  );

  test(
    "a gateway that stops hands its partition over, and no operation is lost between the two",
    async () => {
      const { etcd, observer } = await startEtcd(1);
      const first = await startGateway(etcd, 1);
      const second = await startGateway(etcd, 2);
      await first.ask(opened("a"));
      // Three heartbeats make a gateway steady enough to be handed anything.
      await until(async () => (await observer.beats("gateway/2")) >= 5, "gateway/2 is steady");
      const asked = Array.from({ length: 20 }, (_, i) => first.ask(dig("a", 2 + i)));
      const startedMs = performance.now();
      await first.stop();
      expect(performance.now() - startedMs).toBeLessThan(1000);
      const answers = await Promise.all(asked);
      for (const [i, answer] of answers.entries()) {
        expect(["ok", "moved"]).toContain(answer.outcome);
        if (answer.outcome === "moved") expect(answer.owner).toBe("gateway/2");
        // Until its own watch shows the hand-over, the new owner names the old one.
        await until(
          async () => (await second.ask(dig("a", 2 + i))).outcome === "ok",
          "gateway/2 serves",
        );
      }
      expect((await observer.owner())?.name).toBe("gateway/2");
      const counts = await observer.logged();
      for (let i = 0; i < 20; i += 1) expect(counts.get(`a/1/${2 + i}`)).toBe(1);
    },
    testMs,
  );

  test.each(["killed", "moved"] as const)(
    "while the leader is %s, nothing acknowledged is lost and nothing is applied twice",
    async (how) => {
      const { etcd, observer } = await startEtcd(3);
      const gateway = await startGateway(etcd, 1);
      const sessions = Array.from({ length: 10 }, (_, i) => `s${i}`);
      for (const session of sessions) await gateway.ask(opened(session));
      const leader = await observer.etcd.whenLeader(5000);
      const acknowledged: string[] = [];
      let broken = false;
      let afterBreak = 0;
      const play = async (session: string): Promise<void> => {
        for (let sequence = 2; sequence <= 400 && afterBreak < 200; sequence += 1) {
          const answer = await gateway.ask(dig(session, sequence));
          if (answer.outcome === "ok") acknowledged.push(`${session}/1/${sequence}`);
          if (broken) afterBreak += 1;
          if (sequence === 10 && session === "s0") void breakLeader();
        }
      };
      const breakLeader = async (): Promise<void> => {
        if (how === "killed") {
          await etcd.kill(etcd.indexOf(leader.endpoint));
        } else {
          const other = observer.etcd.members.find((member) => member !== leader);
          if (other === undefined) throw new Error("no other member");
          const status = await observer.etcd.status(other);
          await leader.connection.unary(
            Maintenance.method.moveLeader,
            { targetID: status.header?.memberId ?? 0n },
            { deadlineMs: 5000 },
          );
        }
        broken = true;
      };
      await Promise.all(sessions.map(play));
      expect(afterBreak).toBeGreaterThanOrEqual(200);
      const counts = await observer.logged();
      expect(acknowledged.filter((name) => counts.get(name) !== 1)).toEqual([]);
      expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
      expect(gateway.panics).toEqual([]);
    },
    testMs,
  );
});
