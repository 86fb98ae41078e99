/**
 * The operations of a tail, as it was read at a takeover: where each one's bytes are, chained by
 * session. They are applied when their session is needed, not before: a tail holds a hundred
 * thousand operations, and a gateway that takes over must answer soon. Four numbers an operation,
 * and the records' bytes, until no session needs them.
 */
import { Buffer } from "node:buffer";
import type { Operation } from "../../gateway/session-writer.ts";
import { decodeOperationAt } from "../format/record.ts";

const capacityMin = 4096;

export class TailOperations {
  #records: { readonly n: number; readonly bytes: Buffer }[] = [];
  #recordOf = new Uint32Array(capacityMin);
  #offsetOf = new Uint32Array(capacityMin);
  /** 0: the last one of its session; else the next one's index plus 1. */
  #nextOf = new Uint32Array(capacityMin);
  #count = 0;

  /** Operations added from now on are of this record. */
  addRecord(n: number, bytes: Uint8Array): void {
    this.#records.push({ n, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) });
  }

  /** Returns its index. `before`: the index of the one before it of the same session, or -1. */
  add(offset: number, before: number): number {
    if (this.#count === this.#nextOf.length) this.#grow();
    const index = this.#count;
    this.#count += 1;
    this.#recordOf[index] = this.#records.length - 1;
    this.#offsetOf[index] = offset;
    if (before >= 0) this.#nextOf[before] = index + 1;
    return index;
  }

  /** Those of one session from `first` on, of records above `n`. */
  *from(session: string, first: number, n: number): Generator<Operation> {
    for (let index = first; index >= 0; index = (this.#nextOf[index] ?? 0) - 1) {
      const record = this.#records[this.#recordOf[index] ?? 0];
      if (record === undefined) throw new RangeError(`no operation ${index} in the tail`);
      if (record.n > n) yield decodeOperationAt(record.bytes, this.#offsetOf[index] ?? 0, session);
    }
  }

  #grow(): void {
    this.#recordOf = doubled(this.#recordOf);
    this.#offsetOf = doubled(this.#offsetOf);
    this.#nextOf = doubled(this.#nextOf);
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
