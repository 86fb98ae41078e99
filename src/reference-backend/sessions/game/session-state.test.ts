import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Operation, OperationKind } from "../gateway/session-writer.ts";
import { fnv1a32 } from "./fnv1a.ts";
import { operationDigest } from "./operation-digest.ts";
import { applyOperation, initialState, revisionOf, type SessionState } from "./session-state.ts";
import { stateFromJson, stateToJson } from "./state-json.ts";

interface Vector {
  device: number;
  sequence: number;
  kind: OperationKind;
  fields: [number, number, number];
  digest: number;
}
const vectorsFile = new URL("../../../../test/fixtures/operation-digest.json", import.meta.url);
const vectors = JSON.parse(readFileSync(vectorsFile, "utf8")) as Vector[];

function operation(
  kind: OperationKind,
  sequence: number,
  [field1 = 0, field2 = 0, field3 = 0]: number[] = [],
  device = 1,
): Operation {
  return { session: "s-000000017", device, sequence, kind, field1, field2, field3 };
}

function opened(): SessionState {
  const state = initialState("s-000000017", 0);
  applyOperation(state, operation(1, 1, [99]));
  return state;
}

function parsed(state: SessionState): Record<string, unknown> {
  return JSON.parse(stateToJson(state).toString()) as Record<string, unknown>;
}

test.each(vectors)("the digest of %j is the one that all implementations agree on", (vector) => {
  const { kind, sequence, fields, device, digest } = vector;
  expect(operationDigest(operation(kind, sequence, fields, device))).toBe(digest);
});

test("fnv1a32 hashes UTF-8 as published", () => {
  expect(fnv1a32("")).toBe(0x811c9dc5);
  expect(fnv1a32("foobar")).toBe(0xbf9cf968);
  expect(fnv1a32("ä")).toBe(fnv1a32Reference(Buffer.from("ä")));
});

function fnv1a32Reference(bytes: Buffer): number {
  let hash = 0x811c9dc5n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return Number(hash);
}

test("an operation that is applied twice is counted twice", () => {
  const state = opened();
  const dig = operation(2, 2, [17, 3]);
  applyOperation(state, dig);
  applyOperation(state, dig);
  const digests = [operation(1, 1, [99]), dig, dig].map(operationDigest);
  const checksum = digests.reduce((sum, digest) => (sum + digest) >>> 0, 0);
  expect(parsed(state)).toMatchObject({
    session: "s-000000017",
    revision: 3,
    seed: 99,
    devices: { 1: { highest: 2, count: 3, checksum } },
  });
});

test("the checksum does not depend on the order of operations", () => {
  const digs = [operation(2, 2, [1, 1]), operation(2, 3, [2, 1]), operation(4, 4, [2, 5, 9])];
  const forwards = opened();
  for (const dig of digs) applyOperation(forwards, dig);
  const backwards = opened();
  for (const dig of digs.toReversed()) applyOperation(backwards, dig);
  expect(parsed(backwards)["devices"]).toEqual(parsed(forwards)["devices"]);
});

test("a ninth device is refused and changes nothing", () => {
  const state = opened();
  for (let device = 2; device <= 8; device += 1)
    applyOperation(state, operation(2, 1, [1], device));
  const before = stateToJson(state);
  expect(() => applyOperation(state, operation(2, 1, [1], 9))).toThrow("device 9");
  expect(stateToJson(state).equals(before)).toBe(true);
});

test("the JSON is 3-4 KB for an empty session and for the largest one", () => {
  const state = opened();
  const sizes = [stateToJson(state).length];
  for (let i = 0; i < 400; i += 1) {
    const device = 0xfffffff0 + (i % 7);
    applyOperation(state, operation(4, 0xffffff00 + i, [0xffffffff, i, 0xffffffff], device));
    applyOperation(state, operation(3, 0xffffff00 + i, [i, 0xffffffff], device));
    sizes.push(stateToJson(state).length);
  }
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3072);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
});

test("a state survives its JSON, and goes on equally afterwards", () => {
  const state = opened();
  let copy = stateFromJson(stateToJson(state));
  for (let i = 2; i < 30; i += 1) {
    const operations = [
      operation(2, i, [i * 7, 3], 1 + (i % 3)),
      operation(3, i, [i * 5, 0x80000001]),
      operation(4, i, [i, i, 250]),
    ];
    for (const one of operations) {
      applyOperation(state, one);
      applyOperation(copy, one);
    }
    expect(stateToJson(copy).toString()).toBe(stateToJson(state).toString());
    copy = stateFromJson(stateToJson(state));
    expect(revisionOf(copy)).toBe(revisionOf(state));
  }
});
