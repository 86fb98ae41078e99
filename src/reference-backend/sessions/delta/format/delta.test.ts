import { expect, test } from "vitest";
import type { Operation } from "../../gateway/session-writer.ts";
import { decodeDelta, deltaBytesMax, encodeDelta } from "./delta.ts";
import { deltaBaseKey, deltaKey, parseDeltaKey, sessionPrefix } from "./delta-keys.ts";

const batch = "0123456789abcdef";

function loot(sequence: number): Operation {
  const fields = { field1: 0xffffffff, field2: 0xffffffff, field3: 0xffffffff };
  return { session: "s", device: 0xffffffff, sequence: 0xffffff00 + sequence, kind: 4, ...fields };
}

test("a delta survives its bytes, with every kind of operation", () => {
  const operations: Operation[] = ([1, 2, 3, 4, 5] as const).map((kind, i) => ({
    session: "s",
    device: 300,
    sequence: i + 1,
    kind,
    field1: kind < 5 ? 7 : 0,
    field2: kind > 1 && kind < 5 ? 0xffffffff : 0,
    field3: kind === 4 ? 9 : 0,
  }));
  const delta = { batchId: batch, revision: 2 ** 40, operations };
  expect(decodeDelta("s", encodeDelta(delta))).toEqual(delta);
});

test("a delta of more than 2 KB is refused", () => {
  const operations = Array.from({ length: 100 }, (_, i) => loot(i));
  expect(() => encodeDelta({ batchId: batch, revision: 1, operations })).toThrow(/at most 2048/);
  const bytes = encodeDelta({ batchId: batch, revision: 1, operations: operations.slice(0, 70) });
  expect(bytes.length).toBeLessThanOrEqual(deltaBytesMax);
});

test("bytes that are no delta are told, wherever they end", () => {
  const bytes = encodeDelta({ batchId: batch, revision: 1, operations: [loot(1)] });
  for (let end = 0; end < bytes.length; end += 1) {
    expect(() => decodeDelta("s", bytes.subarray(0, end))).toThrow(RangeError);
  }
  expect(() => decodeDelta("s", Buffer.concat([bytes, Buffer.from([0])]))).toThrow(RangeError);
  expect(() => decodeDelta("s", Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toThrow(
    "delta version 2, expected 1",
  );
});

test.each(["s-000000017", "a/b", "a%2Fb", "%", "a/000000000001", "ä ö"])(
  "the keys of session %j name it and no other",
  (session) => {
    expect(parseDeltaKey(deltaKey(session, 12))).toEqual({ session, n: 12 });
    expect(parseDeltaKey(deltaBaseKey(session))).toEqual({ session, n: undefined });
    expect(sessionPrefix(session).split("/")).toHaveLength(5);
  },
);

test("a key that is no delta's is nobody's", () => {
  for (const key of ["/hunt/delta/s/1", "/hunt/delta/s/t/base", "/hunt/live/s", "/hunt/delta/s"]) {
    expect(parseDeltaKey(key)).toBeUndefined();
  }
});
