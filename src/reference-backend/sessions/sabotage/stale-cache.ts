/**
 * The planted bug `stale-cache`: of ten advances of a state that was read before, the proxy misses one, and
 * goes on to answer with the JSON that it made before, until the session's next operation.
 */
import { type CacheEntry, StateCache } from "../proxy/designs/state-cache.ts";

const missedOneIn = 10;

export class StaleCache extends StateCache {
  readonly #onStrike: () => void;
  #advances = 0;
  #removing = false;

  constructor(bytesMax: number, onStrike: () => void) {
    super(bytesMax);
    this.#onStrike = onStrike;
  }

  override changed(entry: CacheEntry): void {
    if (entry.json !== undefined && !this.#removing) {
      this.#advances += 1;
      if (this.#advances % missedOneIn === 0) {
        this.#onStrike();
        return;
      }
    }
    super.changed(entry);
  }

  /** What an entry held is counted off as ever. */
  override remove(session: string): void {
    this.#removing = true;
    super.remove(session);
    this.#removing = false;
  }
}
