/**
 * Collectors read figures once per second (or less often), each in a chain of its own, so that one that hangs stops
 * no other. They are spread over the second: all at once would be a burst of work in every second,
 * and show in the percentiles that they are there to explain. A reading that fails or takes too long
 * is a gap, never a zero; a note on the timeline says when figures went missing and came back.
 */
import { innerReasonOf } from "../../reason-of.ts";
import type { MetricsSink } from "../sink.ts";

export interface Reading {
  /** Seconds since the run's start, negative before it. */
  readonly t: number;
  /** Run second 0 by the monotonic clock, for readings that come with a time of their own. */
  readonly startMs: number;
  readonly sink: MetricsSink;
  readonly signal: AbortSignal;
}

export interface Collector {
  /** For notes: `metrics of etcd/1`. */
  readonly name: string;
  /** Seconds from one reading to the next, 1 when absent: for what costs the node too much each second. */
  readonly everyS?: number;
  /** Reads everything once. Calls do not overlap. Rejects when there is nothing to be read. */
  read(reading: Reading): Promise<void>;
}

export interface CollectorsOptions {
  readonly sink: MetricsSink;
  /** Run second 0 by the monotonic clock. */
  readonly startMs: number;
  readonly clock: { monotonicMs(): number };
}

export interface RunningCollectors extends AsyncDisposable {
  /** One more reading of everything, now; resolves when all are done or are gaps. */
  sampleNow(): Promise<void>;
  /** No further readings; idempotent. */
  stop(): Promise<void>;
}

const intervalMs = 1_000;
const readingBoundMs = 900;

/** Begins with a first reading of each collector at once. */
export function startCollectors(
  collectors: readonly Collector[],
  options: CollectorsOptions,
): RunningCollectors {
  const stopped = new AbortController();
  const chains = collectors.map(
    (collector) => new ReadingChain(collector, options, stopped.signal),
  );
  const timers = new Set<NodeJS.Timeout>();
  const tick = (chain: ReadingChain, offsetMs: number) => {
    const sinceMs = options.clock.monotonicMs() - options.startMs - offsetMs;
    const everyMs = chain.everyS * intervalMs;
    const dueMs = (Math.floor(sinceMs / everyMs) + 1) * everyMs - sinceMs;
    const timer = setTimeout(() => {
      timers.delete(timer);
      chain.request();
      if (!stopped.signal.aborted) tick(chain, offsetMs);
    }, dueMs);
    timers.add(timer);
  };
  for (const [index, chain] of chains.entries()) {
    chain.request();
    tick(chain, (index * intervalMs) / chains.length);
  }
  const stop = async () => {
    stopped.abort();
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(chains.map((chain) => chain.settled));
  };
  return {
    async sampleNow() {
      await Promise.all(chains.map((chain) => chain.readAgain()));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The readings of one collector, one after the other. */
class ReadingChain {
  settled: Promise<void> = Promise.resolve();
  readonly #collector: Collector;
  readonly #options: CollectorsOptions;
  readonly #stopped: AbortSignal;
  #busy = false;
  #missing = false;

  constructor(collector: Collector, options: CollectorsOptions, stopped: AbortSignal) {
    this.#collector = collector;
    this.#options = options;
    this.#stopped = stopped;
  }

  get everyS(): number {
    return this.#collector.everyS ?? 1;
  }

  /** A reading now, unless the last one is still going on: that second is a gap. */
  request(): void {
    if (!this.#busy && !this.#stopped.aborted) this.settled = this.#read();
  }

  async readAgain(): Promise<void> {
    await this.settled;
    this.request();
    await this.settled;
  }

  async #read(): Promise<void> {
    const { clock, startMs, sink } = this.#options;
    const t = (clock.monotonicMs() - startMs) / 1000;
    this.#busy = true;
    try {
      const signal = AbortSignal.any([this.#stopped, AbortSignal.timeout(readingBoundMs)]);
      await this.#collector.read({ t, startMs, sink, signal });
      if (this.#missing) this.#note(t, "figures again");
      this.#missing = false;
    } catch (error) {
      if (this.#stopped.aborted) return;
      if (!this.#missing) this.#note(t, `no figures: ${whyNot(error)}`);
      this.#missing = true;
    } finally {
      this.#busy = false;
    }
  }

  #note(t: number, text: string): void {
    this.#options.sink.event({ t, kind: "note", text: `${this.#collector.name}: ${text}` });
  }
}

/** `fetch failed` hides what happened in its cause. */
function whyNot(error: unknown): string {
  const late = error instanceof Error && error.name === "TimeoutError";
  return late ? `no answer within ${readingBoundMs} ms` : innerReasonOf(error);
}
