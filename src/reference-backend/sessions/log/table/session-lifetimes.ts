/**
 * How long the sessions of an owned partition live (rule 15): which ones have shown no life for the
 * time to live and are to be closed, and which closed ones are old enough to be forgotten. It starts
 * at the takeover and knows nothing from before it, so a takeover gives everybody a full time.
 *
 *   opened --alive--> due --no life--> closing --committed--> tombstone --due--> forgotten
 *      ^               |                  |
 *      '--- alive -----'---- refused -----'
 */
import { ExpiryWheel } from "./expiry-wheel.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session-table.ts";

/** Looked at in one tick of the core: a fraction of a millisecond. */
const lookedAtMax = 1024;

export interface LifetimeOptions {
  /** Without an operation or keep-alive, a session is closed after this, at most 1/32 later. */
  readonly sessionTtlMs: number;
  /** How long a closed session's dedup windows are kept. */
  readonly tombstoneMs: number;
}

export class SessionLifetimes {
  readonly #table: SessionTable;
  readonly #open: ExpiryWheel;
  readonly #tombstones: ExpiryWheel;

  constructor(table: SessionTable, options: LifetimeOptions, nowMs: number) {
    this.#table = table;
    this.#open = new ExpiryWheel(options.sessionTtlMs);
    this.#tombstones = new ExpiryWheel(options.tombstoneMs);
    for (const session of table.all()) this.file(session, nowMs);
  }

  /** What a session that shows life now remembers. */
  aliveTick(nowMs: number): number {
    return this.#open.tickAt(nowMs);
  }

  /** A session that was just found: its time begins. */
  file({ id, aliveTick }: Session, nowMs: number): void {
    if (aliveTick === undefined) this.closed(id, nowMs);
    else this.opened(id, nowMs);
  }

  opened(id: string, nowMs: number): void {
    this.#open.add(id, this.#open.dueTick(this.aliveTick(nowMs)));
  }

  closed(id: string, nowMs: number): void {
    this.#tombstones.add(id, this.#tombstones.dueTick(this.#tombstones.tickAt(nowMs)));
  }

  /** Its closing was not committed: it is due again soon. */
  stillOpen(id: string, nowMs: number): void {
    this.#open.add(id, this.aliveTick(nowMs) + 1);
  }

  /** When `takeOver` or, if more may be closed, `takeIdle` has work. */
  nextWakeMs(mayClose: boolean): number {
    const forgetMs = this.#tombstones.nextDueMs();
    return mayClose ? Math.min(forgetMs, this.#open.nextDueMs()) : forgetMs;
  }

  /** At most `max` sessions to close now; no more is known of them until `closed` or `stillOpen`. */
  takeIdle(nowMs: number, max: number): string[] {
    const nowTick = this.aliveTick(nowMs);
    const idle: string[] = [];
    for (let looked = 0; looked < lookedAtMax && idle.length < max; looked += 1) {
      const id = this.#open.takeDue(nowTick);
      if (id === undefined) break;
      const session = this.#table.find(id);
      if (session?.aliveTick === undefined) continue;
      const aliveTick = session.outstanding === undefined ? session.aliveTick : nowTick;
      const dueTick = this.#open.dueTick(aliveTick);
      if (dueTick <= nowTick) idle.push(id);
      else this.#open.add(id, dueTick);
    }
    return idle;
  }

  /** Closed sessions whose tombstones are over. */
  takeOver(nowMs: number): Session[] {
    const nowTick = this.#tombstones.tickAt(nowMs);
    const over: Session[] = [];
    while (over.length < lookedAtMax) {
      const id = this.#tombstones.takeDue(nowTick);
      if (id === undefined) break;
      const session = this.#table.find(id);
      if (session !== undefined) over.push(session);
    }
    return over;
  }
}
