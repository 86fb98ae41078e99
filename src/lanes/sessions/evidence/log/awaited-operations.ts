/**
 * What was acknowledged before the log showed it, oldest acknowledgement first: a queue of names, eight bytes
 * each. Mostly it holds what the auditor is behind; when the auditor has died, as much as the table.
 */
import type { OperationName, OperationTable } from "../ledger/operation-table.ts";

const first = 4096;

export class AwaitedOperations {
  #names = new Uint32Array(2 * first);
  #head = 0;
  #size = 0;

  add({ player, device, sequence }: OperationName): void {
    if (this.#size * 2 === this.#names.length) this.#grow();
    const at = this.#at(this.#size);
    this.#names[at] = ((player << 8) | (device & 0xff)) >>> 0;
    this.#names[at + 1] = sequence;
    this.#size += 1;
  }

  /**
   * Takes out what the log has shown by now, and what was acknowledged before `passedUs`: `onMissed` is called
   * with its place in the table. Constant work per operation that was added.
   * @returns when the oldest one that is left was acknowledged; undefined when none is left.
   */
  settle(
    table: OperationTable,
    passedUs: number,
    onMissed: (place: number) => void,
  ): number | undefined {
    for (; this.#size > 0; this.#drop()) {
      const place = table.find(this.#oldest());
      if (table.seen(place) > 0) continue;
      const answeredUs = table.answeredUs(place);
      if (answeredUs >= passedUs) return answeredUs;
      onMissed(place);
    }
    return undefined;
  }

  #oldest(): OperationName {
    const at = this.#at(0);
    const name = this.#names[at] ?? 0;
    return { player: name >>> 8, device: name & 0xff, sequence: this.#names[at + 1] ?? 0 };
  }

  #drop(): void {
    this.#head = (this.#head + 2) % this.#names.length;
    this.#size -= 1;
  }

  #at(index: number): number {
    return (this.#head + 2 * index) % this.#names.length;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#names.length * 2);
    larger.set(this.#names.subarray(this.#head));
    larger.set(this.#names.subarray(0, this.#head), this.#names.length - this.#head);
    this.#names = larger;
    this.#head = 0;
  }
}
