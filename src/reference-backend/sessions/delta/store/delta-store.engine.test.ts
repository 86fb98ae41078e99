import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../../../test/etcd/test-etcd.ts";
import { DeltaObserver } from "../../../../../test/sessions/delta/test-delta-gateway.ts";
import { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { applyOperation, initialState } from "../../game/session-state.ts";
import type { Operation } from "../../gateway/session-writer.ts";
import { encodeBase } from "../../log/format/base.ts";
import { encodeDelta } from "../format/delta.ts";
import { type Append, DeltaStore } from "./delta-store.ts";

const call = { deadlineMs: 5000 };
let etcd: TestEtcd;
let cluster: EtcdCluster;
let observer: DeltaObserver;
let store: DeltaStore;

beforeAll(async () => {
  etcd = await TestEtcd.start(1);
  cluster = new EtcdCluster({ endpoints: etcd.endpoints });
  cluster.start();
  await cluster.whenLeader(5000);
  observer = new DeltaObserver(etcd.endpoints);
  await observer.etcd.whenLeader(5000);
  store = new DeltaStore(cluster);
});

afterAll(async () => {
  cluster.stop();
  observer.stop();
  await etcd[Symbol.asyncDispose]();
});

/** One operation each, so that delta n begins at revision n-1. */
function operation(session: string, n: number): Operation {
  const kind = n === 1 ? 1 : 2;
  return { session, device: 1, sequence: n, kind, field1: n, field2: 0, field3: 0 };
}

function append(session: string, n: number, folded = false, batch = 0): Append {
  const batchId = batch.toString(16).padStart(16, "0");
  const operations = [operation(session, n)];
  const delta = encodeDelta({ batchId, revision: n - 1, operations });
  if (!folded) return { session, n, delta, base: undefined, lease: undefined };
  const state = initialState(session, 0);
  for (let before = 1; before < n; before += 1) applyOperation(state, operation(session, before));
  return {
    ...{ session, n, delta, lease: undefined },
    base: encodeBase({ closed: false, n: n - 1, state, windows: [] }),
  };
}

test("a delta is written once, and whoever comes second is told what is there", async () => {
  expect(await store.append(append("a", 1), call)).toBeUndefined();
  const found = await store.append(append("a", 1, false, 7), call);
  expect(found?.deltas).toMatchObject([{ n: 1, batchId: "0000000000000000" }]);
  expect(await store.append(append("a", 3), call)).toMatchObject({ last: 1 });
  expect(await store.append(append("a", 2), call)).toBeUndefined();
  expect(await observer.keys("a")).toEqual(["000000000001", "000000000002"]);
});

test("a fold leaves the base and the newest delta, and later attempts of older appends do nothing", async () => {
  for (let n = 1; n <= 4; n += 1) await store.append(append("b", n), call);
  expect(await store.append(append("b", 5, true), call)).toBeUndefined();
  expect(await observer.keys("b")).toEqual(["000000000005", "base"]);
  // An opening, an append and a fold that were on their way for long.
  for (const late of [append("b", 1), append("b", 3), append("b", 4, true), append("b", 5, true)]) {
    expect(await store.append(late, call)).toMatchObject({ base: { n: 4 }, last: 5 });
  }
  expect(await store.append(append("b", 6), call)).toBeUndefined();
  expect(await store.append(append("b", 7, true), call)).toBeUndefined();
  expect(await store.append(append("b", 5, true), call)).toMatchObject({ base: { n: 6 }, last: 7 });
  expect((await observer.state("b")).revision).toBe(7);
});

test("a fold touches no other session, whatever their ids are", async () => {
  const others = ["c/000000000002", "c%2F", "c!", "c0", "c/"];
  for (const session of others) await store.append(append(session, 1), call);
  for (let n = 1; n <= 3; n += 1) await store.append(append("c", n), call);
  expect(await store.append(append("c", 4, true), call)).toBeUndefined();
  for (const session of others) expect(await observer.keys(session)).toEqual(["000000000001"]);
  expect(await store.load("c", call)).toMatchObject({ base: { n: 3 }, last: 4 });
});
