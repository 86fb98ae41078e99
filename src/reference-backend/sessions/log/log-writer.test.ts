/** The `log` design against real etcd: what is acknowledged is in the log, once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { prefixRange } from "../../etcd-client/keys.ts";
import { TestEtcd } from "../../test-etcd/test-etcd.ts";
import {
  type Answer,
  newWriterCounters,
  OPERATION_KINDS,
  type SessionWriter,
  type SubmittedOperation,
  type WriterCounters,
} from "../gateway/session-writer.ts";
import { LogWriter } from "./log-writer.ts";
import { decodeRecord } from "./record.ts";

interface Gateway {
  readonly writer: LogWriter;
  readonly etcd: EtcdCluster;
  readonly counters: WriterCounters;
  readonly panics: string[];
}

let etcd: TestEtcd;
let observer: EtcdCluster;
const gateways: Gateway[] = [];

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
  observer = new EtcdCluster({ endpoints: etcd.endpoints });
  observer.start();
  await observer.whenLeader(5000);
}, 30_000);

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.writer.stop()));
  for (const gateway of gateways) gateway.etcd.stop();
  observer.stop();
  await etcd[Symbol.asyncDispose]();
}, 30_000);

function gateway(number: number): Gateway {
  const client = new EtcdCluster({ endpoints: etcd.endpoints });
  client.start();
  const counters = newWriterCounters();
  const panics: string[] = [];
  const writer = new LogWriter({
    name: `gateway/${number}`,
    address: `127.0.0.1:${number}`,
    gateways: 2,
    partitions: 2,
    flushMs: 5,
    etcd: client,
    counters,
    onBatchWait: () => undefined,
    log: () => undefined,
    onPanic: (reason) => panics.push(reason),
  });
  const started = { writer, etcd: client, counters, panics };
  gateways.push(started);
  return started;
}

let lastRef = 0n;

function ask(writer: SessionWriter, operation: Omit<SubmittedOperation, "ref">): Promise<Answer> {
  return new Promise((resolve) => {
    writer.submit({ ref: ++lastRef, ...operation }, resolve);
  });
}

function open(session: string): Omit<SubmittedOperation, "ref"> {
  return {
    session,
    device: 1,
    sequence: 1,
    kind: OPERATION_KINDS.sessionOpened,
    field1: 1,
    field2: 0,
    field3: 0,
  };
}

function dig(session: string, sequence: number): Omit<SubmittedOperation, "ref"> {
  return { ...open(session), sequence, kind: OPERATION_KINDS.digStarted, field1: sequence };
}

/** How often each operation stands in the log, as `session/device/sequence`. */
async function logged(): Promise<Map<string, number>> {
  const { kvs } = await observer.range(prefixRange("/hunt/log/"));
  const counts = new Map<string, number>();
  for (const { value } of kvs) {
    for (const { session, device, sequence } of decodeRecord(value).operations) {
      const name = `${session}/${device}/${sequence}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("LogWriter", () => {
  test("a session is opened, dug in, and its operations are in the log once", async () => {
    const one = gateway(1);
    await one.writer.start();
    await until(() => one.writer.health().ready, "gateway/1 is ready");
    const answers = await Promise.all([
      ask(one.writer, open("first")),
      ask(one.writer, dig("first", 2)),
      ask(one.writer, dig("first", 3)),
    ]);
    expect(answers.map(({ outcome, revision }) => [outcome, revision])).toEqual([
      ["ok", 1],
      ["ok", 2],
      ["ok", 3],
    ]);
    const counts = await logged();
    expect([1, 2, 3].map((sequence) => counts.get(`first/1/${sequence}`))).toEqual([1, 1, 1]);
    expect(one.panics).toEqual([]);
  }, 20_000);
});
