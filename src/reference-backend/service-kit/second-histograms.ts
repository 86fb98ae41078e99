/**
 * HDR histograms per second of the monotonic clock, kept for the last 10 completed seconds (docs/services.md).
 * Histograms are reused: recording allocates nothing, a second is encoded when somebody asks for it.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";

const keptS = 10;
const highestUs = 60_000_000;

export interface HistogramsDocument {
  readonly unit: "us";
  readonly seconds: readonly {
    readonly atMonotonicS: number;
    /** HdrHistogram V2 compressed, base64; a name without a value in that second is absent. */
    readonly histograms: Readonly<Record<string, string>>;
  }[];
}

interface Slot {
  atMonotonicS: number;
  readonly histogram: Histogram;
  encoded: string | undefined;
}

export class SecondHistograms {
  readonly #series = new Map<string, Slot[]>();
  readonly #nowMs: () => number;

  constructor(names: readonly string[], nowMs: () => number = sharedMonotonicMs) {
    this.#nowMs = nowMs;
    for (const name of names) this.#series.set(name, Array.from({ length: keptS + 1 }, newSlot));
  }

  /** Counts `us` in the second that it is now. @throws RangeError for a name that was not declared. */
  record(name: string, us: number): void {
    const atMonotonicS = Math.floor(this.#nowMs() / 1000);
    const slot = this.#series.get(name)?.[atMonotonicS % (keptS + 1)];
    if (slot === undefined) throw new RangeError(`no histogram is named ${name}`);
    if (slot.atMonotonicS !== atMonotonicS) {
      slot.histogram.reset();
      slot.atMonotonicS = atMonotonicS;
      slot.encoded = undefined;
    }
    slot.histogram.recordValue(Math.min(highestUs, Math.max(1, Math.round(us))));
  }

  /** The completed seconds after `afterS`, oldest first. */
  completed(afterS: number): HistogramsDocument {
    const nowS = Math.floor(this.#nowMs() / 1000);
    const first = Math.max(afterS + 1, nowS - keptS);
    const seconds = [];
    for (let atMonotonicS = first; atMonotonicS < nowS; atMonotonicS += 1) {
      const histograms: Record<string, string> = {};
      for (const [name, slots] of this.#series) {
        const slot = slots[atMonotonicS % (keptS + 1)];
        if (slot?.atMonotonicS !== atMonotonicS) continue;
        slot.encoded ??= encodeIntoCompressedBase64(slot.histogram);
        histograms[name] = slot.encoded;
      }
      if (Object.keys(histograms).length > 0) seconds.push({ atMonotonicS, histograms });
    }
    return { unit: "us", seconds };
  }
}

/** `performance.now()` counts from the start of its own process; the difference never changes. */
const processBeganMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The clock that all processes of the machine share and that nobody can set: CLOCK_MONOTONIC on Linux. */
function sharedMonotonicMs(): number {
  return processBeganMs + performance.now();
}

function newSlot(): Slot {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: 3,
  });
  return { atMonotonicS: -1, histogram, encoded: undefined };
}
