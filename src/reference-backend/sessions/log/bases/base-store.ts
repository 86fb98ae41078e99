/**
 * What an owned partition has in the store besides new records: bases that are read when they are
 * needed, all of them in the background after a takeover, and those that are written, so that the
 * log stays short. It fills the table, and knows when a store contradicts itself.
 */
import type { Answer, AnswerSink, SubmittedOperation } from "../../gateway/session-writer.ts";
import { decodeBase, decodeBaseHeader } from "../format/base.ts";
import type { Session } from "../table/session.ts";
import type { SessionLifetimes } from "../table/session-lifetimes.ts";
import { BaseLoader, type BaseLoaderOptions } from "./base-loader.ts";
import { BaseSweep } from "./base-sweep.ts";
import { Folder, type FolderOptions } from "./folder.ts";

export interface BaseStoreOptions
  extends Omit<FolderOptions, "want" | "isWanted">,
    Pick<BaseLoaderOptions, "onReleased"> {
  readonly lifetimes: SessionLifetimes;
  /** A session that `want` asked for is loaded. */
  readonly onLoaded: (session: Session, nowMs: number) => void;
}

export class BaseStore {
  readonly #options: BaseStoreOptions;
  readonly #loader: BaseLoader;
  readonly #sweep: BaseSweep;
  readonly #folder: Folder;

  constructor(options: BaseStoreOptions) {
    this.#options = options;
    const { partition, epoch, outbox, limits } = options;
    this.#loader = new BaseLoader({
      partition,
      epoch,
      outbox,
      loadSessions: limits.loadSessions,
      onRead: (id, base, nowMs) => this.#baseRead(id, base, nowMs),
      onReleased: options.onReleased,
      onFenced: options.onFenced,
    });
    this.#sweep = new BaseSweep({
      partition,
      outbox,
      page: limits.sweepPage,
      pauseMs: limits.sweepPauseMs,
      onBase: (id, base, nowMs) => this.#baseSwept(id, base, nowMs),
      onDone: () => this.#swept(),
    });
    this.#folder = new Folder({
      ...options,
      want: ({ id }) => this.#loader.want(id),
      isWanted: (id) => this.#loader.isWanted(id),
    });
  }

  /** No record may be sent now. */
  get full(): boolean {
    return this.#folder.full;
  }

  /** Operations that wait for a base. */
  get waiting(): number {
    return this.#loader.waiting;
  }

  /** Something waits for the session's base already; what comes later must wait behind it. */
  isWanted(id: string): boolean {
    return this.#loader.isWanted(id);
  }

  want(session: Session): void {
    this.#loader.want(session.id);
  }

  /** False when no more can wait. */
  hold(operation: SubmittedOperation, sink: AnswerSink, nowMs: number): boolean {
    return this.#loader.hold(operation, sink, nowMs);
  }

  sessionOver(session: Session): void {
    this.#folder.sessionOver(session);
  }

  /** Returns how many operations were answered because they waited too long. */
  tick(nowMs: number): number {
    const reason = "the session's base could not be read in time";
    const expired = this.#loader.expire(nowMs, { outcome: "fail", reason });
    this.#sweep.tick(nowMs);
    this.#folder.tick(nowMs);
    this.#loader.tick(nowMs);
    return expired;
  }

  nextWakeMs(): number {
    const readMs = Math.min(this.#loader.nextWakeMs(), this.#sweep.nextWakeMs());
    return Math.min(readMs, this.#folder.nextWakeMs());
  }

  leaderChanged(nowMs: number): void {
    this.#folder.leaderChanged(nowMs);
  }

  pause(): void {
    this.#folder.pause();
  }

  resume(): void {
    this.#folder.resume();
  }

  /** Returns how many operations got `answer`. */
  end(answer: Omit<Answer, "ref">): number {
    this.#sweep.end();
    this.#folder.end();
    return this.#loader.end(answer);
  }

  #baseRead(id: string, bytes: Uint8Array | undefined, nowMs: number): void {
    const { table, lifetimes, lastRecord, partition } = this.#options;
    const known = table.find(id);
    if (known?.state !== undefined) return;
    if (bytes === undefined) {
      if (known === undefined) return;
      throw this.#noBase(id);
    }
    const base = decodeBase(id, bytes);
    if (base.n > lastRecord()) {
      throw new Error(
        `the base of session ${id} names record ${base.n}, partition ${partition} ends with ${lastRecord()}`,
      );
    }
    const session = known ?? table.addFromBase(id, base.closed, base.n);
    if (known === undefined) lifetimes.file(session, nowMs);
    table.load(session, base);
    this.#folder.loaded(session);
    this.#options.onLoaded(session, nowMs);
  }

  /**
   * A session that was never in memory here has the base that was read: nobody else writes any. Of
   * the others more is known already.
   */
  #baseSwept(id: string, bytes: Uint8Array, nowMs: number): void {
    const { table, lifetimes, limits, lastRecord } = this.#options;
    const { closed, n } = decodeBaseHeader(bytes);
    // A successor's: this owner hears of it soon.
    if (n > lastRecord()) return;
    const known = table.find(id);
    if (known === undefined) {
      lifetimes.file(table.addFromBase(id, closed, n), nowMs);
    } else if (needsBase(known)) {
      known.baseRecord = n;
      if (table.held < limits.heldSessionsMax) this.#baseRead(id, bytes, nowMs);
    }
  }

  #swept(): void {
    const { table } = this.#options;
    // The sweep does not look at the owner: where a successor wrote or deleted a base meanwhile, one is
    // missing here. A read that does look tells that from a broken store.
    for (const session of table.all()) {
      if (needsBase(session) && session.baseRecord < 0) this.want(session);
    }
    table.complete = true;
  }

  #noBase(id: string): Error {
    return new Error(
      `session ${id} of partition ${this.#options.partition} has no base, and the log does not begin with its opening`,
    );
  }
}

/** It is in the tail of the takeover, not from its opening on, and was not in memory yet. */
function needsBase({ tailFirst, tailOpens }: Session): boolean {
  return tailFirst >= 0 && !tailOpens;
}
