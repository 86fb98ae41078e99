/** Which second of a recording is shown: the newest one of a run that goes on, or that of a replay. */

export class WatchClock {
  /** Undefined follows what is written. */
  readonly #speed: number | undefined;
  #replayedS = 0;
  #atMs: number | undefined;

  constructor(speed: number | undefined) {
    this.#speed = speed;
  }

  /** @param held The view is held: a replay stands still with it. */
  tick(nowMs: number, held: boolean): void {
    if (!held && this.#atMs !== undefined) {
      this.#replayedS += ((nowMs - this.#atMs) / 1000) * (this.#speed ?? 0);
    }
    this.#atMs = nowMs;
  }

  /** A replay goes on from where the operator let go of it. */
  jump(toS: number): void {
    this.#replayedS = toS;
  }

  /** The newest second that may be shown. */
  newest(lastS: number): number {
    return this.#speed === undefined ? lastS : Math.min(lastS, this.#replayedS);
  }
}
