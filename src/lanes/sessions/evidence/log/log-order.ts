/**
 * The order of real time, of a log whose operations come part by part: when the operation at each position was
 * sent, and how long until it was acknowledged, in nine bytes. Once all are known, one sweep decides.
 */

/** Times are above -6 days, and below 6 days. */
const biasUs = 2 ** 39;
const largest = 2 ** 32;

interface Times {
  readonly sentUs: number;
  /** Undefined: it was not acknowledged. */
  readonly answeredUs: number | undefined;
}

/** An operation that was acknowledged before one was sent that stands before it. */
export interface Overtaken {
  readonly position: number;
  /** When that other one was sent. */
  readonly beforeUs: number;
}

export class LogOrder {
  readonly #sentLow: Uint32Array;
  readonly #sentHigh: Uint8Array;
  /** How long the answer took + 1; 0: it was not acknowledged. */
  readonly #took: Uint32Array;
  /** What does not fit into these. */
  readonly #others = new Map<number, Times>();
  #end = 0;

  /** @param positions How many, about; memory is taken for those only that are set. */
  constructor(positions: number) {
    this.#sentLow = new Uint32Array(positions);
    this.#sentHigh = new Uint8Array(positions);
    this.#took = new Uint32Array(positions);
  }

  set(position: number, sentUs: number, answeredUs: number | undefined): void {
    this.#end = Math.max(this.#end, position + 1);
    const sent = sentUs + biasUs;
    const took = answeredUs === undefined ? 0 : answeredUs - sentUs + 1;
    const fits =
      position < this.#took.length && sent > 0 && sent < 2 * biasUs && took < largest - 1;
    if (!fits || (answeredUs !== undefined && took < 1)) {
      this.#others.set(position, { sentUs, answeredUs });
      return;
    }
    this.#sentLow[position] = sent % largest;
    this.#sentHigh[position] = Math.floor(sent / largest);
    this.#took[position] = took;
  }

  /** All of them, by position. */
  *overtaken(): Generator<Overtaken> {
    let beforeUs = Number.NEGATIVE_INFINITY;
    for (let position = 0; position < this.#end; position += 1) {
      const sent = (this.#sentHigh[position] ?? 0) * largest + (this.#sentLow[position] ?? 0);
      const took = this.#took[position] ?? 0;
      if (sent === 0) {
        const other = this.#others.get(position);
        if (other === undefined) continue;
        if ((other.answeredUs ?? beforeUs) < beforeUs) yield { position, beforeUs };
        beforeUs = Math.max(beforeUs, other.sentUs);
        continue;
      }
      const sentUs = sent - biasUs;
      if (took > 0 && sentUs + took - 1 < beforeUs) yield { position, beforeUs };
      beforeUs = Math.max(beforeUs, sentUs);
    }
  }
}
