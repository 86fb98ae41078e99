import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LedgerBuilder } from "../../../test/fixtures/ledger-builder.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import {
  type CommonRecord,
  emptyCommonRecord,
  type LedgerLayout,
  readCommonLedger,
  readLedgerOf,
} from "./ledger-format.ts";

interface TileRecord extends CommonRecord {
  tile: number;
}

const tiles: LedgerLayout<TileRecord> = {
  name: "til1",
  payloadBytes: 4,
  emptyRecord: () => ({ ...emptyCommonRecord(), tile: 0 }),
  readPayload: (view, offset, record) => {
    record.tile = view.getUint32(offset, true);
  },
};

/** Two writes of a lane whose payload is a tile. */
function tilesLedger(): string {
  const file = Buffer.alloc(40 + 3 * 36);
  file.write("HUNTLEDG", "latin1");
  file.writeUInt32LE(3, 8);
  file.writeUInt32LE(36, 12);
  file.write("til1", 36, "latin1");
  for (const [index, player] of [7, 9].entries()) {
    const at = 40 + index * 36;
    file.writeUInt8(1, at);
    file.writeUInt32LE(player, at + 4);
    file.writeUInt32LE(player * 100, at + 32);
  }
  file.writeUInt8(255, 40 + 2 * 36);
  file.writeUInt32LE(2, 40 + 2 * 36 + 4);
  return written(file);
}

function written(bytes: Buffer): string {
  const path = join(temporaryFolder(), "ledger.bin");
  writeFileSync(path, bytes);
  return path;
}

test("a lane's layout reads its payload behind the common part", async () => {
  const seen: [number, number][] = [];
  const write = ({ player, tile }: TileRecord) => seen.push([player, tile]);
  expect(await readLedgerOf(tiles, tilesLedger(), { write })).toEqual({
    records: 2,
    problem: undefined,
  });
  expect(seen).toEqual([
    [7, 700],
    [9, 900],
  ]);
});

test("the common part of every lane's ledger is read without knowing its payload", async () => {
  const sessions = written(new LedgerBuilder().did({ player: 3, sequence: 1 }).closed());
  for (const [path, players] of [
    [tilesLedger(), [7, 9]],
    [sessions, [3, 3]],
  ] as const) {
    const seen: number[] = [];
    const end = await readCommonLedger(path, { write: ({ player }) => seen.push(player) });
    expect(end).toEqual({ records: 2, problem: undefined });
    expect(seen).toEqual(players);
  }
});

test.each([
  ["another lane's", new LedgerBuilder().closed(), 'the layout "ses1", expected "til1"'],
  ["an old one, of sessions", new LedgerBuilder(2).closed(), 'the layout "ses1", expected "til1"'],
  ["a newer one", new LedgerBuilder(4).closed(), "version 4; this hunt reads 1 to 3"],
  ["one with other records", new LedgerBuilder(3, "til1").closed(), "records of 40 bytes"],
  ["a header that is cut off", Buffer.from("HUNTLEDG"), "cut off"],
])("a ledger that is %s is not read, and says why", async (_, bytes, problem) => {
  const end = await readLedgerOf(tiles, written(bytes), { write: () => expect.unreachable() });
  expect(end).toEqual({ records: 0, problem: expect.stringContaining(problem) });
});
