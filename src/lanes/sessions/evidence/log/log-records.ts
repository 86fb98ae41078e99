/** Whether the records of the log follow each other: watch order, indexes without a gap, epochs. */

import { Violations } from "../../../../checkers/violations.ts";
import type { AuditedRecord } from "../../files/audit-file.ts";

interface Tail {
  index: number;
  epoch: number;
  /** How many holes there were when its last record was seen. */
  holes: number;
}

export class LogRecords {
  readonly violations = new Violations();
  checked = 0;
  readonly #tails = new Map<number, Tail>();
  #revision = 0;
  #holes = 0;
  #missed = 0;

  /** What a hole in the audit leaves undecided, in sentences. */
  get doubts(): string[] {
    if (this.#missed === 0) return [];
    return [`${this.#missed} records were compacted away before the auditor saw them`];
  }

  hole(): void {
    this.#holes += 1;
  }

  unreadable(partition: number, index: number): void {
    this.checked += 1;
    this.violations.add(
      1,
      () => `${place(partition, index)} can't be decoded: see the auditor's log.`,
    );
    const tail = this.#tails.get(partition);
    if (tail !== undefined) tail.index = Math.max(tail.index, index);
  }

  record({ partition, index, revision, epoch }: Readonly<AuditedRecord>): void {
    this.checked += 1;
    if (revision <= this.#revision) {
      const before = this.#revision;
      this.violations.add(
        1,
        () =>
          `${place(partition, index)} came with revision ${revision}, after revision ${before}.`,
      );
    }
    this.#revision = revision;
    const known = this.#tails.get(partition);
    const tail = known ?? { index: -1, epoch: 0, holes: 0 };
    if (known === undefined) this.#tails.set(partition, tail);
    this.#follows(tail, { partition, index, revision });
    if (epoch < tail.epoch) {
      const newer = tail.epoch;
      this.violations.add(
        1,
        () =>
          `${place(partition, index)}, written at revision ${revision}, is of epoch ${epoch}: an owner that had lost the partition, since epoch ${newer} had written before it.`,
      );
    }
    tail.index = Math.max(tail.index, index);
    tail.epoch = Math.max(tail.epoch, epoch);
    tail.holes = this.#holes;
  }

  #follows(
    tail: Readonly<Tail>,
    { partition, index, revision }: Pick<AuditedRecord, "partition" | "index" | "revision">,
  ): void {
    const due = tail.index + 1;
    if (index === due) return;
    if (index > due && tail.holes < this.#holes) {
      this.#missed += index - due;
      return;
    }
    const what =
      index > due ? `record ${due} is missing` : `record ${tail.index} stood there before`;
    this.violations.add(
      1,
      () => `${place(partition, index)} was written at revision ${revision}, but ${what}.`,
    );
  }
}

function place(partition: number, index: number): string {
  return `Record ${index} of partition ${partition}`;
}
