/**
 * Follows the whole session log on one etcd member at a time, from its first record on, and writes what it
 * sees. A member that is lost, or silent, is left for the next one, from the last revision seen: the
 * store keeps its history for a minute, so nothing is missed. What was compacted away meanwhile is read
 * as it stands now and marked as a hole; whether a record is missing then shows in the indexes.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../../../reason-of.ts";
import { type AuditWriter, foreignPlayer } from "../files/audit-file.ts";
import {
  type CallOptions,
  newestRevision,
  readWrittenSince,
  type StoredValue,
  watchPrefix,
} from "./etcd-gateway.ts";
import { decodeLogRecord, type LoggedOperation } from "./log-record.ts";

const prefix = "/hunt/log/";
const keyPattern = /^\/hunt\/log\/(\d{1,5})\/(\d{12})$/;
const sessionPattern = /^s-(\d{9})$/;

/** A member that is paused or cut off keeps its connections: under load silence means that. */
const quietMs = 2_000;
const pauseMs = 100;
const drainPollMs = 20;

export interface LogFollowerOptions {
  /** `host:port` of every member's client port. */
  readonly members: readonly string[];
  readonly audit: AuditWriter;
  /** Milliseconds since the auditor began. */
  readonly nowMs: () => number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export class LogFollower {
  readonly #options: LogFollowerOptions;
  #revision = 0;
  #records = 0;
  #operations = 0;
  #turn = 0;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
  }

  /** What was seen so far, for the log. */
  get seen(): string {
    return `${this.#records} records with ${this.#operations} operations up to revision ${this.#revision}`;
  }

  /** Until the signal aborts. */
  async follow(): Promise<void> {
    const { signal, say } = this.#options;
    while (!signal.aborted) {
      const call = this.#nextCall();
      try {
        say(`follows ${call.address} from revision ${this.#revision + 1}`);
        const { compactRevision } = await watchPrefix(
          prefix,
          this.#revision + 1,
          (values) => this.#take(values),
          call,
        );
        await this.#readOver(compactRevision, call);
      } catch (error) {
        if (signal.aborted) return;
        say(`${call.address}: ${reasonOf(error)}`);
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Resolves when everything up to the newest record of now was seen; false when it was not in time. */
  async drain(withinMs: number): Promise<boolean> {
    const { signal, say, nowMs } = this.#options;
    const untilMs = nowMs() + withinMs;
    let newest: number | undefined;
    while (!signal.aborted && nowMs() < untilMs) {
      const call = this.#nextCall();
      newest ??= await newestRevision(prefix, { ...call, quietMs: 500 }).catch((error: unknown) => {
        say(`${call.address}: ${reasonOf(error)}`);
        return undefined;
      });
      if (newest !== undefined && this.#revision >= newest) return true;
      await sleep(drainPollMs, undefined, { signal }).catch(() => {});
    }
    return false;
  }

  async #readOver(compactRevision: number, call: CallOptions): Promise<void> {
    const from = this.#revision + 1;
    const { values, revision } = await readWrittenSince(prefix, from, call);
    this.#options.say(`revisions ${from} to ${compactRevision - 1} were compacted away`);
    this.#options.audit.hole(from, compactRevision - 1);
    this.#take(values);
    this.#revision = Math.max(this.#revision, revision);
  }

  #nextCall(): CallOptions {
    const { members, signal } = this.#options;
    const address = members[this.#turn % members.length] ?? "";
    this.#turn += 1;
    return { address, quietMs, signal };
  }

  #take(values: readonly StoredValue[]): void {
    for (const value of values) {
      this.#takeOne(value);
      this.#revision = Math.max(this.#revision, value.revision);
    }
  }

  #takeOne({ key, value, revision }: StoredValue): void {
    const { audit, nowMs, say } = this.#options;
    const [, partition, index] = keyPattern.exec(key) ?? [];
    if (partition === undefined || index === undefined) {
      say(`${key} at revision ${revision} is no key of a record`);
      audit.unreadable(0, 0);
      return;
    }
    const place = { partition: Number(partition), index: Number(index) };
    try {
      const { epoch, operations } = decodeLogRecord(value);
      const seenMs = Math.round(nowMs());
      audit.record({ ...place, seenMs, revision, epoch }, operations.map(audited));
      this.#records += 1;
      this.#operations += operations.length;
    } catch (error) {
      say(`${key} at revision ${revision} can't be decoded: ${reasonOf(error)}`);
      audit.unreadable(place.partition, place.index);
    }
  }
}

function audited({ session, device, sequence, kind, digest }: LoggedOperation) {
  const player = sessionPattern.exec(session)?.[1];
  return {
    player: player === undefined ? foreignPlayer : Number(player),
    device,
    sequence,
    kind,
    digest,
  };
}
