/**
 * Sends an append until its fate is known. A retry sends the same bytes for the same n, so whichever
 * attempt commits, however late, it can be no second one: the compares of all others fail, and what
 * they find instead tells whose batch is there. What was sent to a leader is not waited for once
 * another one leads, and a connection that is dead ends by itself (leader-tracker.ts); beyond that an attempt
 * is not given up for another one, since a store that is slow would be asked for all the more.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdCluster } from "../../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../../etcd-client/etcd-error.ts";
import type { StoredSession } from "../format/stored-session.ts";

/** Doubled by each attempt that fails; a new leader ends the pause. */
const retryAfterMs = 20;
const retryAfterMsMax = 200;

export type AppendFate =
  | { readonly type: "committed" }
  /** The store went on without this batch, or with it and more. It cannot commit any more. */
  | { readonly type: "found"; readonly stored: StoredSession }
  /** No attempt is applied, nor will be. */
  | { readonly type: "refused"; readonly reason: string }
  /** The store has no space. `uncertain`: an attempt before this one may still commit. */
  | { readonly type: "full"; readonly reason: string; readonly uncertain: boolean }
  | { readonly type: "unknown"; readonly reason: string };

export type SendAppend = (call: {
  deadlineMs: number;
  signal: AbortSignal;
}) => Promise<StoredSession | undefined>;

export class AppendRetries {
  readonly #etcd: EtcdCluster;
  /** Ended when another member leads. */
  #leading = newLeading();
  #unfollow: (() => void) | undefined;
  #stopped = false;

  constructor(etcd: EtcdCluster) {
    this.#etcd = etcd;
  }

  start(): void {
    this.#unfollow = this.#etcd.onLeaderChange(({ leader }) => {
      if (leader === undefined) return;
      this.#leading.abort();
      this.#leading = newLeading();
    });
  }

  /** What is under way ends soon, with whatever is known of it. */
  stop(): void {
    this.#stopped = true;
    this.#unfollow?.();
    this.#leading.abort();
  }

  /** @throws RangeError when the store contradicts itself. */
  async send(attempt: SendAppend, untilMs: number): Promise<AppendFate> {
    let uncertain = false;
    let reason = "it was not sent in time";
    let pauseMs = retryAfterMs;
    for (;;) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || this.#stopped) return { type: uncertain ? "unknown" : "refused", reason };
      try {
        await this.#etcd.whenLeader(leftMs);
        const { signal } = this.#leading;
        const deadlineMs = Math.max(1, untilMs - performance.now());
        const found = await attempt({ deadlineMs, signal });
        return found === undefined ? { type: "committed" } : { type: "found", stored: found };
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        reason = error.message;
        if (error.applied === "maybe") uncertain = true;
        if (error.code === "no-space") return { type: "full", reason, uncertain };
        if (error.code === "refused") return { type: uncertain ? "unknown" : "refused", reason };
        if (error.code !== "cancelled") await this.#pause(Math.min(pauseMs, leftMs));
        pauseMs = Math.min(2 * pauseMs, retryAfterMsMax);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#leading;
    // A new leader cuts it short.
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

function newLeading(): AbortController {
  const controller = new AbortController();
  // One for each append under way.
  setMaxListeners(0, controller.signal);
  return controller;
}
