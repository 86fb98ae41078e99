import { expect, test } from "vitest";
import vectors from "../../../../test/fixtures/operation-digest.json" with { type: "json" };
import type { OperationKind } from "../../../reference-backend/sessions/gateway/session-writer.ts";
import { encodeRecord } from "../../../reference-backend/sessions/log/format/record.ts";
import { decodeLogRecord } from "./log-record.ts";

const batchId = "00112233445566ff";
const operations = vectors.map(({ device, sequence, kind, fields }, at) => ({
  session: `s-${String(at).padStart(9, "0")}`,
  device,
  sequence,
  kind: kind as OperationKind,
  field1: fields[0] ?? 0,
  field2: fields[1] ?? 0,
  field3: fields[2] ?? 0,
}));

test("a record of the backend is decoded to the names and digests of its operations", () => {
  const epoch = 2 ** 40 + 5;
  const decoded = decodeLogRecord(encodeRecord({ epoch, batchId, operations }));
  expect(decoded.epoch).toBe(epoch);
  expect(decoded.operations).toEqual(
    vectors.map(({ device, sequence, kind, digest }, at) => ({
      session: operations[at]?.session,
      ...{ device, sequence, kind, digest },
    })),
  );
});

test("what is no whole record is refused, wherever it is cut", () => {
  const bytes = encodeRecord({ epoch: 300, batchId, operations });
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => decodeLogRecord(bytes.subarray(0, length))).toThrow(/cut off/);
  }
  expect(() => decodeLogRecord(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(/1 bytes follow/);
  expect(() => decodeLogRecord(Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toThrow(
    /version 1 was expected, got 2/,
  );
});
