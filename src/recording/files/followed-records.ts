/**
 * Fixed-size binary records of a file that is being written: each call reads on from where the one before
 * it ended, and leaves a record that is not whole yet for a later one. One buffer for all calls.
 */
import { type FileHandle, open } from "node:fs/promises";
import { isMissing } from "../timeline/recorded-lines.ts";
import { fill } from "./record-stream.ts";

const recordsPerBlock = 4096;

/** A binary file of the recording while it grows. */
export interface FollowedFile {
  /** How long it is now; 0 when it is not there yet. */
  size(): Promise<number>;
  /** Reads on to `bytes`, or to where they end within a record; false when it stopped before, to be called again. */
  readTo(bytes: number): Promise<boolean>;
  /** Its writer ended in order, and all of it was read. */
  readonly closed: boolean;
  /** Why what was read is no evidence, in a sentence. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

export interface RecordLayout {
  readonly headerBytes: number;
  readonly recordBytes: number;
}

export interface RecordBlocks {
  readonly closed: boolean;
  readonly problem: string | undefined;
  /** `count` whole records, the first one at offset 0 of `view`. */
  read(view: DataView, count: number): void;
}

/** 8 MB of a ledger take a fifth of a second: who has fallen behind can still say so in between. */
const blocksPerCall = 50;

export class FollowedRecords implements FollowedFile {
  readonly #path: string;
  readonly #layout: RecordLayout;
  readonly #checkHeader: (header: Buffer) => string | undefined;
  readonly #records: RecordBlocks;
  readonly #block: Buffer;
  readonly #view: DataView;
  #file: FileHandle | undefined;
  #position = 0;
  #headerProblem: string | undefined;

  /** @param checkHeader What is wrong with it; nothing behind it is read then. */
  constructor(
    path: string,
    layout: RecordLayout,
    checkHeader: (header: Buffer) => string | undefined,
    records: RecordBlocks,
  ) {
    this.#path = path;
    this.#layout = layout;
    this.#checkHeader = checkHeader;
    this.#records = records;
    this.#block = Buffer.alloc(recordsPerBlock * layout.recordBytes);
    const { buffer, byteOffset, byteLength } = this.#block;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  get closed(): boolean {
    return this.#records.closed;
  }

  get problem(): string | undefined {
    return this.#headerProblem ?? this.#records.problem;
  }

  async size(): Promise<number> {
    this.#file ??= await open(this.#path, "r").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    return (await this.#file?.stat())?.size ?? 0;
  }

  async readTo(bytes: number): Promise<boolean> {
    const file = this.#file;
    if (file === undefined || !(await this.#passHeader(file, bytes))) return true;
    const { recordBytes } = this.#layout;
    for (let block = 0; block < blocksPerCall; block += 1) {
      const records = Math.floor((bytes - this.#position) / recordBytes);
      const due = Math.min(this.#block.length, records * recordBytes);
      if (due <= 0) return true;
      const filled = await fill(file, this.#block.subarray(0, due), this.#position);
      const count = Math.floor(filled / recordBytes);
      if (count === 0) return true;
      this.#position += count * recordBytes;
      this.#records.read(this.#view, count);
    }
    return false;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** False while there is no header, or a wrong one. */
  async #passHeader(file: FileHandle, bytes: number): Promise<boolean> {
    if (this.#position > 0) return true;
    const { headerBytes } = this.#layout;
    if (this.#headerProblem !== undefined || bytes < headerBytes) return false;
    const header = Buffer.alloc(headerBytes);
    await fill(file, header, 0);
    this.#headerProblem = this.#checkHeader(header);
    if (this.#headerProblem !== undefined) return false;
    this.#position = headerBytes;
    return true;
  }
}
