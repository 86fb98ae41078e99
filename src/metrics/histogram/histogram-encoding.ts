/**
 * The V2 compressed form of an HdrHistogram (https://github.com/HdrHistogram/HdrHistogram, "V2 encoding"), read
 * straight into its non-zero buckets. The library would make an array of all 18,000 buckets for each: of an
 * hour's recording that is gigabytes to be collected again.
 *
 *   base64 of: int32 cookie, int32 length, zlib of (
 *     int32 cookie, int32 length, int32 offset, int32 digits, int64 lowest, int64 highest, double ratio,
 *     counts as ZigZag LEB128: one per bucket, a negative one for so many empty buckets)
 */
import { inflateSync } from "node:zlib";

const compressedCookie = 0x1c849304;
const plainCookie = 0x1c849303;
const headerBytes = 40;
/** Most fit into one of these; of the 16 KB that zlib takes by itself an hour's recording makes a lot of garbage. */
const chunkSize = 2048;
/** The word size, which only the first version had, is not part of it. */
const cookieMask = ~0xf0;

/** Non-zero buckets: `valuesUs[i]` was seen `counts[i]` times. */
export interface HistogramBuckets {
  readonly valuesUs: Float64Array;
  readonly counts: Float64Array;
}

/** @throws Error when `hdr` is not a V2 compressed histogram. */
export function decodeBuckets(hdr: string): HistogramBuckets {
  const outer = Buffer.from(hdr, "base64");
  if (outer.length < 8 || (outer.readInt32BE(0) & cookieMask) !== compressedCookie) {
    throw new Error("not a V2 compressed histogram");
  }
  const inner = inflateSync(outer.subarray(8, 8 + outer.readInt32BE(4)), { chunkSize });
  if (inner.length < headerBytes || (inner.readInt32BE(0) & cookieMask) !== plainCookie) {
    throw new Error("not a V2 histogram");
  }
  const end = headerBytes + inner.readInt32BE(4);
  if (end > inner.length) throw new Error("the histogram is cut off");
  return readCounts(inner.subarray(headerBytes, end), {
    digits: inner.readInt32BE(12),
    lowest: Number(inner.readBigInt64BE(16)),
  });
}

interface Layout {
  /** Significant decimal digits of a value. */
  readonly digits: number;
  readonly lowest: number;
}

function readCounts(bytes: Buffer, { digits, lowest }: Layout): HistogramBuckets {
  // Of each power of two the upper half of this many sub-buckets is used.
  const halfMagnitude = Math.ceil(Math.log2(2 * 10 ** digits)) - 1;
  const half = 2 ** halfMagnitude;
  const unit = 2 ** Math.floor(Math.log2(Math.max(1, lowest)));
  const valuesUs: number[] = [];
  const counts: number[] = [];
  let at = 0;
  let index = 0;
  while (at < bytes.length) {
    let word = 0;
    let scale = 1;
    for (let byte = 0x80, read = 0; byte >= 0x80; read += 1) {
      byte = bytes[at] ?? 0;
      at += 1;
      if (read === 8) word += byte * scale;
      else word += (byte & 0x7f) * scale;
      if (read === 8) break;
      scale *= 128;
    }
    const count = word % 2 === 0 ? word / 2 : -(word + 1) / 2;
    if (count < 0) {
      index -= count;
      continue;
    }
    if (count > 0) {
      const bucket = Math.floor(index / half) - 1;
      const value = bucket < 0 ? index : ((index % half) + half) * 2 ** bucket;
      valuesUs.push(value * unit);
      counts.push(count);
    }
    index += 1;
  }
  return { valuesUs: Float64Array.from(valuesUs), counts: Float64Array.from(counts) };
}
