/**
 * What the gateway needs of a design's write path, and nothing more: `naive`, `delta` and `log`
 * implement it, the gateway serves the same API over each.
 *
 * Operations are flat objects of numbers (no nested payload), because 8,000 of them pass through
 * here each second on a core that is shared with everything else.
 */

/** As in a record (docs/session-log-format.md). */
export const operationKinds = {
  sessionOpened: 1,
  digStarted: 2,
  tilesRevealed: 3,
  lootClaimed: 4,
  sessionClosed: 5,
} as const;

export type OperationKind = (typeof operationKinds)[keyof typeof operationKinds];

/** Device of the closings that a gateway writes by its own clock; players' devices count from 1. */
export const gatewayDevice = 0;

/** One operation of a player, named by (session, device, sequence). */
export interface Operation {
  readonly session: string;
  readonly device: number;
  readonly sequence: number;
  readonly kind: OperationKind;
  /**
   * The payload in the order of the record format, each an unsigned 32-bit integer, absent ones 0:
   * `session_opened` seed; `dig_started` tile, tool; `tiles_revealed` first tile, mask;
   * `loot_claimed` tile, item, amount.
   */
  readonly field1: number;
  readonly field2: number;
  readonly field3: number;
}

/** An operation as a client sent it. */
export interface SubmittedOperation extends Operation {
  /** Chosen by the client; the answer repeats it. */
  readonly ref: bigint;
}

/** `moved` and `fail` are certain: not applied. `unknown` may have been. */
export type Outcome = "ok" | "fail" | "unknown" | "moved";

export interface Answer {
  readonly ref: bigint;
  readonly outcome: Outcome;
  /** Only with `ok`: the session's revision once the operation was applied, or later. */
  readonly revision?: number;
  /** Only with `moved`: the name of the gateway to send to; "" where nobody is known. */
  readonly owner?: string;
  /** Only with `fail` and `unknown`. */
  readonly reason?: string;
}

/** Receives answers, in any order. It must not call back into the writer. */
export type AnswerSink = (answer: Answer) => void;

export interface WriterHealth {
  readonly ready: boolean;
  readonly waitingFor?: string;
}

export interface SessionWriter {
  /** Answers each operation exactly once, also when it stops. One sink serves any number of them. */
  submit(operation: SubmittedOperation, answer: AnswerSink): void;
  /** The session is alive though it does nothing. */
  keepAlive(session: string): void;
  start(): Promise<void>;
  /** Finishes or refuses what it holds; bounded, 3 s. */
  stop(): Promise<void>;
  health(): WriterHealth;
}

/** Counted by the writer, published by the gateway as `sessions_*_total` (docs/services.md). */
export interface WriterCounters {
  /** Operations of players whose effect was committed, once each. */
  applied: number;
  /** Operations answered ok, or joined, because the same triple was known. */
  duplicate: number;
  refused: number;
  unknown: number;
  records: number;
  recordBytes: number;
  /** Now, not a total. */
  queueBytes: number;
  takeovers: number;
  /** Also: appends of `delta` that found another gateway's in their place. */
  fenced: number;
  /** Sessions that the gateway's clock closed. */
  closed: number;
  /** Txns that wrote bases, and the bytes of these. */
  folds: number;
  baseBytes: number;
  trimmedRecords: number;
  /** Now: bytes of the records that are not trimmed. */
  tailBytes: number;
  /** Now: sessions whose state is in memory. */
  held: number;
}

export function newWriterCounters(): WriterCounters {
  return {
    applied: 0,
    duplicate: 0,
    refused: 0,
    unknown: 0,
    records: 0,
    recordBytes: 0,
    queueBytes: 0,
    takeovers: 0,
    fenced: 0,
    closed: 0,
    folds: 0,
    baseBytes: 0,
    trimmedRecords: 0,
    tailBytes: 0,
    held: 0,
  };
}
