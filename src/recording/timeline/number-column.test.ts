import { expect, test } from "vitest";
import { ChunkPool, NumberColumn } from "./number-column.ts";
import { Samples } from "./samples.ts";

function column(values: readonly number[], pool?: ChunkPool): number[] {
  const numbers = new NumberColumn(pool);
  for (const value of values) numbers.push(value);
  return values.map((_, index) => numbers.at(index));
}

test("numbers of any kind come out as they went in", () => {
  const chunk = (value: (index: number) => number) =>
    Array.from({ length: 1024 }, (_, at) => value(at));
  const values = [
    ...chunk(() => 0.1),
    ...chunk((at) => at - 500),
    ...chunk((at) => (at * 37) / 1000),
    ...chunk((at) => at * 2 ** 40 + 0.5),
    ...chunk((at) => Math.sqrt(at)),
    ...chunk((at) => (at === 1000 ? 2 ** 31 : at)),
    ...chunk((at) => (at === 1000 ? 2 ** 32 : at)),
    ...chunk((at) => (at === 1000 ? -(2 ** 52) : at)),
    ...chunk((at) => 1e12 + 4096 * (at % 200)),
    ...chunk((at) => -5000.125 + 0.004 * at),
    ...chunk((at) => (at === 5 ? Number.NaN : at)),
    ...chunk((at) => (at === 5 ? Number.POSITIVE_INFINITY : at)),
    7,
    Number.MAX_VALUE,
  ];
  const pool = new ChunkPool();
  expect(column(values, pool)).toEqual(values);
  expect(column(values, pool)).toEqual(values);
  expect(new NumberColumn().at(0)).toBeNaN();
});

test("readings are found from a moment on, and all of them looked at where they are out of order", () => {
  const samples = new Samples();
  for (let t = 0; t < 3000; t += 1) samples.add(t / 2, t);
  expect([...samples.since(1499)][0]).toEqual({ t: 1499, value: 2998 });
  expect([...samples.since(10.2)][0]).toEqual({ t: 10, value: 20 });
  expect([...samples.since(-1)]).toHaveLength(3000);
  expect(samples.within({ startS: 700, endS: 701 })).toEqual([
    { t: 700, value: 1400 },
    { t: 700.5, value: 1401 },
  ]);
  samples.add(700.2, -1);
  expect([...samples.since(1499)]).toHaveLength(3001);
  expect(samples.within({ startS: 700, endS: 701 })).toHaveLength(3);
});
