/** Reads everything that an index needs from one member, in pages, at one revision (rule 21). */

import type { IndexedDesign, SessionIndex } from "../designs/session-index.ts";
import type { ProxyOutbox, ReadOutcome } from "./proxy-outbox.ts";

const pageKeysFirst = 64;
const pageKeysMax = 2000;
const pageBytes = 1024 * 1024;
const pageDeadlineMs = 5000;

export interface IndexLoadHandlers {
  done(index: SessionIndex, revision: number, nowMs: number): void;
  /** The store could not be read; nothing is under way any more. */
  failed(reason: string, nowMs: number): void;
}

export class IndexLoad {
  readonly #outbox: ProxyOutbox;
  readonly #member: number;
  readonly #design: IndexedDesign;
  readonly #handlers: IndexLoadHandlers;
  readonly #index: SessionIndex;
  #revision = 0;
  #range = 0;
  #nextKey = "";
  #limit = pageKeysFirst;

  constructor(
    outbox: ProxyOutbox,
    member: number,
    design: IndexedDesign,
    handlers: IndexLoadHandlers,
  ) {
    this.#outbox = outbox;
    this.#member = member;
    this.#design = design;
    this.#handlers = handlers;
    this.#index = design.newIndex();
  }

  start(): void {
    const range = this.#design.loaded[this.#range];
    if (range === undefined) return;
    this.#nextKey = range.start;
    this.#limit = pageKeysFirst;
    this.#readPage(range.end);
  }

  #readPage(end: string | undefined): void {
    // The first page is linearizable and tells the revision; the rest are that revision's.
    const revision = this.#revision;
    const limit = this.#limit;
    const range = {
      start: this.#nextKey,
      end,
      limit,
      revision,
      serializable: revision > 0,
      keysOnly: false,
    };
    this.#outbox.read(this.#member, range, pageDeadlineMs, (outcome, nowMs) =>
      this.#pageRead(outcome, end, nowMs),
    );
  }

  /** @throws InconsistentStore */
  #pageRead(outcome: ReadOutcome, end: string | undefined, nowMs: number): void {
    if (outcome.type === "failed") {
      this.#handlers.failed(outcome.reason, nowMs);
      return;
    }
    if (this.#revision === 0) this.#revision = outcome.revision;
    let bytes = 1;
    for (const change of outcome.values) {
      this.#index.apply(change);
      bytes += change.value?.length ?? 0;
      this.#nextKey = `${change.key}\0`;
    }
    const fits = Math.floor((pageBytes * Math.max(1, outcome.values.length)) / bytes);
    this.#limit = Math.min(pageKeysMax, Math.max(1, fits));
    if (outcome.more) {
      this.#readPage(end);
      return;
    }
    this.#range += 1;
    if (this.#range < this.#design.loaded.length) this.start();
    else this.#handlers.done(this.#index, this.#revision, nowMs);
  }
}
