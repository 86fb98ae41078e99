/**
 * A base in bytes (docs/session-log-format.md): one session's state and dedup windows as of a
 * record, without what is zero. The owner writes them, the owner after it and the snapshot proxy
 * read them. Decoding checks everything: what is not understood must be loud.
 */
import { devicesMax, type SessionState, stateWords } from "../../game/session-state.ts";
import { ByteReader, ByteWriter } from "./varint-bytes.ts";

const baseVersion = 1;
const closedFlag = 1;
const presentBytes = 15;
const headBytesMax = 2 + 8 + presentBytes + 1;
const varint32BytesMax = 5;
const windowBits = 64;
const windowBytesMax = 2 * varint32BytesMax + 8 + 4 * windowBits;

/** Which operations of one device were applied, so that one sent again is told apart (rule 13). */
export interface BaseWindow {
  readonly device: number;
  readonly highest: number;
  /** Bit k: sequence `highest - k` is applied; bits 0 to 31, then 32 to 63. */
  readonly appliedLow: number;
  readonly appliedHigh: number;
  /** One per bit set, bit 0 first. */
  readonly digests: readonly number[];
}

export interface Base {
  readonly closed: boolean;
  /** The last record whose operations are contained. */
  readonly n: number;
  readonly state: SessionState;
  readonly windows: readonly BaseWindow[];
}

export function encodeBase({ closed, n, state, windows }: Base): Uint8Array {
  const bytesMax = headBytesMax + stateWords * varint32BytesMax + windows.length * windowBytesMax;
  const writer = new ByteWriter(bytesMax);
  writer.byte(baseVersion);
  writer.byte(closed ? closedFlag : 0);
  writer.varint(n);
  writeWords(writer, state.words);
  writer.byte(windows.length);
  for (const window of windows) {
    writer.varint(window.device);
    writer.varint(window.highest);
    writer.uint32(window.appliedLow);
    writer.uint32(window.appliedHigh);
    for (const digest of window.digests) writer.uint32(digest);
  }
  return writer.written();
}

/** @throws RangeError when the bytes are not exactly one base of a known version. */
export function decodeBase(session: string, bytes: Uint8Array): Base {
  const reader = new ByteReader(bytes, "base");
  const { closed, n } = readHead(reader);
  const words = readWords(reader);
  const windows: BaseWindow[] = [];
  const count = reader.byte();
  if (count > devicesMax) throw new RangeError(`base claims ${count} windows`);
  for (let i = 0; i < count; i += 1) windows.push(readWindow(reader));
  reader.end();
  return { closed, n, state: { session, words }, windows };
}

/** What can be told without reading all of it. @throws RangeError as `decodeBase` does. */
export function decodeBaseHeader(bytes: Uint8Array): { closed: boolean; n: number } {
  return readHead(new ByteReader(bytes, "base"));
}

function readHead(reader: ByteReader): { closed: boolean; n: number } {
  const version = reader.byte();
  if (version !== baseVersion) {
    throw new RangeError(`base version ${version}, expected ${baseVersion}`);
  }
  const flags = reader.byte();
  if (flags > closedFlag) throw new RangeError(`base flags ${flags}`);
  return { closed: flags === closedFlag, n: reader.varint() };
}

function writeWords(writer: ByteWriter, words: Uint32Array): void {
  for (let byte = 0; byte < presentBytes; byte += 1) {
    let present = 0;
    for (let bit = 0; bit < 8; bit += 1) {
      if ((words[byte * 8 + bit] ?? 0) !== 0) present |= 1 << bit;
    }
    writer.byte(present);
  }
  for (const word of words) {
    if (word !== 0) writer.varint(word);
  }
}

function readWords(reader: ByteReader): Uint32Array {
  const words = new Uint32Array(stateWords);
  const present: number[] = [];
  for (let byte = 0; byte < presentBytes; byte += 1) {
    const bits = reader.byte();
    for (let bit = 0; bit < 8; bit += 1) {
      if ((bits >>> bit) & 1) present.push(byte * 8 + bit);
    }
  }
  for (const at of present) {
    if (at >= stateWords) throw new RangeError(`base has a word ${at} of ${stateWords}`);
    words[at] = reader.varint32();
  }
  return words;
}

function readWindow(reader: ByteReader): BaseWindow {
  const device = reader.varint32();
  const highest = reader.varint32();
  const appliedLow = reader.uint32();
  const appliedHigh = reader.uint32();
  if ((appliedLow & 1) === 0) {
    throw new RangeError(`base does not hold sequence ${highest}, the highest of device ${device}`);
  }
  const digests: number[] = [];
  for (let bit = 0; bit < windowBits; bit += 1) {
    const bits = bit < 32 ? appliedLow : appliedHigh;
    if ((bits >>> (bit % 32)) & 1) digests.push(reader.uint32());
  }
  return { device, highest, appliedLow, appliedHigh, digests };
}
