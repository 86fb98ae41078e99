/**
 * Looks at three clocks once a second while a run goes on, and tells what the axis of the run can't show:
 *
 *   wall       may be set, and goes on while the machine sleeps
 *   boot       can't be set, and goes on while the machine sleeps
 *   monotonic  can't be set, and stands still while the machine sleeps; the axis is made of it
 *
 * Wall against boot is a step of the wall clock, boot against monotonic a sleep of the machine. NTP's slews move
 * all three alike. A look that comes late is hunt's own standstill: Ctrl-Z, a container without CPU.
 */
import type { ClockEvent } from "../../recording/timeline/clock-events.ts";

export interface MachineClocks {
  wallMs(): number;
  monotonicMs(): number;
  /** Undefined where the machine does not tell it. */
  bootMs(): number | undefined;
}

export interface ClockWatchOptions {
  readonly clocks: MachineClocks;
  /** Run second 0 by the monotonic clock. */
  readonly startMs: number;
  readonly tell: (event: ClockEvent) => void;
}

const everyMs = 1_000;
/** A look that is less late than this is a busy machine's. */
const lateFromMs = 2_000;
/** Of clocks that are read one after the other, one of them in steps of 10 ms. */
const differsFromMs = 100;
/** Clocks that were not read within this time can't be compared: hunt lost its processor in between. */
const togetherMs = 20;
const tries = 3;

interface Look {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly bootMs: number | undefined;
  /** False: the processor was lost between two of them, each time. */
  readonly comparable: boolean;
}

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  #last: Look;
  /** What the clocks are compared with; older than the last look when that was not comparable. */
  #compared: Look | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#last = this.#read();
    this.#compared = this.#last.comparable ? this.#last : undefined;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), everyMs);
  }

  look(): void {
    const before = this.#last;
    const now = this.#read();
    this.#last = now;
    const passedMs = now.monotonicMs - before.monotonicMs;
    if (passedMs >= everyMs + lateFromMs) this.#stoodStill("hunt", before, now, passedMs);
    if (!now.comparable) return;
    if (this.#compared !== undefined) this.#compare(this.#compared, now);
    this.#compared = now;
  }

  /** After one more look. Idempotent. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.look();
  }

  #compare(before: Look, now: Look): void {
    const passedMs = now.monotonicMs - before.monotonicMs;
    const known = before.bootMs !== undefined && now.bootMs !== undefined;
    const sleptMs = known ? now.bootMs - before.bootMs - passedMs : 0;
    if (sleptMs >= differsFromMs) this.#stoodStill("machine", before, now, sleptMs);
    const slept = sleptMs >= differsFromMs ? sleptMs : 0;
    const steppedMs = now.wallMs - before.wallMs - passedMs - slept;
    if (Math.abs(steppedMs) < differsFromMs) return;
    const unsure = !known && steppedMs > 0;
    this.#options.tell({
      t: this.#secondOf(now),
      kind: "clock-step",
      byS: seconds(steppedMs),
      ...(unsure ? { detail: "or the machine slept: this system does not tell" } : {}),
    });
  }

  #stoodStill(who: "hunt" | "machine", before: Look, now: Look, ms: number): void {
    this.#options.tell({
      t: this.#secondOf(before),
      kind: "standstill",
      who,
      untilS: this.#secondOf(now),
      forS: seconds(ms),
    });
  }

  #secondOf({ monotonicMs }: Look): number {
    return seconds(monotonicMs - this.#options.startMs);
  }

  #read(): Look {
    const { clocks } = this.#options;
    for (let left = tries; ; left -= 1) {
      const monotonicMs = clocks.monotonicMs();
      const [wallMs, bootMs] = [clocks.wallMs(), clocks.bootMs()];
      const comparable = clocks.monotonicMs() - monotonicMs < togetherMs;
      if (comparable || left === 1) return { monotonicMs, wallMs, bootMs, comparable };
    }
  }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
