/** The keys of the `naive` design, and the calls it makes for each dig: all to the leader. */
import { Buffer } from "node:buffer";
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import {
  Compare_CompareResult,
  Compare_CompareTarget,
} from "../../etcd-client/gen/etcdserverpb/rpc_pb.ts";
import type { KeyValue } from "../../etcd-client/gen/mvccpb/kv_pb.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import type { SessionState } from "../game/session-state.ts";
import { stateFromJson } from "../game/state-json.ts";
import { liveKey } from "../liveness/live-key.ts";

const callDeadlineMs = 1000;
const call = { deadlineMs: callDeadlineMs };

/** What a gateway knows of a session; another gateway may have moved on. */
export interface KnownSession {
  /** Undefined: the session has no state yet. */
  state: SessionState | undefined;
  /** The revision key's value and mod_revision; 0 and 0n where it is absent. */
  counter: number;
  counterRevision: bigint;
  /** 0n: none. */
  lease: bigint;
}

export class NaiveStore {
  readonly #etcd: EtcdCluster;

  constructor(etcd: EtcdCluster) {
    this.#etcd = etcd;
  }

  async load(session: string): Promise<KnownSession> {
    const [counter, state, live] = await Promise.all([
      this.#get(`/hunt/revision/${session}`),
      this.#get(`/hunt/state/${session}`),
      this.#get(liveKey(session)),
    ]);
    return {
      state: state && stateFromJson(state.value),
      counter: counter === undefined ? 0 : Number(Buffer.from(counter.value).toString()),
      counterRevision: counter?.modRevision ?? 0n,
      lease: live?.lease ?? 0n,
    };
  }

  /** Moves the revision key on from what is known. False: somebody else did. */
  async bump(session: string, known: KnownSession): Promise<boolean> {
    const key = keyBytes(`/hunt/revision/${session}`);
    const value = keyBytes(String(known.counter + 1));
    const answer = await this.#etcd.txn(
      {
        compare: [
          {
            key,
            target: Compare_CompareTarget.MOD,
            result: Compare_CompareResult.EQUAL,
            targetUnion: { case: "modRevision", value: known.counterRevision },
          },
        ],
        success: [{ request: { case: "requestPut", value: { key, value } } }],
      },
      call,
    );
    if (!answer.succeeded) return false;
    known.counter += 1;
    known.counterRevision = answer.header?.revision ?? 0n;
    return true;
  }

  /** Never with a lease: one that expires would delete the state. */
  async putState(session: string, json: Uint8Array): Promise<void> {
    await this.#etcd.put({ key: keyBytes(`/hunt/state/${session}`), value: json }, call);
  }

  async #get(key: string): Promise<KeyValue | undefined> {
    const { kvs } = await this.#etcd.range({ key: keyBytes(key) }, call);
    return kvs[0];
  }
}
