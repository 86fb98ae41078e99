import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { type Operation, operationKinds } from "../../gateway/session-writer.ts";
import { decodeRecord, decodeRecordHeader, encodeRecord, type LogRecord } from "./record.ts";

const u32Max = 0xffffffff;

function operation(change: Partial<Operation> = {}): Operation {
  return {
    session: "s-000000017",
    device: 1,
    sequence: 2,
    kind: operationKinds.digStarted,
    field1: 17,
    field2: 3,
    field3: 0,
    ...change,
  };
}

const record: LogRecord = {
  epoch: 2 ** 40 + 5,
  batchId: "00112233445566ff",
  operations: [
    operation({ sequence: 1, kind: operationKinds.sessionOpened, field1: 99, field2: 0 }),
    operation({ field1: u32Max, field2: u32Max }),
    operation({ kind: operationKinds.tilesRevealed, field1: 40, field2: 11 }),
    operation({ kind: operationKinds.lootClaimed, field1: 17, field2: 5, field3: 250 }),
    operation({
      session: "größe-✓",
      device: u32Max,
      sequence: u32Max,
      kind: operationKinds.sessionClosed,
      field1: 0,
      field2: 0,
    }),
  ],
};

describe("record", () => {
  test("decoding gives back every kind of operation, epoch and batch id", () => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
    expect(decodeRecordHeader(encodeRecord(record))).toEqual({
      epoch: record.epoch,
      batchId: record.batchId,
    });
  });

  test("bytes are those of docs/session-log-format.md", () => {
    const bytes = encodeRecord({
      epoch: 300,
      batchId: "0102030405060708",
      operations: [operation({ session: "ab", sequence: 200 })],
    });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      ["01", "ac02", "0102030405060708", "01", "026162", "01", "c801", "02", "11", "03"].join(""),
    );
  });

  test("a cut record, trailing bytes, another version or kind are refused", () => {
    const bytes = Buffer.from(encodeRecord(record));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeRecord(bytes.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => decodeRecord(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(/after its end/);
    expect(() => decodeRecord(Buffer.concat([Buffer.of(2), bytes.subarray(1)]))).toThrow(/version/);
    const single = Buffer.from(
      encodeRecord({ epoch: 1, batchId: record.batchId, operations: [operation()] }),
    );
    for (const kind of [0, 6, 255]) {
      single[single.length - 3] = kind;
      expect(() => decodeRecord(single)).toThrow(/kind/);
    }
  });

  test("a record above 1 MB is refused before it is sent", () => {
    const long = "x".repeat(1000);
    const operations = Array.from({ length: 1100 }, () => operation({ session: long }));
    expect(() => encodeRecord({ epoch: 1, batchId: record.batchId, operations })).toThrow(
      /at most 1048576/,
    );
  });
});
