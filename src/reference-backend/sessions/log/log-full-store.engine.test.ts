/** The `log` design on a real etcd that reaches its quota, and has space again. */
import { afterEach, expect, test } from "vitest";
import { fillStore, makeSpace } from "../../../../test/etcd/full-store.ts";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { dig, Observer, opened, TestGateway } from "../../../../test/sessions/log/test-gateways.ts";

const testMs = 30_000;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 20_000);

test(
  "a full store refuses operations at once with its reason, applies none of them, and serves again later",
  async () => {
    const etcd = await TestEtcd.start(1, ["--quota-backend-bytes", "262144"]);
    cleanups.push(() => etcd[Symbol.asyncDispose]());
    const observer = new Observer(etcd);
    cleanups.push(() => observer.stop());
    await observer.etcd.whenLeader(5000);
    const gateway = new TestGateway(etcd.endpoints, 1);
    cleanups.push(() => gateway.stop());
    await gateway.start();
    expect((await gateway.ask(opened("a"))).outcome).toBe("ok");

    await fillStore(observer.etcd);
    const startMs = performance.now();
    const first = gateway.ask(dig("a", 2));
    const rest = Array.from({ length: 20 }, (_, i) => gateway.ask(dig("a", i + 3)));
    const answers = await Promise.all([first, ...rest]);
    expect(performance.now() - startMs).toBeLessThan(1000);
    for (const answer of answers) {
      expect(answer.outcome).toBe("fail");
      expect(answer.reason).toContain("mvcc: database space exceeded");
    }
    expect([...(await observer.logged()).keys()]).toEqual(["a/1/1"]);

    await makeSpace(observer.etcd);
    expect(await gateway.ask(dig("a", 2))).toMatchObject({ outcome: "ok", revision: 2 });
    expect([...(await observer.logged()).keys()]).toEqual(["a/1/1", "a/1/2"]);
    expect(gateway.panics).toEqual([]);
  },
  testMs,
);
