/** What became of one action, second by second of its intended start. */
import { type ActionCounts, addCounts, noActions } from "../../metrics/action-counts.ts";
import { contains, type SecondWindow } from "../../metrics/seconds.ts";

/** In the order of the columns. */
const outcomes = ["intended", "sent", "ok", "fail", "unknown", "dropped"] as const;
/** Twelve days. */
const mostSeconds = 2 ** 20;
const first = 1024;

export class CountsBySecond {
  #columns = new Float64Array(first * outcomes.length);
  #end = 0;
  /** Of what is no second of a run. */
  readonly #others = new Map<number, ActionCounts>();

  add(second: number, counts: ActionCounts): void {
    if (!Number.isInteger(second) || second < 0 || second >= mostSeconds) {
      this.#others.set(second, addCounts(this.#others.get(second) ?? noActions, counts));
      return;
    }
    while ((second + 1) * outcomes.length > this.#columns.length) {
      const larger = new Float64Array(this.#columns.length * 2);
      larger.set(this.#columns);
      this.#columns = larger;
    }
    for (const [index, outcome] of outcomes.entries()) {
      const at = second * outcomes.length + index;
      this.#columns[at] = (this.#columns[at] ?? 0) + counts[outcome];
    }
    this.#end = Math.max(this.#end, second + 1);
  }

  /** @param window Its ranges do not overlap. */
  sum(window: SecondWindow): ActionCounts {
    const sum = { ...noActions };
    for (const { startS, endS } of window) {
      const end = Math.min(this.#end, Math.ceil(endS));
      for (let second = Math.max(0, Math.ceil(startS)); second < end; second += 1) {
        for (const [index, outcome] of outcomes.entries()) {
          sum[outcome] += this.#columns[second * outcomes.length + index] ?? 0;
        }
      }
    }
    const others = [...this.#others].flatMap(([second, counts]) =>
      contains(window, second) ? [counts] : [],
    );
    return others.reduce(addCounts, sum);
  }
}
