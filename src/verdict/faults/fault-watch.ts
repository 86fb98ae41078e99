/** What writes went through around faults, in one pass over the ledger and constant memory per fault. */
import type { CommonRecord } from "../../recording/files/ledger-format.ts";

/** Microseconds since run second 0. */
export interface FaultSpan {
  readonly injectedUs: number;
  readonly healedUs: number;
  /** The next fault, or the end of the load. */
  readonly endUs: number;
}

interface Slice {
  attempted: number;
  inTime: number;
}

interface Felt {
  firstAckUs: number | undefined;
  gapUs: number | undefined;
  /** By 100 ms of the intended start, from the injection on. */
  readonly slices: Slice[];
}

const sliceUs = 100_000;
const slicesPerSecond = 10;
/** Recovery is looked for no longer than this. */
const maxSlices = 6_000;
const goodShare = 0.99;

export class FaultWatch {
  readonly #spans: readonly (FaultSpan | undefined)[];
  readonly #felt: readonly Felt[];
  readonly #limitUs: number;
  /** First sending of the operations that have no outcome yet. */
  readonly #open = new Map<number, number>();

  /** @param limitUs From the intended start to the acknowledgement. */
  constructor(spans: readonly (FaultSpan | undefined)[], limitUs: number) {
    this.#spans = spans;
    this.#felt = spans.map(() => ({ firstAckUs: undefined, gapUs: undefined, slices: [] }));
    this.#limitUs = limitUs;
  }

  attempted(record: Readonly<CommonRecord>): void {
    const { atUs, intendedUs } = record;
    this.#open.set(operationKey(record), atUs);
    this.#eachSlice(intendedUs, (slice) => {
      slice.attempted += 1;
    });
  }

  ended(record: Readonly<CommonRecord>, ok: boolean): void {
    const { atUs, intendedUs } = record;
    const key = operationKey(record);
    const sentUs = this.#open.get(key);
    this.#open.delete(key);
    if (ok && atUs - intendedUs <= this.#limitUs) {
      this.#eachSlice(intendedUs, (slice) => {
        slice.inTime += 1;
      });
    }
    if (sentUs === undefined) return;
    for (const [index, span] of this.#spans.entries()) {
      const felt = this.#felt[index];
      if (span === undefined || felt === undefined) continue;
      if (atUs < span.injectedUs || sentUs > Math.min(span.healedUs, span.endUs)) continue;
      felt.gapUs = Math.max(felt.gapUs ?? 0, atUs - Math.max(sentUs, span.injectedUs));
      if (!ok || sentUs < span.injectedUs) continue;
      felt.firstAckUs = Math.min(felt.firstAckUs ?? atUs, atUs);
    }
  }

  /** Run seconds; null where nothing of the kind was seen. */
  effectOf(index: number) {
    const felt = this.#felt[index];
    const span = this.#spans[index];
    if (felt === undefined || span === undefined) {
      return { firstAckAtS: null, gapS: null, recoveredAtS: null };
    }
    const recovered = firstGoodSecond(felt.slices);
    return {
      firstAckAtS: felt.firstAckUs === undefined ? null : felt.firstAckUs / 1e6,
      gapS: felt.gapUs === undefined ? null : felt.gapUs / 1e6,
      recoveredAtS: recovered === undefined ? null : (span.injectedUs + recovered * sliceUs) / 1e6,
    };
  }

  #eachSlice(intendedUs: number, change: (slice: Slice) => void): void {
    for (const [index, span] of this.#spans.entries()) {
      if (span === undefined || intendedUs < span.injectedUs || intendedUs >= span.endUs) continue;
      const at = Math.floor((intendedUs - span.injectedUs) / sliceUs);
      const slices = this.#felt[index]?.slices;
      if (slices === undefined || at >= maxSlices) continue;
      while (slices.length <= at) slices.push({ attempted: 0, inTime: 0 });
      const slice = slices[at];
      if (slice !== undefined) change(slice);
    }
  }
}

const sequences = 2 ** 21;

/** One number for up to 16 million players, whose devices have no two million operations open at a time. */
function operationKey({ player, device, sequence }: Readonly<CommonRecord>): number {
  return (player * 256 + device) * sequences + (sequence % sequences);
}

function firstGoodSecond(slices: readonly Slice[]): number | undefined {
  for (let from = 0; from + slicesPerSecond <= slices.length; from += 1) {
    const second = slices.slice(from, from + slicesPerSecond);
    const attempted = second.reduce((sum, slice) => sum + slice.attempted, 0);
    const inTime = second.reduce((sum, slice) => sum + slice.inTime, 0);
    if (attempted > 0 && inTime >= goodShare * attempted) return from;
  }
  return undefined;
}
