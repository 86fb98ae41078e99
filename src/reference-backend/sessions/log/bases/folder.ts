/**
 * Keeps a partition's log short (rules 6 and 18): folds sessions into bases from the oldest record
 * on, trims the records that are covered, and deletes the bases of sessions that are over. One Txn
 * is under way at a time, sent again with the same bytes until its outcome is known.
 *
 * An attempt that was given up may still commit later. It must not undo anything:
 *
 *   fold    compares that the oldest record of then is kept, so it can only commit before the next
 *           trim; and a session is not folded twice between two trims, so that no later base of it
 *           is there to be overwritten, which a trim would rely on.
 *   trim    deletes what committed bases cover, for good.
 *   delete  is of sessions that are over; their ids are not opened again.
 */
import type { WriterCounters } from "../../gateway/session-writer.ts";
import { baseKey, logKey, ownerKey, singleKey } from "../format/keys.ts";
import { ownedAt, recordKept } from "../partition/appender.ts";
import type { KeptRecords } from "../partition/kept-records.ts";
import type { LogLimits } from "../partition/log-limits.ts";
import { RetriedTxn } from "../store/retried-txn.ts";
import type { Outbox, Put, StoredValue, TxnRequest } from "../store/store-call.ts";
import type { Session } from "../table/session.ts";
import { forgottenMax, type SessionTable } from "../table/session-table.ts";

/** A trim takes at least this part of the tail's bound, or as many records as it may. */
const trimsPerTail = 16;
const deletePauseMs = 200;
const blockedMs = 20;
/** Sessions whose bases are asked for because they are to be folded. */
const wantedMax = 100;

export interface FolderOptions {
  readonly partition: number;
  readonly epoch: number;
  readonly limits: LogLimits;
  readonly outbox: Outbox;
  readonly counters: WriterCounters;
  readonly table: SessionTable;
  readonly kept: KeptRecords;
  /** Number of the newest committed record. */
  readonly lastRecord: () => number;
  /** It is to be loaded soon. */
  readonly want: (session: Session) => void;
  /** Whether something waits for the session's base: then it is not deleted now. */
  readonly isWanted: (id: string) => boolean;
  readonly onTrimmed: (nowMs: number) => void;
  readonly onFenced: (owner: StoredValue | undefined, nowMs: number) => void;
  readonly onBug: (reason: string) => void;
}

export class Folder {
  readonly #options: FolderOptions;
  readonly #txn: RetriedTxn;
  readonly #trimBytes: number;
  #foldAtMs = 0;
  #deleteAtMs = 0;
  #deletedSinceTrim = 0;
  #paused = false;
  #ended = false;
  /** Over, and in no kept record. */
  #over: Session[] = [];
  /** Folded or loaded, and perhaps covered by their bases; first in, first looked at. */
  #evictable: Session[] = [];
  #evictableHead = 0;

  constructor(options: FolderOptions) {
    this.#options = options;
    this.#txn = new RetriedTxn(options.outbox);
    this.#trimBytes = options.limits.foldTailBytes / trimsPerTail;
  }

  /** No record may be sent: the tail is as long as it may be. */
  get full(): boolean {
    return this.#options.kept.bytes >= this.#options.limits.tailBytesMax;
  }

  /** A closed session's tombstone is over. */
  sessionOver(session: Session): void {
    session.over = true;
    this.#listOver(session);
  }

  /** It was loaded, and may be unloaded again if nothing becomes of it. */
  loaded(session: Session): void {
    if (session.evictable) return;
    session.evictable = true;
    this.#evictable.push(session);
  }

  tick(nowMs: number): void {
    if (this.#ended) return;
    this.#txn.tick(nowMs);
    this.#evict();
    if (this.#txn.busy || this.#paused) return;
    const { kept } = this.#options;
    kept.advance();
    if (this.#mayDelete && nowMs >= this.#deleteAtMs) this.#deleteBases(nowMs);
    else if (this.#mustTrim) this.#trim(nowMs);
    else if (this.#mustFold && nowMs >= this.#foldAtMs) this.#fold(nowMs);
  }

  nextWakeMs(): number {
    if (this.#ended) return Number.POSITIVE_INFINITY;
    if (this.#txn.busy) return this.#txn.nextWakeMs();
    if (this.#paused) return Number.POSITIVE_INFINITY;
    if (this.#mustTrim) return 0;
    return Math.min(
      this.#mustFold ? this.#foldAtMs : Number.POSITIVE_INFINITY,
      this.#mayDelete ? this.#deleteAtMs : Number.POSITIVE_INFINITY,
    );
  }

  leaderChanged(nowMs: number): void {
    this.#txn.leaderChanged(nowMs);
  }

  /** Begins nothing new. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  end(): void {
    this.#ended = true;
    this.#txn.abandon();
  }

  /** How far the tail, or the table, is beyond its bound: 0 not at all, 1 by half of it or more. */
  get #pressure(): number {
    const { kept, limits, table } = this.#options;
    const uncovered = kept.bytes - kept.coveredBytes;
    const byTail = (uncovered - limits.foldTailBytes) / (limits.foldTailBytes / 2);
    const byTable = (table.held - limits.heldSessionsMax) / (limits.heldSessionsMax / 2);
    return Math.max(0, Math.min(1, Math.max(byTail, byTable)));
  }

  #listOver(session: Session): void {
    if (!session.over || session.listedOver || session.lastRecord >= this.#options.kept.oldest)
      return;
    session.listedOver = true;
    this.#over.push(session);
  }

  get #mustFold(): boolean {
    return this.full || this.#pressure > 0;
  }

  get #mustTrim(): boolean {
    const { kept, limits } = this.#options;
    if (kept.covered === 0) return false;
    return (
      this.full || kept.coveredBytes >= this.#trimBytes || kept.covered >= limits.trimRecordsMax
    );
  }

  get #mayDelete(): boolean {
    const { complete } = this.#options.table;
    return this.#over.length > 0 && complete && this.#deletedSinceTrim < forgottenMax;
  }

  #fold(nowMs: number): void {
    const { limits, kept, partition, table } = this.#options;
    const n = this.#options.lastRecord();
    const pressure = this.#pressure;
    const countMax = pressure < 1 ? limits.foldSessions : limits.foldSessionsMax;
    this.#foldAtMs = nowMs + blockedMs;
    const sessions = new Set<Session>();
    const puts: Put[] = [];
    let bytes = 0;
    let wanted = 0;
    for (const session of kept.uncovered()) {
      if (sessions.has(session)) continue;
      if (session.foldedAtOldest === kept.oldest) {
        // It was folded since the last trim: trim first, see above.
        if (puts.length === 0) this.#trim(nowMs);
        break;
      }
      if (!table.loadFromTail(session)) {
        this.#options.want(session);
        wanted += 1;
        if (wanted >= wantedMax) break;
        continue;
      }
      const value = table.encodeBase(session, n);
      bytes += value.length;
      if (bytes > limits.foldBytesMax && puts.length > 0) break;
      sessions.add(session);
      puts.push({ key: baseKey(partition, session.id), value });
      if (puts.length >= countMax) break;
    }
    if (puts.length === 0) return;
    for (const session of sessions) session.foldedAtOldest = kept.oldest;
    const compares = [recordKept(partition, kept.oldest)];
    this.#send({ compares, puts, deletes: [] }, nowMs, (tookMs, atMs) => {
      this.#foldAtMs =
        atMs + (pressure < 1 ? Math.max(tookMs, (1 - pressure) * limits.foldPauseMs) : 0);
      this.#options.counters.folds += 1;
      this.#options.counters.baseBytes += bytes;
      for (const session of sessions) {
        session.baseRecord = n;
        this.loaded(session);
      }
    });
  }

  #trim(nowMs: number): void {
    const { kept, partition, limits, counters } = this.#options;
    const count = Math.min(kept.covered, limits.trimRecordsMax);
    if (count === 0) return;
    const compares = [recordKept(partition, this.#options.lastRecord())];
    const deletes = [{ start: logKey(partition, 0), end: logKey(partition, kept.oldest + count) }];
    this.#send({ compares, puts: [], deletes }, nowMs, (_tookMs, atMs) => {
      counters.trimmedRecords += count;
      this.#deletedSinceTrim = 0;
      for (const session of kept.trim(count)) this.#listOver(session);
      this.#options.onTrimmed(atMs);
    });
  }

  #deleteBases(nowMs: number): void {
    this.#deleteAtMs = nowMs + deletePauseMs;
    const { partition, table, limits, kept } = this.#options;
    const sessions = this.#over.slice(0, limits.foldSessions);
    if (sessions.some(({ id }) => this.#options.isWanted(id))) return;
    this.#over = this.#over.slice(sessions.length);
    const compares = [recordKept(partition, kept.oldest)];
    const deletes = sessions.map(({ id }) => singleKey(baseKey(partition, id)));
    this.#send({ compares, puts: [], deletes }, nowMs, (_tookMs, atMs) => {
      this.#deleteAtMs = atMs + deletePauseMs;
      this.#deletedSinceTrim += sessions.length;
      for (const session of sessions) table.forget(session);
    });
  }

  #send(
    { compares, puts, deletes }: Pick<TxnRequest, "compares" | "puts" | "deletes">,
    nowMs: number,
    committed: (tookMs: number, atMs: number) => void,
  ): void {
    const { partition, epoch } = this.#options;
    this.#txn.send(
      {
        type: "txn",
        compares: [ownedAt(partition, epoch), ...compares],
        puts,
        deletes,
        gets: [ownerKey(partition)],
      },
      ({ succeeded, found: [owner] }, tookMs, atMs) => {
        if (succeeded) {
          committed(tookMs, atMs);
        } else if (owner?.modRevision !== epoch) {
          this.#options.onFenced(owner, atMs);
        } else {
          this.#options.onBug(
            `a record of partition ${partition} that must be kept is gone, though epoch ${epoch} still owns it`,
          );
        }
      },
      nowMs,
    );
  }

  /** Unloads what was folded or loaded longest ago, until the table is within its bound. */
  #evict(): void {
    const { table, limits } = this.#options;
    while (table.held > limits.heldSessionsMax && this.#evictableHead < this.#evictable.length) {
      const session = this.#evictable[this.#evictableHead];
      this.#evictableHead += 1;
      if (session === undefined) break;
      session.evictable = false;
      if (table.mayUnload(session)) table.unload(session);
    }
    if (this.#evictableHead * 2 < this.#evictable.length) return;
    this.#evictable = this.#evictable.slice(this.#evictableHead);
    this.#evictableHead = 0;
  }
}
