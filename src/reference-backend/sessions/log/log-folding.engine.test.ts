/** Folding, trimming and compaction against real etcd: what was acknowledged survives them. */
import { afterEach, describe, expect, test } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import {
  type Asked,
  dig,
  Observer,
  opened,
  TestGateway,
  until,
} from "../../../../test/sessions/log/test-gateways.ts";
import { EtcdError } from "../../etcd-client/etcd-error.ts";
import { operationKinds } from "../gateway/session-writer.ts";
import { decodeBaseHeader } from "./format/base.ts";
import { baseKey, recordNumber } from "./format/keys.ts";
import type { LogLimits } from "./partition/log-limits.ts";

const testMs = 40_000;
const small: Partial<LogLimits> = { foldTailBytes: 4096, foldSessions: 8, foldPauseMs: 20 };

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 20_000);

async function startStore(): Promise<{ etcd: TestEtcd; observer: Observer }> {
  const etcd = await TestEtcd.start(1);
  cleanups.push(() => etcd[Symbol.asyncDispose]());
  const observer = new Observer(etcd);
  cleanups.push(() => observer.stop());
  await observer.etcd.whenLeader(5000);
  return { etcd, observer };
}

async function startGateway(
  etcd: TestEtcd,
  number: number,
  limits = small,
  lifetimes?: { sessionTtlMs: number; tombstoneMs: number },
): Promise<TestGateway> {
  const gateway = new TestGateway(etcd.endpoints, number, limits, lifetimes);
  cleanups.push(() => gateway.stop());
  await gateway.start();
  return gateway;
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => `s${i}`);

/** Each session does its `sequence`s, all sessions at once; all must be acknowledged. */
async function play(gateway: TestGateway, sessions: string[], from: number, to: number) {
  for (let sequence = from; sequence <= to; sequence += 1) {
    const asked = sessions.map((id) =>
      gateway.ask(sequence === 1 ? opened(id) : dig(id, sequence)),
    );
    for (const answer of await Promise.all(asked)) {
      expect(answer).toMatchObject({ outcome: "ok", revision: sequence });
    }
  }
}

async function oldestRecord(observer: Observer): Promise<number> {
  return recordNumber(0, (await observer.keys("/hunt/log/0/"))[0] ?? "");
}

type Txn = TestGateway["etcd"]["txn"];
type TxnRequest = Parameters<Txn>[0];

function writes(request: TxnRequest): "fold" | "trim" | "other" {
  const first = request.success?.[0]?.request;
  if (first?.case === "requestDeleteRange") return "trim";
  const key = first?.case === "requestPut" ? Buffer.from(first.value.key ?? []).toString() : "";
  return key.startsWith("/hunt/base/") ? "fold" : "other";
}

/** Lets `instead` answer those Txns of a gateway that it wants to. */
function intercept(
  gateway: TestGateway,
  instead: (request: TxnRequest) => ReturnType<Txn> | undefined,
): void {
  const send: Txn = gateway.etcd.txn.bind(gateway.etcd);
  gateway.etcd.txn = (request, options) => instead(request) ?? send(request, options);
}

const lost = () => Promise.reject(new EtcdError("connection-lost", "maybe", "", "lost"));

describe("folding in etcd", () => {
  test(
    "what was acknowledged survives folds, trims and takeovers, most sessions only in their bases",
    async () => {
      const { etcd, observer } = await startStore();
      const first = await startGateway(etcd, 1);
      const quiet = ids(200);
      await play(first, quiet, 1, 3);
      await play(first, ["busy"], 1, 120);
      await until(() => first.counters.tailBytes < 8192, "the tail is short");
      expect(await oldestRecord(observer)).toBeGreaterThan(4);
      expect(await observer.keys("/hunt/base/0/")).toHaveLength(201);
      first.crash();

      const second = await startGateway(etcd, 2);
      await until(async () => (await observer.owner())?.name === "gateway/2", "it took over");
      for (const id of quiet.slice(0, 100)) {
        expect(await second.ask(dig(id, 3))).toMatchObject({ outcome: "ok", revision: 3 });
        expect((await second.ask({ ...dig(id, 2), field1: 99 })).outcome).toBe("fail");
        expect((await second.ask({ ...opened(id), device: 2 })).outcome).toBe("fail");
      }
      await play(second, quiet, 4, 6);
      await play(second, ["busy"], 121, 240);
      await until(() => second.counters.trimmedRecords > 20, "it trims");
      second.crash();
      const third = await startGateway(etcd, 3);
      await until(async () => (await observer.owner())?.name === "gateway/3", "it took over");
      await play(third, quiet, 7, 7);
      await play(third, ["busy"], 241, 241);
      for (const gateway of [first, second, third]) expect(gateway.panics).toEqual([]);
    },
    testMs,
  );

  test.each(["fold", "trim"] as const)(
    "a %s that an owner sent before a takeover, and that arrives after it, is refused",
    async (what) => {
      const { etcd, observer } = await startStore();
      const first = await startGateway(etcd, 1);
      const sent = Promise.withResolvers<TxnRequest>();
      intercept(first, (request) => {
        if (writes(request) !== what) return undefined;
        sent.resolve(request);
        return lost();
      });
      void play(first, ids(40), 1, 40).catch(() => undefined);
      const late = await sent.promise;
      first.crash();
      await startGateway(etcd, 2, {});
      await until(async () => (await observer.owner())?.name === "gateway/2", "it took over");
      const before = await observer.keys("/hunt/");
      expect((await observer.etcd.txn(late)).succeeded).toBe(false);
      expect(await observer.keys("/hunt/")).toEqual(before);
    },
    testMs,
  );

  test(
    "an attempt of a fold that arrives after a later one and a trim undoes nothing",
    async () => {
      const { etcd, observer } = await startStore();
      const gateway = await startGateway(etcd, 1);
      let late: TxnRequest | undefined;
      intercept(gateway, (request) => {
        if (late !== undefined || writes(request) !== "fold") return undefined;
        late = request;
        return lost();
      });
      await play(gateway, ids(5), 1, 200);
      if (late === undefined) throw new Error("nothing was folded");
      expect(gateway.counters.trimmedRecords).toBeGreaterThan(20);
      expect((await observer.etcd.txn(late)).succeeded).toBe(false);
      gateway.crash();
      const next = await startGateway(etcd, 2);
      await until(async () => (await observer.owner())?.name === "gateway/2", "it took over");
      await play(next, ids(5), 201, 201);
    },
    testMs,
  );

  test(
    "closed sessions leave nothing in the store once their tombstones are over",
    async () => {
      const { etcd, observer } = await startStore();
      const lifetimes = { sessionTtlMs: 600_000, tombstoneMs: 1000 };
      const gateway = await startGateway(etcd, 1, small, lifetimes);
      const closing = (session: string): Asked => ({
        ...dig(session, 2),
        kind: operationKinds.sessionClosed,
        field1: 0,
      });
      for (const id of ids(100)) await gateway.ask(opened(id));
      await Promise.all(ids(100).map((id) => gateway.ask(closing(id))));
      expect(await gateway.ask(dig("s1", 3))).toMatchObject({ outcome: "fail" });
      let sequence = 0;
      let flagged = false;
      const onlyBusy = async () => {
        await play(gateway, ["busy"], sequence + 1, sequence + 10);
        sequence += 10;
        const { kvs } = await observer.etcd.range({ key: Buffer.from(baseKey(0, "s1")) });
        flagged ||= kvs[0] !== undefined && decodeBaseHeader(kvs[0].value).closed;
        const keys = await observer.keys("/hunt/base/0/");
        return keys.length === 1 && keys[0] === baseKey(0, "busy");
      };
      await until(onlyBusy, "only the base of the open session is left");
      expect(flagged).toBe(true);
      expect(await gateway.ask(opened("s1"))).toMatchObject({ outcome: "unknown" });
      expect(gateway.panics).toEqual([]);
    },
    testMs,
  );

  test(
    "under steady writes the records kept, and what etcd remembers of the others, stay bounded",
    async () => {
      const { etcd, observer } = await startStore();
      const limits = { ...small, compactBehindMs: 500, compactEveryMs: 200 };
      const gateway = await startGateway(etcd, 1, limits);
      let revision = 0n;
      for (let round = 0; round < 4; round += 1) {
        await play(gateway, ids(40), 1 + round * 60, 60 + round * 60);
        await until(() => gateway.counters.tailBytes < 6144, "the tail is short");
        expect((await observer.keys("/hunt/log/0/")).length).toBeLessThan(30);
        const { header } = await observer.etcd.range({ key: Buffer.from("/hunt/partitions") });
        revision = header?.revision ?? 0n;
      }
      expect(gateway.counters.records).toBeGreaterThan(200);
      // What the store remembers ends where the play ended, soon after it did.
      await until(async () => {
        const past = observer.etcd.range({ key: Buffer.from("/"), revision: revision - 1n });
        return await past.then(
          () => false,
          (error: unknown) => error instanceof EtcdError && error.code === "compacted",
        );
      }, "the play's last revisions are compacted");
    },
    testMs,
  );
});
