/** The last events of a run in words, kept only when the run is told again after it failed. */
const linesMax = 4000;

export class Story {
  /** Look at it before making a line: runs that nobody reads must not pay for words. */
  readonly on: boolean;
  readonly lines: string[] = [];
  readonly #now: () => number;

  constructor(on: boolean, now: () => number) {
    this.on = on;
    this.#now = now;
  }

  tell(line: string): void {
    if (!this.on) return;
    if (this.lines.length >= linesMax) this.lines.shift();
    this.lines.push(`${this.#now().toFixed(1).padStart(9)} ms  ${line}`);
  }
}
