/** Everything that goes along with the load of a run, in the order of its life. */
import type { Companion, CompanionNode } from "../../lanes/companion.ts";
import type { RunContext } from "../run-context.ts";
import { clockWatch } from "./clock-watch.ts";
import { collecting } from "./collecting.ts";
import { faultsOf } from "./faults.ts";
import { finalReads, laneRun } from "./final-reads.ts";
import { liveChecker } from "./live-checker.ts";
import { lowPriority } from "./low-priority.ts";
import { passingNodes } from "./passing-nodes.ts";
import { probes } from "./probes.ts";

export class Companions {
  readonly #all: readonly Companion[];

  constructor(all: readonly Companion[]) {
    this.#all = all;
  }

  get nodes(): readonly CompanionNode[] {
    return this.#all.flatMap(({ nodes }) => nodes ?? []);
  }

  /** Ids of nodes that come and go. */
  get passing(): ReadonlySet<string> {
    return passingNodes(this.#all);
  }

  /** Rejects when one of them does not start. */
  async start(): Promise<void> {
    for (const each of this.#all) await each.start?.();
  }

  begin(startMs: number): void {
    for (const each of this.#all) each.begin?.(startMs);
  }

  async drain(isFinished: boolean): Promise<void> {
    for (const each of this.#all) await each.drain?.(isFinished);
  }

  /** All of them, whatever becomes of one; rejects with what the first one rejected with. */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const each of this.#all.toReversed()) {
      try {
        await each.stop?.();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Of a run, with what its lanes bring along. */
export function companionsOf(context: RunContext): Companions {
  const { lanes } = context.request;
  const collectors = collecting(context, () => all);
  const all: readonly Companion[] = [
    lowPriority(context),
    clockWatch(context),
    ...faultsOf(context),
    probes(context),
    collectors,
    finalReads(context),
    ...lanes.flatMap((lane) => lane.observers(laneRun(context))),
    ...liveChecker(context),
    // Services hand over a second of histograms only when it is over; by now the last one is.
    { drain: () => collectors.sampleNow() },
  ];
  return new Companions(all);
}
