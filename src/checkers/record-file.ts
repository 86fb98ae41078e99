/** A binary file of a recording that is read past every check that waits for it. */
import { fileProblem, isMissing } from "../recording/timeline/recorded-lines.ts";

export interface ShownFile {
  /** Reads it to its end, past everything that waits for it. A missing or partial file is a gap, no error. */
  show(): Promise<void>;
}

export interface RecordFileOptions<Visitor> {
  /** `ledger.bin`. */
  readonly name: string;
  /** What nobody knows without it: `what the players were told is not known`. */
  readonly without: string;
  /** @returns what is wrong with it, in a sentence. Rejects when it can't be read at all. */
  read(visitors: readonly Visitor[]): Promise<string | undefined>;
}

export class RecordFile<Visitor> implements ShownFile {
  /** What is known to be missing from it, in sentences without a stop. */
  readonly gaps: string[] = [];
  readonly #options: RecordFileOptions<Visitor>;
  #waiting: Visitor[] = [];

  constructor(options: RecordFileOptions<Visitor>) {
    this.#options = options;
  }

  /** Shows its records to the visitor, the next time that it is read. */
  to(visitor: Visitor): this {
    this.#waiting.push(visitor);
    return this;
  }

  async show(): Promise<void> {
    const { name, without, read } = this.#options;
    const visitors = this.#waiting;
    this.#waiting = [];
    try {
      const problem = await read(visitors);
      if (problem !== undefined) this.#addGap(withoutStop(problem));
    } catch (error) {
      const missing = isMissing(error) ? `: ${without}` : "";
      this.#addGap(`${withoutStop(fileProblem(name, error))}${missing}`);
    }
  }

  /** A file that is read several times has the same one each time. */
  #addGap(gap: string): void {
    if (!this.gaps.includes(gap)) this.gaps.push(gap);
  }
}

/** Gaps are joined into one sentence. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}
