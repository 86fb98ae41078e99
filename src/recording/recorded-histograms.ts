/**
 * The histograms of `latency.hlog`. A day has a million of them, gigabytes when decoded, so what is kept is where
 * each stands in the file, and what those of ten minutes add up to. A window is put together from whole blocks of
 * ten minutes and, at its edges, from the file. What is decoded of a short run stays in memory.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { decodeBuckets, type HistogramBuckets } from "../metrics/histogram/histogram-encoding.ts";
import { LatencyHistogram } from "../metrics/histogram/latency-histogram.ts";
import { joined, type SecondRange, type SecondWindow } from "../metrics/seconds.ts";
import { parseLatencyLine } from "./files/latency-log.ts";
import type { RecordedHistogram } from "./frame-replay.ts";
import { NumberColumn } from "./timeline/number-column.ts";
import type { LinePlace } from "./timeline/recorded-lines.ts";

const blockS = 600;

export interface RecordedHistogramsOptions {
  /** How many buckets stay in memory; 16 bytes each. */
  readonly bucketsKept?: number;
}

/** Ten minutes of a series. */
interface Block {
  /** Of the histograms, as they were read. */
  readonly places: NumberColumn;
  /** What they add up to; undefined once it is in `sum`. */
  adding: Map<number, number> | undefined;
  sum: HistogramBuckets | undefined;
  /** How many of the places are in it. */
  summed: number;
}

interface Series {
  readonly name: string;
  readonly blocks: Map<number, Block>;
  newest: number;
}

export class RecordedHistograms {
  readonly #path: string;
  readonly #bucketsKept: number;
  readonly #series = new Map<string, Series>();
  readonly #bySeries: Series[] = [];
  /** By place. */
  readonly #seriesOf = new NumberColumn();
  readonly #seconds = new NumberColumn();
  readonly #offsets = new NumberColumn();
  readonly #lengths = new NumberColumn();
  readonly #kept: HistogramBuckets[] = [];
  #keptBuckets = 0;

  constructor(path: string, { bucketsKept = 2 ** 19 }: RecordedHistogramsOptions = {}) {
    this.#path = path;
    this.#bucketsKept = bucketsKept;
  }

  get length(): number {
    return this.#seconds.length;
  }

  get series(): readonly string[] {
    return [...this.#series.keys()];
  }

  /** In file order. @throws Error for a line that is neither a histogram nor nothing. */
  addLine(line: string, { offset, length }: LinePlace): void {
    const parsed = parseLatencyLine(line);
    if (parsed === undefined) return;
    const buckets = decodeBuckets(parsed.hdr);
    const place = this.length;
    const series = this.#seriesNamed(parsed.series);
    this.#seriesOf.push(this.#bySeries.indexOf(series));
    this.#seconds.push(parsed.second);
    this.#offsets.push(offset);
    this.#lengths.push(length);
    if (this.#kept.length === place && this.#keptBuckets < this.#bucketsKept) {
      this.#kept.push(buckets);
      this.#keptBuckets += buckets.counts.length;
    }
    addToBlock(series, Math.floor(parsed.second / blockS), place, buckets);
  }

  /** The histogram that was read as that one, from 0 on; undefined when it is of a series that is not wanted. */
  at(place: number, wanted: (series: string) => boolean): RecordedHistogram | undefined {
    const series = this.#bySeries[this.#seriesOf.at(place)]?.name;
    if (series === undefined || !wanted(series)) return undefined;
    using file = new HistogramFile(this.#path);
    return { series, second: this.#seconds.at(place), buckets: this.#buckets(place, file) };
  }

  /** Exact merge over the seconds of the window; empty for a series that does not exist. */
  merged(names: readonly string[], window: SecondWindow): LatencyHistogram {
    const merged = new LatencyHistogram();
    const ranges = joined(window);
    using file = new HistogramFile(this.#path);
    for (const name of names) {
      for (const [number, block] of this.#series.get(name)?.blocks ?? []) {
        const startS = number * blockS;
        const overlaps = ranges.filter(
          (range) => range.startS < startS + blockS && range.endS > startS,
        );
        if (overlaps.length > 0) this.#merge(block, { startS, overlaps }, { merged, file });
      }
    }
    return merged;
  }

  /**
   * Each second of the series that has any, in order. The histogram is used again for the next one.
   * @param wanted Within it.
   */
  *bySecond(
    name: string,
    { startS, endS }: SecondRange,
  ): Generator<{ readonly second: number; readonly histogram: LatencyHistogram }> {
    const blocks = [...(this.#series.get(name)?.blocks ?? [])].sort(([a], [b]) => a - b);
    const histogram = new LatencyHistogram();
    using file = new HistogramFile(this.#path);
    for (const [, block] of blocks) {
      const seconds = Map.groupBy(places(block), (place) => this.#seconds.at(place));
      for (const second of [...seconds.keys()].sort((a, b) => a - b)) {
        if (second < startS || second >= endS) continue;
        histogram.clear();
        for (const place of seconds.get(second) ?? []) histogram.add(this.#buckets(place, file));
        yield { second, histogram };
      }
    }
  }

  #merge(
    block: Block,
    { startS, overlaps }: { readonly startS: number; readonly overlaps: SecondWindow },
    { merged, file }: { readonly merged: LatencyHistogram; readonly file: HistogramFile },
  ): void {
    const isWhole = overlaps.some(
      (range) => range.startS <= startS && range.endS >= startS + blockS,
    );
    let rest = 0;
    if (isWhole && block.sum !== undefined) {
      merged.add(block.sum);
      rest = block.summed;
    }
    for (let index = rest; index < block.places.length; index += 1) {
      const place = block.places.at(index);
      const second = this.#seconds.at(place);
      if (overlaps.some((range) => second >= range.startS && second < range.endS)) {
        merged.add(this.#buckets(place, file));
      }
    }
  }

  #buckets(place: number, file: HistogramFile): HistogramBuckets {
    return this.#kept[place] ?? file.read(this.#offsets.at(place), this.#lengths.at(place));
  }

  #seriesNamed(name: string): Series {
    const found = this.#series.get(name);
    if (found !== undefined) return found;
    const series = { name, blocks: new Map<number, Block>(), newest: Number.NEGATIVE_INFINITY };
    this.#series.set(name, series);
    this.#bySeries.push(series);
    return series;
  }
}

function places(block: Block): number[] {
  return Array.from({ length: block.places.length }, (_, index) => block.places.at(index));
}

/** Late answers to a block that was summed up are read from the file each time: there are few. */
function addToBlock(
  series: Series,
  number: number,
  place: number,
  { valuesUs, counts }: HistogramBuckets,
): void {
  if (number > series.newest) {
    const last = series.blocks.get(series.newest);
    if (last !== undefined) sumUp(last);
    series.newest = number;
  }
  const block = series.blocks.get(number) ?? newBlock();
  series.blocks.set(number, block);
  block.places.push(place);
  const { adding } = block;
  if (adding === undefined) return;
  for (const [index, value] of valuesUs.entries()) {
    adding.set(value, (adding.get(value) ?? 0) + (counts[index] ?? 0));
  }
}

function newBlock(): Block {
  return { places: new NumberColumn(), adding: new Map(), sum: undefined, summed: 0 };
}

function sumUp(block: Block): void {
  const { adding } = block;
  if (adding === undefined) return;
  block.sum = {
    valuesUs: Float64Array.from(adding.keys()),
    counts: Float64Array.from(adding.values()),
  };
  block.summed = block.places.length;
  block.adding = undefined;
}

/** Opened when something is read from it. */
class HistogramFile implements Disposable {
  readonly #path: string;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error when the line does not stand there any more. */
  read(offset: number, length: number): HistogramBuckets {
    this.#file ??= openSync(this.#path, "r");
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, offset);
    const parsed = parseLatencyLine(bytes.toString("latin1"));
    if (parsed === undefined) throw new Error(`${this.#path} changed while it was read`);
    return decodeBuckets(parsed.hdr);
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
