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
 */
import type { Outbox, StoreOutcome, TxnOutcome, TxnRequest } from "./store-call.ts";

const ATTEMPT_TIMEOUT_MS_MIN = 100;
const ATTEMPT_TIMEOUT_MS_MAX = 2000;
const ATTEMPTS_OPEN_MAX = 3;
const RETRY_AFTER_ERROR_MS = 20;
/** Longer than three attempt timeouts: a late answer still counts. */
const ATTEMPT_DEADLINE_MS = 8000;

interface UnderWay {
  readonly request: TxnRequest;
  readonly batchWaitMs: number | undefined;
  readonly onAnswer: (outcome: TxnOutcome, tookMs: number, nowMs: number) => void;
  readonly firstSentAtMs: number;
}

interface Attempt {
  readonly call: number;
  readonly sentAtMs: number;
}

export class RetriedTxn {
  private readonly outbox: Outbox;
  private underWay: UnderWay | undefined;
  private open: Attempt[] = [];
  private sentCount = 0;
  private nextAttemptAtMs = Number.POSITIVE_INFINITY;
  private smoothedRoundTripMs = 0;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  get busy(): boolean {
    return this.underWay !== undefined;
  }

  nextWakeMs(): number {
    return this.nextAttemptAtMs;
  }

  /** `batchWaitMs` goes with the first attempt. `tookMs` counts from the first attempt. */
  send(
    request: TxnRequest,
    onAnswer: UnderWay["onAnswer"],
    nowMs: number,
    batchWaitMs?: number,
  ): void {
    if (this.underWay !== undefined) throw new Error("one Txn is under way already");
    this.underWay = { request, batchWaitMs, onAnswer, firstSentAtMs: nowMs };
    this.sentCount = 0;
    this.attempt(nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.nextAttemptAtMs) this.attempt(nowMs);
  }

  /** A new leader: what was sent to the old one may never be answered. */
  leaderChanged(nowMs: number): void {
    this.attempt(nowMs);
  }

  /** Forgets the Txn; nobody will hear of it. */
  abandon(): void {
    for (const attempt of this.open) this.outbox.cancel(attempt.call);
    this.open = [];
    this.underWay = undefined;
    this.nextAttemptAtMs = Number.POSITIVE_INFINITY;
  }

  private attempt(nowMs: number): void {
    if (this.underWay === undefined) return;
    if (this.open.length >= ATTEMPTS_OPEN_MAX) {
      const oldest = this.open.shift();
      if (oldest !== undefined) this.outbox.cancel(oldest.call);
    }
    const { request, batchWaitMs } = this.underWay;
    const options =
      this.sentCount === 0 && batchWaitMs !== undefined
        ? { deadlineMs: ATTEMPT_DEADLINE_MS, batchWaitMs }
        : { deadlineMs: ATTEMPT_DEADLINE_MS };
    const call: number = this.outbox.call(request, options, (outcome, atMs) =>
      this.settled(call, outcome, atMs),
    );
    this.open.push({ call, sentAtMs: nowMs });
    this.nextAttemptAtMs = nowMs + this.attemptTimeoutMs(this.sentCount);
    this.sentCount++;
  }

  private attemptTimeoutMs(earlier: number): number {
    const timeoutMs = Math.max(ATTEMPT_TIMEOUT_MS_MIN, 4 * this.smoothedRoundTripMs);
    return Math.min(ATTEMPT_TIMEOUT_MS_MAX, timeoutMs * 2 ** Math.min(earlier, 5));
  }

  private settled(call: number, outcome: StoreOutcome, nowMs: number): void {
    const attempt = this.open.find((other) => other.call === call);
    this.open = this.open.filter((other) => other.call !== call);
    const { underWay } = this;
    if (underWay === undefined) return;
    if (outcome.type !== "txn") {
      this.nextAttemptAtMs = Math.min(this.nextAttemptAtMs, nowMs + RETRY_AFTER_ERROR_MS);
      return;
    }
    if (attempt !== undefined) this.measure(nowMs - attempt.sentAtMs);
    this.abandon();
    underWay.onAnswer(outcome, nowMs - underWay.firstSentAtMs, nowMs);
  }

  private measure(roundTripMs: number): void {
    this.smoothedRoundTripMs =
      this.smoothedRoundTripMs === 0
        ? roundTripMs
        : this.smoothedRoundTripMs + (roundTripMs - this.smoothedRoundTripMs) / 8;
  }
}
