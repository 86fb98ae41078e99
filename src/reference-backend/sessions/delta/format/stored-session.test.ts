import { expect, test } from "vitest";
import { applyOperation, initialState } from "../../game/session-state.ts";
import type { Operation } from "../../gateway/session-writer.ts";
import { encodeBase } from "../../log/format/base.ts";
import { encodeDelta } from "./delta.ts";
import { deltaBaseKey, deltaKey } from "./delta-keys.ts";
import { storedSession } from "./stored-session.ts";

const opening: Operation = {
  ...{ session: "s", device: 1, sequence: 1, kind: 1 },
  ...{ field1: 5, field2: 0, field3: 0 },
};

function dig(sequence: number): Operation {
  return { ...opening, sequence, kind: 2 };
}

function delta(n: number, revision: number, ...operations: Operation[]) {
  const value = encodeDelta({ batchId: "00".repeat(8), revision, operations });
  return { key: deltaKey("s", n), value };
}

/** As of delta n, after `operations`. */
function base(n: number, ...operations: Operation[]) {
  const state = initialState("s", 0);
  for (const each of operations) applyOperation(state, each);
  return { key: deltaBaseKey("s"), value: encodeBase({ closed: false, n, state, windows: [] }) };
}

test("deltas follow one another from the opening on, or from the base", () => {
  const all = [delta(1, 0, opening), delta(2, 1, dig(2), dig(3)), delta(3, 3, dig(4))];
  expect(storedSession("s", all)).toMatchObject({ base: undefined, last: 3 });
  const folded = storedSession("s", [...all.slice(1), base(2, opening, dig(2), dig(3))]);
  expect(folded.deltas.map(({ n }) => n)).toEqual([3]);
  expect(folded).toMatchObject({ base: { n: 2 }, last: 3 });
  expect(storedSession("s", [])).toEqual({ base: undefined, deltas: [], last: 0 });
});

test.each([
  ["the first delta is missing", [delta(2, 1, dig(2))]],
  ["one in between is missing", [delta(1, 0, opening), delta(3, 2, dig(3))]],
  ["one after the base is missing", [delta(4, 3, dig(4)), base(2, opening, dig(2))]],
  ["a revision is not the one before", [delta(1, 0, opening), delta(2, 2, dig(2))]],
  ["the base is of another revision", [delta(2, 1, dig(2)), base(1, opening, dig(2))]],
  ["another session's key is among them", [{ ...delta(1, 0, opening), key: deltaKey("t", 1) }]],
  ["one is empty", [{ key: deltaKey("s", 1), value: new Uint8Array() }]],
])("it is told that %s", (_what, values) => {
  expect(() => storedSession("s", values)).toThrow(RangeError);
});
