/**
 * This gateway's heartbeat: a small Put every 200 ms (rule 4). Only one is under way at a time, so
 * that a store which comes back does not commit many at once, which would make others look gone.
 */
import { beatKey, encodeValue, type OwnerValue } from "../format/keys.ts";
import type { Outbox } from "../store/store-call.ts";

const beatIntervalMs = 200;
const beatDeadlineMs = 500;

export class Heart {
  readonly #self: OwnerValue;
  readonly #outbox: Outbox;
  #count = 0;
  #nextAtMs = Number.POSITIVE_INFINITY;
  #call: number | undefined;
  #leaving: "no" | "saying" | "said" = "no";

  constructor(self: OwnerValue, outbox: Outbox) {
    this.#self = self;
    this.#outbox = outbox;
  }

  /** The last heartbeat, which says that it leaves, was answered or given up. */
  get left(): boolean {
    return this.#leaving === "said";
  }

  nextWakeMs(): number {
    return this.#nextAtMs;
  }

  start(nowMs: number): void {
    this.#nextAtMs = nowMs;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#nextAtMs || this.#leaving !== "no") return;
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    this.#put((atMs) => {
      if (this.#leaving === "no") this.#nextAtMs = Math.max(atMs, nowMs + beatIntervalMs);
    });
  }

  /**
   * What was sent to the old leader may never commit: beats again at once. Else a gateway whose
   * heartbeat hangs there longer than another's would count as gone.
   */
  leaderChanged(nowMs: number): void {
    if (this.#call === undefined || this.#leaving !== "no") return;
    this.#outbox.cancel(this.#call);
    this.#nextAtMs = nowMs;
    this.tick(nowMs);
  }

  /** Says that nothing should be handed over to this gateway any more. */
  leave(): void {
    const started = this.#count > 0;
    this.#leaving = started ? "saying" : "said";
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    if (!started) return;
    this.#put(() => {
      this.#leaving = "said";
    });
  }

  #put(settled: (nowMs: number) => void): void {
    this.#count += 1;
    const leaving = this.#leaving !== "no";
    const value = encodeValue({ ...this.#self, count: this.#count, leaving });
    this.#call = this.#outbox.call(
      {
        type: "txn",
        compares: [],
        puts: [{ key: beatKey(this.#self.name), value }],
        deletes: [],
        gets: [],
      },
      { deadlineMs: beatDeadlineMs },
      (_outcome, nowMs) => {
        this.#call = undefined;
        settled(nowMs);
      },
    );
  }
}
