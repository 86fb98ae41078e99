/** Runs the core's calls against etcd: requests as data in, outcomes as data out, never a throw. */
import type { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../../etcd-client/etcd-error.ts";
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  type RangeResponse,
  type TxnResponse,
} from "../../../etcd-client/gen/etcdserverpb/rpc_pb.ts";
import type { KeyValue } from "../../../etcd-client/gen/mvccpb/kv_pb.ts";
import { keyBytes } from "../../../etcd-client/keys.ts";
import type {
  Compare,
  RangeOutcome,
  RangeRequest,
  ReadOutcome,
  ReadRequest,
  StoredValue,
  StoreOutcome,
  StoreRequest,
  TxnOutcome,
  TxnRequest,
} from "./store-call.ts";

export async function runStoreCall(
  etcd: EtcdCluster,
  request: StoreRequest,
  options: { deadlineMs: number; signal: AbortSignal },
): Promise<StoreOutcome> {
  try {
    switch (request.type) {
      case "txn":
        return txnOutcome(request, await etcd.txn(txnMessage(request), options));
      case "range":
        return rangeOutcome(await etcd.range(rangeMessage(request), options));
      case "read":
        return readOutcome(request, await etcd.readTxn(readMessage(request), options));
      case "compact":
        await etcd.compact({ revision: BigInt(request.revision) }, options);
        return { type: "compact" };
    }
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    const { applied, message, code } = error;
    const facts = { compacted: code === "compacted", full: code === "no-space" };
    return { type: "failed", applied, reason: message, ...facts };
  }
}

function rangeMessage(request: RangeRequest) {
  return {
    key: keyBytes(request.start),
    rangeEnd: keyBytes(request.end),
    limit: BigInt(request.limit),
    revision: BigInt(request.revision),
  };
}

function txnMessage(request: TxnRequest) {
  return {
    compare: request.compares.map(compareMessage),
    success: [
      ...request.puts.map(({ key, value }) => ({
        request: { case: "requestPut" as const, value: { key: keyBytes(key), value } },
      })),
      ...request.deletes.map(({ start, end }) => ({
        request: {
          case: "requestDeleteRange" as const,
          value: { key: keyBytes(start), rangeEnd: keyBytes(end) },
        },
      })),
    ],
    failure: request.gets.map(getMessage),
  };
}

/** A Txn without writes: etcd answers it from one moment, without a proposal to the cluster. */
function readMessage(request: ReadRequest) {
  return { success: request.keys.map(getMessage) };
}

function getMessage(key: string) {
  return { request: { case: "requestRange" as const, value: { key: keyBytes(key) } } };
}

function compareMessage({ key, target, relation, value }: Compare) {
  const result = relation === "equal" ? Compare_CompareResult.EQUAL : Compare_CompareResult.GREATER;
  return target === "version"
    ? {
        key: keyBytes(key),
        result,
        target: Compare_CompareTarget.VERSION,
        targetUnion: { case: "version" as const, value: BigInt(value) },
      }
    : {
        key: keyBytes(key),
        result,
        target: Compare_CompareTarget.MOD,
        targetUnion: { case: "modRevision" as const, value: BigInt(value) },
      };
}

function txnOutcome(request: TxnRequest, response: TxnResponse): TxnOutcome {
  const { succeeded } = response;
  const found = succeeded ? [] : foundValues(request.gets, response);
  return { type: "txn", succeeded, revision: Number(response.header?.revision ?? 0n), found };
}

function readOutcome(request: ReadRequest, response: TxnResponse): ReadOutcome {
  return {
    type: "read",
    found: foundValues(request.keys, response),
    revision: Number(response.header?.revision ?? 0n),
  };
}

function foundValues(keys: readonly string[], response: TxnResponse): (StoredValue | undefined)[] {
  return keys.map((_key, i) => {
    const part = response.responses[i]?.response;
    const kv = part?.case === "responseRange" ? part.value.kvs[0] : undefined;
    return kv === undefined ? undefined : storedValue(kv);
  });
}

function rangeOutcome(response: RangeResponse): RangeOutcome {
  return {
    type: "range",
    values: response.kvs.map(storedValue),
    more: response.more,
    revision: Number(response.header?.revision ?? 0n),
  };
}

export function storedValue(kv: KeyValue): StoredValue {
  return {
    key: new TextDecoder().decode(kv.key),
    value: kv.value,
    modRevision: Number(kv.modRevision),
  };
}
