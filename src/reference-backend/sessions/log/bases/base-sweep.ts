/**
 * Reads all bases of a partition after a takeover, page by page and with pauses, so that sessions
 * which nobody touches are known too: idle ones are closed, and tombstones end.
 */
import { basePrefix, prefixEnd, sessionOfBaseKey, singleKey } from "../format/keys.ts";
import type { Outbox, StoreOutcome } from "../store/store-call.ts";

const pageDeadlineMs = 2000;
const retryMs = 100;

export interface BaseSweepOptions {
  readonly partition: number;
  readonly page: number;
  readonly pauseMs: number;
  readonly outbox: Outbox;
  readonly onBase: (id: string, base: Uint8Array, nowMs: number) => void;
  readonly onDone: (nowMs: number) => void;
}

export class BaseSweep {
  readonly #options: BaseSweepOptions;
  #nextKey: string;
  #call: number | undefined;
  #nextAtMs = 0;

  constructor(options: BaseSweepOptions) {
    this.#options = options;
    this.#nextKey = basePrefix(options.partition);
  }

  nextWakeMs(): number {
    return this.#call === undefined ? this.#nextAtMs : Number.POSITIVE_INFINITY;
  }

  tick(nowMs: number): void {
    if (this.#call !== undefined || nowMs < this.#nextAtMs) return;
    const { partition, page, outbox } = this.#options;
    const end = prefixEnd(basePrefix(partition));
    this.#call = outbox.call(
      { type: "range", start: this.#nextKey, end, limit: page, revision: 0 },
      { deadlineMs: pageDeadlineMs },
      (outcome, atMs) => this.#answered(outcome, atMs),
    );
  }

  end(): void {
    if (this.#call !== undefined) this.#options.outbox.cancel(this.#call);
    this.#call = undefined;
    this.#nextAtMs = Number.POSITIVE_INFINITY;
  }

  #answered(outcome: StoreOutcome, nowMs: number): void {
    this.#call = undefined;
    const { partition, pauseMs, onBase, onDone } = this.#options;
    if (outcome.type !== "range") {
      this.#nextAtMs = nowMs + retryMs;
      return;
    }
    this.#nextAtMs = nowMs + pauseMs;
    for (const { key, value } of outcome.values) {
      onBase(sessionOfBaseKey(partition, key), value, nowMs);
      this.#nextKey = singleKey(key).end;
    }
    if (outcome.more) return;
    this.end();
    onDone(nowMs);
  }
}
