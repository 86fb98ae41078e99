/** Bounds and paces of an owner's log and table; a simulation of a small world shrinks them. */
import { recordBytesMax } from "../format/record.ts";

/** Operations wait at most so long for a gateway, a base or a record. */
export const queueAgeMsMax = 3000;

export interface LogLimits {
  /** Beyond so many bytes of untrimmed records, sessions are folded and records trimmed. */
  readonly foldTailBytes: number;
  /** At so many, no record is sent until some are trimmed. */
  readonly tailBytesMax: number;
  /** Bases of one fold; `foldSessionsMax` when the tail is far beyond its bound. */
  readonly foldSessions: number;
  readonly foldSessionsMax: number;
  readonly foldBytesMax: number;
  /** Between two folds; it shrinks to nothing as the tail grows beyond its bound. */
  readonly foldPauseMs: number;
  /** Records of one trim: etcd deletes them one by one, before the next write. */
  readonly trimRecordsMax: number;
  /** Bases read at once. */
  readonly loadSessions: number;
  readonly sweepPage: number;
  readonly sweepPauseMs: number;
  /** Sessions of a partition whose state is in memory. */
  readonly heldSessionsMax: number;
  /** Sessions of a partition, those of which only the name is in memory included. */
  readonly knownSessionsMax: number;
  readonly compactBehindMs: number;
  readonly compactEveryMs: number;
  /** Between two hand-overs of a gateway that is not stopping. */
  readonly handOverIntervalMs: number;
  /** A record is due at so many queued bytes, also before its time. */
  readonly flushBytes: number;
  /** A record's bytes while commits are fast, and at most. */
  readonly recordBytesFast: number;
  readonly recordBytesMax: number;
  readonly queueBytesMax: number;
  readonly queueAgeMsMax: number;
}

export const defaultLogLimits: LogLimits = {
  foldTailBytes: 4 * 1024 * 1024,
  tailBytesMax: 16 * 1024 * 1024,
  foldSessions: 32,
  foldSessionsMax: 100,
  foldBytesMax: 256 * 1024,
  foldPauseMs: 200,
  trimRecordsMax: 256,
  loadSessions: 64,
  sweepPage: 128,
  sweepPauseMs: 10,
  heldSessionsMax: 65_536,
  knownSessionsMax: 524_288,
  compactBehindMs: 60_000,
  compactEveryMs: 10_000,
  handOverIntervalMs: 5000,
  flushBytes: 16 * 1024,
  recordBytesFast: 64 * 1024,
  recordBytesMax: recordBytesMax,
  queueBytesMax: 4 * 1024 * 1024,
  queueAgeMsMax: queueAgeMsMax,
};
