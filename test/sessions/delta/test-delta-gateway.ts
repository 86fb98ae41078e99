/** For tests: `delta` writers over a test etcd, asked one operation at a time, and what they wrote. */
import { EtcdCluster } from "../../../src/reference-backend/etcd-client/etcd-cluster.ts";
import { keyBytes, prefixRange } from "../../../src/reference-backend/etcd-client/keys.ts";
import { DeltaWriter } from "../../../src/reference-backend/sessions/delta/delta-writer.ts";
import {
  deltaBaseKey,
  sessionPrefix,
  sessionRange,
} from "../../../src/reference-backend/sessions/delta/format/delta-keys.ts";
import {
  type StoredSession,
  storedSession,
} from "../../../src/reference-backend/sessions/delta/format/stored-session.ts";
import {
  applyOperation,
  initialState,
  type SessionState,
} from "../../../src/reference-backend/sessions/game/session-state.ts";
import { stateToJson } from "../../../src/reference-backend/sessions/game/state-json.ts";
import {
  newWriterCounters,
  type Operation,
  type WriterCounters,
} from "../../../src/reference-backend/sessions/gateway/session-writer.ts";
import type { OmittedRule } from "../../../src/reference-backend/sessions/log/core/omitted-rule.ts";
import { AskedWriter } from "../log/test-gateways.ts";

export class TestDeltaGateway extends AskedWriter<DeltaWriter> {
  readonly counters: WriterCounters;
  readonly logged: { event: string; facts: Readonly<Record<string, unknown>> }[];
  readonly batchWaitsUs: number[];

  constructor(
    endpoints: readonly string[],
    number: number,
    { flushMs = 100, omit }: { flushMs?: number; omit?: OmittedRule } = {},
  ) {
    const etcd = new EtcdCluster({ endpoints });
    const counters = newWriterCounters();
    const logged: TestDeltaGateway["logged"] = [];
    const batchWaitsUs: number[] = [];
    const writer = new DeltaWriter({
      name: `gateway/${number}`,
      address: `127.0.0.1:${number}`,
      flushMs,
      compactBehindMs: 60_000,
      etcd,
      counters,
      omit,
      onBatchWait: (waitUs) => batchWaitsUs.push(waitUs),
      log: (_level, event, facts) => logged.push({ event, facts }),
    });
    super(etcd, writer);
    this.counters = counters;
    this.logged = logged;
    this.batchWaitsUs = batchWaitsUs;
  }
}

/** Looks at the store past the gateways. */
export class DeltaObserver {
  readonly etcd: EtcdCluster;

  constructor(endpoints: readonly string[]) {
    this.etcd = new EtcdCluster({ endpoints });
    this.etcd.start();
  }

  async stored(session: string): Promise<StoredSession> {
    await this.etcd.whenLeader(10_000);
    const { kvs } = await this.etcd.range(sessionRange(session));
    const values = kvs.map(({ key, value }) => ({ key: Buffer.from(key).toString(), value }));
    return storedSession(session, values);
  }

  /** As the read path would tell it, by replay. */
  async state(session: string): Promise<StateDocument> {
    const { base, deltas } = await this.stored(session);
    const state: SessionState = base?.state ?? initialState(session, 0);
    for (const each of deltas.flatMap((delta): readonly Operation[] => delta.operations)) {
      applyOperation(state, each);
    }
    return JSON.parse(stateToJson(state).toString()) as StateDocument;
  }

  /** What follows the session's prefix, in order: `000000000001`, `base`. */
  async keys(session: string): Promise<string[]> {
    const { kvs } = await this.etcd.range({
      ...prefixRange(sessionPrefix(session)),
      keysOnly: true,
    });
    const skip = sessionPrefix(session).length;
    return kvs.map(({ key }) => Buffer.from(key).toString().slice(skip));
  }

  async bytes(session: string): Promise<number[]> {
    const { kvs } = await this.etcd.range(sessionRange(session));
    return kvs
      .filter(({ key }) => Buffer.from(key).toString() !== deltaBaseKey(session))
      .map(({ value }) => value.length);
  }

  async lease(key: string): Promise<bigint | undefined> {
    return (await this.etcd.range({ key: keyBytes(key) })).kvs[0]?.lease;
  }

  /** As nobody should. */
  async delete(key: string): Promise<void> {
    const request = { key: keyBytes(key) };
    const value = { request: { case: "requestDeleteRange" as const, value: request } };
    await this.etcd.txn({ success: [value] });
  }

  stop(): void {
    this.etcd.stop();
  }
}

export interface StateDocument {
  readonly revision: number;
  readonly closed: boolean;
  readonly devices: Readonly<Record<string, { count: number; checksum: number; highest: number }>>;
}
