/**
 * Asks for etcd's compaction, some time behind (rule 19). Every gateway remembers which revision was
 * when, from the outcomes of its own calls; only the owner of partition 0 asks. So after a change of
 * owner the new one goes on at once.
 */
import type { LogLimits } from "../partition/log-limits.ts";
import type { Outbox, StoreOutcome } from "./store-call.ts";

const deadlineMs = 5000;

interface Sample {
  readonly atMs: number;
  readonly revision: number;
}

export class Compactor {
  readonly #outbox: Outbox;
  readonly #limits: LogLimits;
  /** Oldest first; reaches back a little more than `compactBehindMs`. */
  #samples: Sample[] = [];
  #newest = 0;
  #compacted = 0;
  #nextAtMs = Number.POSITIVE_INFINITY;
  #call: number | undefined;

  constructor(outbox: Outbox, limits: LogLimits) {
    this.#outbox = outbox;
    this.#limits = limits;
  }

  start(nowMs: number): void {
    this.#nextAtMs = nowMs;
  }

  stop(): void {
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    if (this.#call !== undefined) this.#outbox.cancel(this.#call);
  }

  /** An outcome of any call. */
  observe(outcome: StoreOutcome): void {
    if ("revision" in outcome) this.#newest = Math.max(this.#newest, outcome.revision);
  }

  nextWakeMs(): number {
    return this.#nextAtMs;
  }

  tick(nowMs: number, asks: boolean): void {
    if (nowMs < this.#nextAtMs) return;
    this.#nextAtMs = nowMs + this.#limits.compactEveryMs;
    this.#samples.push({ atMs: nowMs, revision: this.#newest });
    const untilMs = nowMs - this.#limits.compactBehindMs;
    const due = this.#samples.findLastIndex(({ atMs }) => atMs <= untilMs);
    if (due < 0) return;
    const revision = this.#samples[due]?.revision ?? 0;
    this.#samples = this.#samples.slice(due);
    if (asks && revision > this.#compacted && this.#call === undefined) this.#ask(revision);
  }

  #ask(revision: number): void {
    this.#call = this.#outbox.call(
      { type: "compact", revision },
      { deadlineMs: deadlineMs },
      (outcome) => {
        this.#call = undefined;
        const done = outcome.type === "compact" || (outcome.type === "failed" && outcome.compacted);
        if (done === true) this.#compacted = revision;
      },
    );
  }
}
