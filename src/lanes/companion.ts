/** What goes along with a run while its load is played, and what a lane's own companions are given. */
import type { Collector } from "../metrics/collect/collector.ts";
import type { RunDocument } from "../recording/run-document.ts";
import type { RunFolder } from "../recording/run-folder.ts";
import type { TimelineEvent } from "../recording/timeline/events.ts";
import type { Backend } from "../runtime/runtime.ts";
import type { ServiceFiles } from "./lane.ts";

/**
 * One life for all of them, each part of it optional: `start` before the load, `begin` at run second 0, `drain` when
 * the load is over, `stop` at the end. They start, begin and drain in the order of their list, one
 * after the other, and stop in the reverse order. `stop` is called in any case, also of one that never started.
 */
export interface Companion {
  /** That it may start: none of them is of the topology. */
  readonly nodes?: readonly CompanionNode[];
  start?(): Promise<void> | void;
  /** @param startMs Run second 0 by the monotonic clock. */
  begin?(startMs: number): void;
  /** What it wants read once a second; asked for when the load begins. */
  collectors?(): readonly Collector[];
  /**
   * Sees to the end of what it watches.
   * @param isFinished False: the load ended before its plan.
   */
  drain?(isFinished: boolean): Promise<void> | void;
  /** Ends what is under way. Idempotent. */
  stop?(): Promise<void> | void;
}

export interface CompanionNode {
  readonly id: string;
  /** What a note says when it ends unasked. Left out: it comes and goes, and says in events what it cost. */
  readonly endedEarly?: string;
}

/** A run as the companions of one of its lanes see it. */
export interface LaneRun {
  readonly run: RunDocument;
  readonly folder: RunFolder;
  readonly backend: Backend;
  readonly files: ServiceFiles;
  /** Where the nodes' data folders are made. */
  readonly tmpDir: string;
  readonly clock: { monotonicMs(): number };
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  readonly event: (event: TimelineEvent) => void;
}
