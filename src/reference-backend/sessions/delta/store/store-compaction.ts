/**
 * Asks for etcd's compaction, some time behind, as the API server of Kubernetes does: every gateway
 * tries to move one key on every 10 s, and who succeeds asks. So one of them does, whoever is
 * alive, and the revision is one that the key itself told some time ago.
 */
import { Buffer } from "node:buffer";
import type { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../../etcd-client/etcd-error.ts";
import {
  Compare_CompareResult,
  Compare_CompareTarget,
} from "../../../etcd-client/gen/etcdserverpb/rpc_pb.ts";
import { keyBytes } from "../../../etcd-client/keys.ts";

const compactionKey = keyBytes("/hunt/compaction");
const compactionEveryMs = 10_000;
const call = { deadlineMs: 5000 };

interface Turn {
  readonly atMs: number;
  readonly revision: bigint;
}

export class StoreCompaction {
  readonly #etcd: EtcdCluster;
  readonly #behindMs: number;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #underWay = false;
  /** Of the key, as last seen. */
  #version = 0n;
  /** Oldest first; reaches back a little more than `behindMs`. */
  #turns: Turn[] = [];

  constructor(etcd: EtcdCluster, behindMs: number, everyMs = compactionEveryMs) {
    this.#etcd = etcd;
    this.#behindMs = behindMs;
    this.#everyMs = everyMs;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (!this.#underWay) void this.#turn();
    }, this.#everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #turn(): Promise<void> {
    this.#underWay = true;
    try {
      if (await this.#moveOn()) await this.#compact();
    } catch (error) {
      // The next turn, of whichever gateway, is the retry.
      if (!(error instanceof EtcdError)) throw error;
    } finally {
      this.#underWay = false;
    }
  }

  /** False: another gateway was first. */
  async #moveOn(): Promise<boolean> {
    const { succeeded, header, responses } = await this.#etcd.txn(
      {
        compare: [
          {
            key: compactionKey,
            target: Compare_CompareTarget.VERSION,
            result: Compare_CompareResult.EQUAL,
            targetUnion: { case: "version", value: this.#version },
          },
        ],
        success: [
          {
            request: {
              case: "requestPut",
              value: { key: compactionKey, value: Buffer.from(String(Date.now())) },
            },
          },
        ],
        failure: [{ request: { case: "requestRange", value: { key: compactionKey } } }],
      },
      call,
    );
    this.#remember(header?.revision ?? 0n);
    if (succeeded) {
      this.#version += 1n;
      return true;
    }
    const found = responses[0]?.response;
    const kv = found?.case === "responseRange" ? found.value.kvs[0] : undefined;
    this.#version = kv?.version ?? 0n;
    return false;
  }

  #remember(revision: bigint): void {
    const nowMs = performance.now();
    this.#turns.push({ atMs: nowMs, revision });
    const due = this.#turns.findLastIndex(({ atMs }) => atMs <= nowMs - this.#behindMs);
    if (due > 0) this.#turns = this.#turns.slice(due);
  }

  async #compact(): Promise<void> {
    const oldest = this.#turns[0];
    if (oldest === undefined || oldest.atMs > performance.now() - this.#behindMs) return;
    await this.#etcd.compact({ revision: oldest.revision }, call);
  }
}
