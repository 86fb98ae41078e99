import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  JsHistogram,
} from "hdr-histogram-js";
import { expect, test } from "vitest";
import { decodeBuckets } from "./histogram-encoding.ts";

/** The library's own answer, bucket by bucket. */
function expected(hdr: string) {
  const histogram = decodeFromCompressedBase64(hdr);
  if (!(histogram instanceof JsHistogram)) throw new Error("decoded to WASM");
  const pairs: [number, number][] = [];
  const last = histogram.totalCount === 0 ? -1 : histogram.countsArrayIndex(histogram.maxValue);
  for (let index = 0; index <= last; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count > 0) pairs.push([histogram.valueFromIndex(index), count]);
  }
  return pairs;
}

function decoded(hdr: string) {
  const { valuesUs, counts } = decodeBuckets(hdr);
  return [...valuesUs].map((value, index) => [value, counts[index]]);
}

const layouts = [
  { lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 3 },
  { lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 2 },
  { lowestDiscernibleValue: 1000, numberOfSignificantValueDigits: 3 },
] as const;

test.each(layouts)("every bucket is read as the library reads it: %o", (layout) => {
  const histogram = build({ ...layout, highestTrackableValue: 120_000_000 });
  const [encodeEmpty, samples] = [encodeIntoCompressedBase64(histogram), [0, 1, 2047, 2048, 4095]];
  expect(decoded(encodeEmpty)).toEqual([]);
  for (const value of samples) histogram.recordValue(value);
  for (let value = 3; value < 119_000_000; value = Math.ceil(value * 1.37)) {
    histogram.recordValueWithCount(value, value % 7 === 0 ? 3_000_000_000 : value % 11);
  }
  const hdr = encodeIntoCompressedBase64(histogram);
  expect(decoded(hdr).length).toBeGreaterThan(30);
  expect(decoded(hdr)).toEqual(expected(hdr));
});

test("what is no whole histogram is refused", () => {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  histogram.recordValue(5);
  const hdr = encodeIntoCompressedBase64(histogram);
  expect(() => decodeBuckets("")).toThrow("not a V2");
  expect(() => decodeBuckets(Buffer.from("x".repeat(60)).toString("base64"))).toThrow("not a V2");
  expect(() => decodeBuckets(hdr.slice(0, hdr.length / 2))).toThrow();
});
