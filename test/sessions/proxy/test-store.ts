/**
 * For tests: plays the gateways of one partition against a real etcd, by the rules that the proxy
 * relies on (docs/session-log-format.md): records without a gap, bases of committed operations only,
 * trims of what bases cover. It knows what every session's state must be.
 */
import { EtcdCluster } from "../../../src/reference-backend/etcd-client/etcd-cluster.ts";
import { keyBytes } from "../../../src/reference-backend/etcd-client/keys.ts";
import {
  applyOperation,
  initialState,
  revisionOf,
  type SessionState,
} from "../../../src/reference-backend/sessions/game/session-state.ts";
import { stateToJson } from "../../../src/reference-backend/sessions/game/state-json.ts";
import {
  type Operation,
  operationKinds,
} from "../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { encodeBase } from "../../../src/reference-backend/sessions/log/format/base.ts";
import {
  beatKey,
  logKey,
  partitionsKey,
} from "../../../src/reference-backend/sessions/log/format/keys.ts";
import { encodeRecord } from "../../../src/reference-backend/sessions/log/format/record.ts";
import type { TestEtcd } from "../../etcd/test-etcd.ts";

const beatEveryMs = 100;
const basesPerTxn = 100;

export class TestStore {
  readonly cluster: EtcdCluster;
  readonly #states = new Map<string, SessionState>();
  readonly #sequences = new Map<string, number>();
  #beat: NodeJS.Timeout | undefined;
  #oldest = 0;
  #next = 0;

  private constructor(cluster: EtcdCluster) {
    this.cluster = cluster;
  }

  static async over(etcd: TestEtcd): Promise<TestStore> {
    const cluster = new EtcdCluster({ endpoints: etcd.endpoints });
    cluster.start();
    await cluster.whenLeader(5000);
    const store = new TestStore(cluster);
    await cluster.put({ key: keyBytes(partitionsKey), value: keyBytes("1") });
    store.#beat = setInterval(() => {
      cluster.put({ key: keyBytes(beatKey("gateway/1")) }).catch(() => undefined);
    }, beatEveryMs);
    return store;
  }

  stop(): void {
    clearInterval(this.#beat);
    this.cluster.stop();
  }

  /** Committed operations of a session. */
  revision(session: string): number {
    const state = this.#states.get(session);
    return state === undefined ? 0 : revisionOf(state);
  }

  /** What must be read. */
  json(session: string): string {
    const state = this.#states.get(session);
    return state === undefined ? "" : stateToJson(state).toString();
  }

  /** One more operation of each session, in one record; the first one opens it. Returns the revision. */
  async append(sessions: readonly string[]): Promise<bigint> {
    const operations = sessions.map((session) => this.#operation(session));
    const value = encodeRecord({ epoch: 1, batchId: "00".repeat(8), operations });
    const request = { key: keyBytes(logKey(0, this.#next)), value };
    this.#next += 1;
    const { header } = await this.cluster.put(request, { deadlineMs: 5000 });
    for (const operation of operations) {
      const known = this.#states.get(operation.session);
      const state = known ?? initialState(operation.session, 0);
      applyOperation(state, operation);
      this.#states.set(operation.session, state);
    }
    return header?.revision ?? 0n;
  }

  /** Bases of every session, then the records go but the newest. */
  async foldAndTrim(): Promise<bigint> {
    const n = this.#next - 1;
    const states = [...this.#states.values()];
    for (let i = 0; i < states.length; i += basesPerTxn) {
      const puts = states.slice(i, i + basesPerTxn).map((state) => ({
        request: {
          case: "requestPut" as const,
          value: {
            key: keyBytes(`/hunt/base/0/${state.session}`),
            value: encodeBase({ closed: false, n, state, windows: [] }),
          },
        },
      }));
      await this.cluster.txn({ success: puts }, { deadlineMs: 5000 });
    }
    const { header } = await this.#deleteRange(logKey(0, this.#oldest), logKey(0, n));
    this.#oldest = n;
    return header?.revision ?? 0n;
  }

  /** Ends sessions: none of them may have an operation in a record that is kept. */
  async deleteBase(session: string): Promise<void> {
    this.#states.delete(session);
    await this.#deleteRange(`/hunt/base/0/${session}`, `/hunt/base/0/${session}\0`);
  }

  async #deleteRange(start: string, end: string) {
    const value = { key: keyBytes(start), rangeEnd: keyBytes(end) };
    const request = { case: "requestDeleteRange" as const, value };
    return await this.cluster.txn({ success: [{ request }] }, { deadlineMs: 5000 });
  }

  #operation(session: string): Operation {
    const sequence = (this.#sequences.get(session) ?? 0) + 1;
    this.#sequences.set(session, sequence);
    const kind = sequence === 1 ? operationKinds.sessionOpened : operationKinds.tilesRevealed;
    const field1 = (sequence * 37) % 224;
    const field2 = sequence === 1 ? 0 : 0x9234_5671;
    return { session, device: 1, sequence, kind, field1, field2, field3: 0 };
  }
}
