/** A counter per second: its growth since the load began, and its rate. Begins again with its process. */
import { SecondColumn } from "./second-column.ts";

export class CounterColumns {
  readonly growth = new SecondColumn();
  readonly rate = new SecondColumn();
  #last: { readonly t: number; readonly value: number } | undefined;
  #grown = 0;

  add(t: number, value: number): void {
    const last = this.#last;
    if (last !== undefined && t <= last.t) return;
    this.#last = { t, value };
    if (last === undefined) return;
    // As the verdict reads it: less than half is a new process, a smaller fall is rounding.
    const increase = value < last.value / 2 ? value : Math.max(0, value - last.value);
    if (t >= 0) this.#grown += increase;
    this.growth.set(Math.floor(t), this.#grown);
    this.rate.set(Math.floor(t), increase / (t - last.t));
  }
}
