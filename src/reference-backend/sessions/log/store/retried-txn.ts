/**
 * One Txn at a time, sent again with the same bytes until an answer is known (rule 10). The first
 * definite answer of any attempt decides; what an earlier attempt does later is up to the Txn's
 * compares.
 *
 *   send -> attempt 1 --timeout--> attempt 2 --timeout--> attempt 3 ...
 *                 \___________________\__________________\___ first definite answer
 *
 * The wait before the next attempt doubles, and at most three are open: the oldest is given up for
 * a fourth. So a member that hangs costs 100 ms, and a slow store is not flooded.
 *
 * A store without space answers at once, and will for long. Who asks to be told is told, once no
 * attempt is open or was ever given up or lost: then none of them can be applied any more.
 */
import type { Outbox, StoreOutcome, TxnOutcome, TxnRequest } from "./store-call.ts";

const attemptTimeoutMsMin = 100;
const attemptTimeoutMsMax = 2000;
const attemptsOpenMax = 3;
const retryAfterErrorMs = 20;
/** Longer than three attempt timeouts: a late answer still counts. */
const attemptDeadlineMs = 8000;

interface SendOptions {
  /** Goes with the first attempt. */
  readonly batchWaitMs?: number;
  /** The store is full, and every attempt is decided; the Txn is not sent again. */
  readonly onFull?: (reason: string) => void;
}

interface UnderWay extends SendOptions {
  readonly request: TxnRequest;
  readonly onAnswer: (outcome: TxnOutcome, tookMs: number, nowMs: number) => void;
  readonly firstSentAtMs: number;
}

interface Attempt {
  readonly call: number;
  readonly sentAtMs: number;
}

export class RetriedTxn {
  readonly #outbox: Outbox;
  #underWay: UnderWay | undefined;
  #open: Attempt[] = [];
  #sentCount = 0;
  /** An attempt was given up or lost: it may be applied, also later. */
  #uncertain = false;
  #nextAttemptAtMs = Number.POSITIVE_INFINITY;
  #smoothedRoundTripMs = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  get busy(): boolean {
    return this.#underWay !== undefined;
  }

  nextWakeMs(): number {
    return this.#nextAttemptAtMs;
  }

  /** `tookMs` counts from the first attempt. */
  send(
    request: TxnRequest,
    onAnswer: UnderWay["onAnswer"],
    nowMs: number,
    options: SendOptions = {},
  ): void {
    if (this.#underWay !== undefined) throw new Error("one Txn is under way already");
    this.#underWay = { ...options, request, onAnswer, firstSentAtMs: nowMs };
    this.#sentCount = 0;
    this.#uncertain = false;
    this.#attempt(nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#nextAttemptAtMs) this.#attempt(nowMs);
  }

  /** A new leader: what was sent to the old one may never be answered. */
  leaderChanged(nowMs: number): void {
    this.#attempt(nowMs);
  }

  /** Forgets the Txn; nobody will hear of it. */
  abandon(): void {
    for (const attempt of this.#open) this.#outbox.cancel(attempt.call);
    this.#open = [];
    this.#underWay = undefined;
    this.#nextAttemptAtMs = Number.POSITIVE_INFINITY;
  }

  #attempt(nowMs: number): void {
    if (this.#underWay === undefined) return;
    if (this.#open.length >= attemptsOpenMax) {
      const oldest = this.#open.shift();
      if (oldest !== undefined) this.#outbox.cancel(oldest.call);
      this.#uncertain = true;
    }
    const { request, batchWaitMs } = this.#underWay;
    const options =
      this.#sentCount === 0 && batchWaitMs !== undefined
        ? { deadlineMs: attemptDeadlineMs, batchWaitMs }
        : { deadlineMs: attemptDeadlineMs };
    const call: number = this.#outbox.call(request, options, (outcome, atMs) =>
      this.#settled(call, outcome, atMs),
    );
    this.#open.push({ call, sentAtMs: nowMs });
    this.#nextAttemptAtMs = nowMs + this.#attemptTimeoutMs(this.#sentCount);
    this.#sentCount += 1;
  }

  #attemptTimeoutMs(earlier: number): number {
    const timeoutMs = Math.max(attemptTimeoutMsMin, 4 * this.#smoothedRoundTripMs);
    return Math.min(attemptTimeoutMsMax, timeoutMs * 2 ** Math.min(earlier, 5));
  }

  #settled(call: number, outcome: StoreOutcome, nowMs: number): void {
    const attempt = this.#open.find((other) => other.call === call);
    this.#open = this.#open.filter((other) => other.call !== call);
    const underWay = this.#underWay;
    if (underWay === undefined) return;
    if (outcome.type !== "txn") {
      if (outcome.type !== "failed" || outcome.applied === "maybe") this.#uncertain = true;
      const { onFull } = underWay;
      const isFull = outcome.type === "failed" && outcome.full === true;
      if (isFull && onFull !== undefined && !this.#uncertain && this.#open.length === 0) {
        this.abandon();
        onFull(outcome.reason);
        return;
      }
      this.#nextAttemptAtMs = Math.min(this.#nextAttemptAtMs, nowMs + retryAfterErrorMs);
      return;
    }
    if (attempt !== undefined) this.#measure(nowMs - attempt.sentAtMs);
    this.abandon();
    underWay.onAnswer(outcome, nowMs - underWay.firstSentAtMs, nowMs);
  }

  #measure(roundTripMs: number): void {
    this.#smoothedRoundTripMs =
      this.#smoothedRoundTripMs === 0
        ? roundTripMs
        : this.#smoothedRoundTripMs + (roundTripMs - this.#smoothedRoundTripMs) / 8;
  }
}
