/** JSON bytes per session, the least recently read given up first. */
import type { SessionSnapshot } from "../designs/session-index.ts";

export class ByteCache {
  readonly #entries = new Map<string, SessionSnapshot>();
  readonly #bytesMax: number;
  #held = 0;
  evictions = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#held;
  }

  get(session: string, revision: number): SessionSnapshot | undefined {
    const entry = this.#entries.get(session);
    if (entry === undefined || entry.revision !== revision) return undefined;
    this.#entries.delete(session);
    this.#entries.set(session, entry);
    return entry;
  }

  set(session: string, snapshot: SessionSnapshot): void {
    this.#remove(session);
    this.#entries.set(session, snapshot);
    this.#held += snapshot.bytes.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#held <= this.#bytesMax) return;
      this.#remove(oldest);
      this.evictions += 1;
    }
  }

  #remove(session: string): void {
    this.#held -= this.#entries.get(session)?.bytes.length ?? 0;
    this.#entries.delete(session);
  }
}
