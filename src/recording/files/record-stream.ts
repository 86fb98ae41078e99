/**
 * Fixed-size binary records of a file, in blocks that end on a record's end, so that a reader
 * touches each byte once and allocates nothing per record.
 */
import { open, stat } from "node:fs/promises";

const recordsPerBlock = 16_384;

/** `count` whole records, the first one at offset 0 of `view`. */
export type BlockVisitor = (view: DataView, count: number) => void;

/**
 * Calls `visit` for each block behind the header.
 * @returns the bytes that are left over behind the last whole record.
 */
export async function readRecordBlocks(
  path: string,
  headerBytes: number,
  recordBytes: number,
  visit: BlockVisitor,
): Promise<number> {
  const block = Buffer.alloc(recordsPerBlock * recordBytes);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  await using file = await open(path, "r");
  let position = headerBytes;
  for (;;) {
    const filled = await fill(file, block, position);
    const count = Math.floor(filled / recordBytes);
    if (count > 0) visit(view, count);
    if (filled < block.length) return filled - count * recordBytes;
    position += filled;
  }
}

/** The first bytes of a file; fewer when the file is shorter. */
export async function readHeader(path: string, headerBytes: number): Promise<Buffer> {
  const header = Buffer.alloc(headerBytes);
  await using file = await open(path, "r");
  return header.subarray(0, await fill(file, header, 0));
}

/** In bytes; 0 for a file that is not there. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (facts) => facts.size,
    () => 0,
  );
}

type FileHandle = Awaited<ReturnType<typeof open>>;

/** One read may return less than there is; only 0 means the end. */
export async function fill(file: FileHandle, target: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(
      target,
      filled,
      target.length - filled,
      position + filled,
    );
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** A signed 64-bit integer as a number: exact up to 2^53, which microseconds stay far below. */
export function int64At(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}
