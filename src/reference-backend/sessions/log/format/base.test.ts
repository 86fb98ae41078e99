import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { applyOperation, initialState } from "../../game/session-state.ts";
import { type Base, decodeBase, decodeBaseHeader, encodeBase } from "./base.ts";
import { baseKey, basePrefix, prefixEnd, sessionOfBaseKey, singleKey } from "./keys.ts";

function played(digs: number): Base {
  const state = initialState("a", 0);
  applyOperation(state, opened("a"));
  for (let sequence = 2; sequence < 2 + digs; sequence += 1)
    applyOperation(state, dig("a", sequence));
  const windows = [
    { device: 1, highest: 70, appliedLow: 5, appliedHigh: 2 ** 31, digests: [1, 2 ** 32 - 1, 7] },
    { device: 2 ** 32 - 1, highest: 1, appliedLow: 1, appliedHigh: 0, digests: [0] },
  ];
  return { closed: false, n: 2 ** 40, state, windows };
}

const cut = (bytes: Uint8Array, at: number, value: number) => {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return changed;
};

describe("base", () => {
  test.each([
    ["open", played(12)],
    ["closed", { ...played(200), closed: true }],
    ["of an empty state", { closed: false, n: 0, state: initialState("a", 0), windows: [] }],
    [
      "with every word and bit set",
      {
        closed: true,
        n: 3,
        state: { session: "a", words: initialState("a", 0).words.fill(2 ** 32 - 1) },
        windows: Array.from({ length: 8 }, (_, i) => ({
          device: i + 1,
          highest: 2 ** 32 - 1,
          appliedLow: 2 ** 32 - 1,
          appliedHigh: 2 ** 32 - 1,
          digests: Array.from({ length: 64 }, (_d, k) => k),
        })),
      },
    ],
  ])("decoding gives back a base that is %s", (_what, base) => {
    expect(decodeBase("a", encodeBase(base))).toEqual(base);
    expect(decodeBaseHeader(encodeBase(base))).toEqual({ closed: base.closed, n: base.n });
  });

  test("bytes are those of docs/session-log-format.md", () => {
    const state = initialState("a", 300);
    state.words[114] = 1;
    const windows = [{ device: 1, highest: 200, appliedLow: 3, appliedHigh: 0, digests: [1, 258] }];
    expect(Buffer.from(encodeBase({ closed: true, n: 200, state, windows })).toString("hex")).toBe(
      [
        ...["01", "01", "c801", `02${"00".repeat(13)}04`, "ac02", "01", "01"],
        ...["01", "c801", "0300000000000000", "01000000", "02010000"],
      ].join(""),
    );
  });

  test("it is about as small as the format's page says", () => {
    const { state } = played(3);
    const windows = [
      { device: 1, highest: 4, appliedLow: 15, appliedHigh: 0, digests: [1, 2, 3, 4] },
    ];
    expect(encodeBase({ closed: false, n: 1000, state, windows }).length).toBeLessThan(150);
  });

  test("a base that is cut, longer, of another version, or says what cannot be is refused", () => {
    const bytes = encodeBase(played(12));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeBase("a", bytes.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => decodeBase("a", Buffer.concat([bytes, Buffer.of(0)]))).toThrow(/after its end/);
    expect(() => decodeBase("a", cut(bytes, 0, 2))).toThrow(/version 2/);
    expect(() => decodeBaseHeader(cut(bytes, 0, 2))).toThrow(/version 2/);
    expect(() => decodeBase("a", cut(bytes, 1, 2))).toThrow(/flags 2/);
    const empty = encodeBase({ ...played(0), n: 0, windows: [] });
    // Presence of words 115 to 119: there are none.
    expect(() => decodeBase("a", cut(empty, 17, 0x80))).toThrow(/word 119/);
    expect(() => decodeBase("a", cut(empty, empty.length - 1, 9))).toThrow(/9 windows/);
    const windows = [{ device: 1, highest: 9, appliedLow: 2, appliedHigh: 0, digests: [5] }];
    expect(() => decodeBase("a", encodeBase({ ...played(0), windows }))).toThrow(/sequence 9/);
  });

  test("keys hold any id, and lie within the partition's prefix", () => {
    for (const id of ["a", "s/1", "größe-✓", "0"]) {
      const key = baseKey(3, id);
      expect(sessionOfBaseKey(3, key)).toBe(id);
      expect(key > basePrefix(3) && key < prefixEnd(basePrefix(3))).toBe(true);
      const { start, end } = singleKey(key);
      expect(start === key && end > key && end < `${key}\u0001`).toBe(true);
    }
    expect(() => sessionOfBaseKey(3, "/hunt/base/31/a")).toThrow(RangeError);
    expect(() => sessionOfBaseKey(3, basePrefix(3))).toThrow(RangeError);
  });
});
