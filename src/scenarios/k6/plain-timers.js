// Timers by a clock in whole milliseconds. None fires early, as k6's own do: when the first of a VU's timers
// is cleared after its time has come and before it has run, k6 v2.2.0 runs the next one in its place,
// however far off that is (`runFirstTask` of internal/js/modules/k6/timers takes whichever is first by then).
export class PlainTimers {
  #nowMs;

  constructor(nowMs) {
    this.#nowMs = nowMs;
  }

  /** Calls `what` once, at that moment or after it. */
  at(atMs, what) {
    const timer = { id: undefined };
    const arm = () => {
      timer.id = setTimeout(
        () => {
          if (this.#nowMs() < Math.floor(atMs)) arm();
          else what();
        },
        Math.max(0, atMs - this.#nowMs()),
      );
    };
    arm();
    return timer;
  }

  /** A timer that has fired, or that there is none of, is no mistake. */
  clear(timer) {
    if (timer !== undefined) clearTimeout(timer.id);
  }
}
