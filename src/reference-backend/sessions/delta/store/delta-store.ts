/**
 * The etcd calls of the `delta` design, all to the leader. An append is one Txn: delta n where n is
 * absent and n-1 is there, with the fold of what is before it where that is due; else it reads all of
 * the session, in the same moment. So two gateways that append to one session cannot both
 * succeed, and who came second knows at once what is there.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions, EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  type RequestOpSchema,
  type ResponseOp,
} from "../../../etcd-client/gen/etcdserverpb/rpc_pb.ts";
import { keyBytes } from "../../../etcd-client/keys.ts";
import { liveKey } from "../../liveness/live-key.ts";
import { storedValue } from "../../log/store/etcd-store.ts";
import { deltaBaseKey, deltaKey, sessionRange } from "../format/delta-keys.ts";
import { type StoredSession, storedSession } from "../format/stored-session.ts";

export interface Append {
  readonly session: string;
  readonly n: number;
  readonly delta: Uint8Array;
  /** As of n-1; it takes the place of all deltas before n. */
  readonly base: Uint8Array | undefined;
  /** That the session's live key is bound to; undefined: the key stays as it is. */
  readonly lease: bigint | undefined;
}

type RequestOpInit = MessageInitShape<typeof RequestOpSchema>;

/** Undefined: it is committed. */
type FoundInstead = StoredSession | undefined;

export class DeltaStore {
  readonly #etcd: EtcdCluster;

  constructor(etcd: EtcdCluster) {
    this.#etcd = etcd;
  }

  /** @throws EtcdError, or RangeError when the store contradicts itself. */
  async load(session: string, options: CallOptions): Promise<StoredSession> {
    const { kvs } = await this.#etcd.range(sessionRange(session), options);
    return storedSession(session, kvs.map(storedValue));
  }

  /** @throws EtcdError, or RangeError when the store contradicts itself. */
  async append(append: Append, options: CallOptions): Promise<FoundInstead> {
    const { session, n } = append;
    const before = n === 1 ? absent(deltaBaseKey(session)) : present(deltaKey(session, n - 1));
    const { succeeded, responses } = await this.#etcd.txn(
      {
        compare: [absent(deltaKey(session, n)), before],
        success: writesOf(append),
        failure: [rangeOf(session)],
      },
      options,
    );
    if (succeeded) return undefined;
    return storedSession(session, rangeValues(responses[0]).map(storedValue));
  }
}

/** A fold leaves the newest delta, so that the next one can be held against it. */
function writesOf({ session, n, delta, base, lease }: Append) {
  const writes: RequestOpInit[] = [put(deltaKey(session, n), delta)];
  if (lease !== undefined) writes.push(put(liveKey(session), new Uint8Array(), lease));
  if (base !== undefined) {
    const all = { key: keyBytes(deltaKey(session, 1)), rangeEnd: keyBytes(deltaKey(session, n)) };
    writes.push(put(deltaBaseKey(session), base));
    writes.push({ request: { case: "requestDeleteRange", value: all } });
  }
  return writes;
}

function put(key: string, value: Uint8Array, lease = 0n): RequestOpInit {
  return { request: { case: "requestPut", value: { key: keyBytes(key), value, lease } } };
}

function rangeOf(session: string) {
  return { request: { case: "requestRange" as const, value: sessionRange(session) } };
}

function absent(key: string) {
  return versionIs(key, Compare_CompareResult.EQUAL);
}

function present(key: string) {
  return versionIs(key, Compare_CompareResult.GREATER);
}

/** A key's version counts its writes since it was created; 0: it is absent. */
function versionIs(key: string, result: Compare_CompareResult) {
  const targetUnion = { case: "version" as const, value: 0n };
  return { key: keyBytes(key), result, target: Compare_CompareTarget.VERSION, targetUnion };
}

function rangeValues(part: ResponseOp | undefined) {
  return part?.response.case === "responseRange" ? part.response.value.kvs : [];
}
