/** Alerts while the load is going on: to the timeline, and a line for a person. */
import type { SecondFrame } from "../../load/frames/frames.ts";
import { decodeBuckets } from "../../metrics/histogram/histogram-encoding.ts";
import type { MetricsSink } from "../../metrics/sink.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { AlertEvaluator } from "../../verdict/budgets/alerts.ts";
import { parseBudget } from "../../verdict/budgets/budget-grammar.ts";
import type { Phased } from "../../verdict/budgets/measured-window.ts";

export class LiveAlerts {
  readonly #evaluator: AlertEvaluator;
  readonly #sink: Pick<MetricsSink, "event">;
  readonly #onProgress: (line: string) => void;

  /** @throws HuntError (exit code 2) when a budget of the run cannot be parsed. */
  constructor(
    run: RunDocument,
    sink: Pick<MetricsSink, "event">,
    onProgress: (line: string) => void,
  ) {
    const texts = [...run.budgets, ...(run.drill?.steadyState ?? [])];
    const budgets = texts.map((text) => parseBudget(text, run));
    this.#evaluator = new AlertEvaluator(budgets, run);
    this.#sink = sink;
    this.#onProgress = onProgress;
  }

  /** A fault by hand takes its window out of the phases that were planned. */
  rephase(run: Phased): void {
    this.#evaluator.rephase(run);
  }

  addFrame(frame: SecondFrame): void {
    const histograms = frame.histograms.flatMap(({ series, second, hdr }) =>
      this.#evaluator.reads(series) ? [{ series, second, buckets: decodeBuckets(hdr) }] : [],
    );
    const { second, counts, open } = frame;
    for (const change of this.#evaluator.addFrame({ second, counts, open, histograms })) {
      const { t, state, observed } = change;
      const { expression, unit } = change.budget;
      this.#sink.event({ t, kind: "alert", budget: expression, state, observed });
      const now =
        observed === null
          ? ""
          : ` (${Number(observed.toPrecision(4))}${unit === "count" ? "" : ` ${unit}`})`;
      this.#onProgress(`alert ${state} at t=${t}s: ${expression}${now}`);
    }
  }
}
