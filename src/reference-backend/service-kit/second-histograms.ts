/**
 * HDR histograms per wall-clock second, kept for the last 10 completed seconds (docs/services.md).
 * Histograms are reused: recording allocates nothing, a second is encoded when somebody asks for it.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";

const keptS = 10;
const highestUs = 60_000_000;

export interface HistogramsDocument {
  readonly unit: "us";
  readonly seconds: readonly {
    readonly atUnixS: number;
    /** HdrHistogram V2 compressed, base64; a name without a value in that second is absent. */
    readonly histograms: Readonly<Record<string, string>>;
  }[];
}

interface Slot {
  atUnixS: number;
  readonly histogram: Histogram;
  encoded: string | undefined;
}

export class SecondHistograms {
  readonly #series = new Map<string, Slot[]>();
  readonly #nowMs: () => number;

  constructor(names: readonly string[], nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
    for (const name of names) this.#series.set(name, Array.from({ length: keptS + 1 }, newSlot));
  }

  /** Counts `us` in the second that it is now. @throws RangeError for a name that was not declared. */
  record(name: string, us: number): void {
    const atUnixS = Math.floor(this.#nowMs() / 1000);
    const slot = this.#series.get(name)?.[atUnixS % (keptS + 1)];
    if (slot === undefined) throw new RangeError(`no histogram is named ${name}`);
    if (slot.atUnixS !== atUnixS) {
      slot.histogram.reset();
      slot.atUnixS = atUnixS;
      slot.encoded = undefined;
    }
    slot.histogram.recordValue(Math.min(highestUs, Math.max(1, Math.round(us))));
  }

  /** The completed seconds after `afterUnixS`, oldest first. */
  completed(afterUnixS: number): HistogramsDocument {
    const nowUnixS = Math.floor(this.#nowMs() / 1000);
    const first = Math.max(afterUnixS + 1, nowUnixS - keptS);
    const seconds = [];
    for (let atUnixS = first; atUnixS < nowUnixS; atUnixS += 1) {
      const histograms: Record<string, string> = {};
      for (const [name, slots] of this.#series) {
        const slot = slots[atUnixS % (keptS + 1)];
        if (slot?.atUnixS !== atUnixS) continue;
        slot.encoded ??= encodeIntoCompressedBase64(slot.histogram);
        histograms[name] = slot.encoded;
      }
      if (Object.keys(histograms).length > 0) seconds.push({ atUnixS, histograms });
    }
    return { unit: "us", seconds };
  }
}

function newSlot(): Slot {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: 3,
  });
  return { atUnixS: 0, histogram, encoded: undefined };
}
