/** For tests: `log` writers over a test etcd, asked one operation at a time, and the log they wrote. */
import { EtcdCluster } from "../../../src/reference-backend/etcd-client/etcd-cluster.ts";
import { prefixRange } from "../../../src/reference-backend/etcd-client/keys.ts";
import {
  type Answer,
  newWriterCounters,
  operationKinds,
  type SessionWriter,
  type SubmittedOperation,
  type WriterCounters,
} from "../../../src/reference-backend/sessions/gateway/session-writer.ts";
import {
  beatKey,
  type OwnerValue,
  ownerKey,
  parseBeat,
  parseOwner,
} from "../../../src/reference-backend/sessions/log/format/keys.ts";
import { decodeRecord } from "../../../src/reference-backend/sessions/log/format/record.ts";
import { LogWriter } from "../../../src/reference-backend/sessions/log/log-writer.ts";
import type { LogLimits } from "../../../src/reference-backend/sessions/log/partition/log-limits.ts";
import type { TestEtcd } from "../../etcd/test-etcd.ts";

const withinMs = 10_000;

export type Asked = Omit<SubmittedOperation, "ref">;

/** A design's writer, asked one operation at a time. */
export class AskedWriter<Writer extends SessionWriter> {
  readonly etcd: EtcdCluster;
  readonly writer: Writer;
  #lastRef = 0n;

  constructor(etcd: EtcdCluster, writer: Writer) {
    this.etcd = etcd;
    this.writer = writer;
  }

  /** Resolves once it is ready. */
  async start(): Promise<void> {
    this.etcd.start();
    await this.writer.start();
    await until(() => this.writer.health().ready, "the gateway is ready");
  }

  ask(operation: Asked): Promise<Answer> {
    this.#lastRef += 1n;
    const ref = this.#lastRef;
    return new Promise((resolve) => {
      this.writer.submit({ ref, ...operation }, resolve);
    });
  }

  /** Its last contact with etcd, as if the process had been killed. */
  crash(): void {
    this.etcd.stop();
  }

  async stop(): Promise<void> {
    await this.writer.stop();
    this.etcd.stop();
  }
}

export class TestGateway extends AskedWriter<LogWriter> {
  readonly counters: WriterCounters;
  readonly panics: string[];

  constructor(
    endpoints: readonly string[],
    number: number,
    limits: Partial<LogLimits> = {},
    lifetimes = { sessionTtlMs: 1_800_000, tombstoneMs: 600_000 },
  ) {
    const etcd = new EtcdCluster({ endpoints });
    const counters = newWriterCounters();
    const panics: string[] = [];
    const writer = new LogWriter({
      name: `gateway/${number}`,
      address: `127.0.0.1:${number}`,
      gateways: 2,
      partitions: 1,
      flushMs: 5,
      lifetimes,
      limits,
      etcd,
      counters,
      onBatchWait: () => undefined,
      log: () => undefined,
      onPanic: (reason) => panics.push(reason),
    });
    super(etcd, writer);
    this.counters = counters;
    this.panics = panics;
  }
}

/** Looks at the store past the gateways. */
export class Observer {
  readonly etcd: EtcdCluster;

  constructor(etcd: TestEtcd) {
    this.etcd = new EtcdCluster({ endpoints: etcd.endpoints });
    this.etcd.start();
  }

  async owner(): Promise<(OwnerValue & { epoch: number }) | undefined> {
    await this.etcd.whenLeader(withinMs);
    const { kvs } = await this.etcd.range({ key: Buffer.from(ownerKey(0)) });
    const kv = kvs[0];
    return kv === undefined
      ? undefined
      : { ...parseOwner(kv.value), epoch: Number(kv.modRevision) };
  }

  /** Keys under a prefix, in order. */
  async keys(prefix: string): Promise<string[]> {
    const { kvs } = await this.etcd.range({ ...prefixRange(prefix), keysOnly: true });
    return kvs.map(({ key }) => Buffer.from(key).toString());
  }

  /** Heartbeats of a gateway, by its own count. */
  async beats(gateway: string): Promise<number> {
    const { kvs } = await this.etcd.range({ key: Buffer.from(beatKey(gateway)) });
    return kvs[0] === undefined ? 0 : (parseBeat(kvs[0].value)?.count ?? 0);
  }

  /** How often each operation stands in the log, by `session/device/sequence`. */
  async logged(): Promise<Map<string, number>> {
    await this.etcd.whenLeader(withinMs);
    const { kvs } = await this.etcd.range(prefixRange("/hunt/log/"));
    const counts = new Map<string, number>();
    for (const { value } of kvs) {
      for (const { session, device, sequence } of decodeRecord(value).operations) {
        const name = `${session}/${device}/${sequence}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    return counts;
  }

  stop(): void {
    this.etcd.stop();
  }
}

export function opened(session: string): Asked {
  const { sessionOpened } = operationKinds;
  return { session, device: 1, sequence: 1, kind: sessionOpened, field1: 1, field2: 0, field3: 0 };
}

export function dig(session: string, sequence: number, device = 1): Asked {
  const { digStarted } = operationKinds;
  return { session, device, sequence, kind: digStarted, field1: sequence, field2: 0, field3: 0 };
}

/** Polls, because what is waited for lives in another process. */
export async function until(condition: () => boolean | Promise<boolean>, what: string) {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
