/** When the faults of a running run could be felt, from its timeline, for the stories of violations. */

import { FileTail } from "../../recording/files/file-tail.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { parseTimelineEvent } from "../../recording/timeline/events.ts";
import type { OrderedEvent } from "../../recording/timeline/timeline.ts";
import { type FaultWindow, faultWindows } from "../fault-windows.ts";

export class FollowedFaults {
  readonly #tail: FileTail;
  readonly #run: Pick<RunDocument, "faults">;
  readonly #events: OrderedEvent[] = [];

  /** @param run As it was begun: a fault that is not in it touches every lane. */
  constructor(timeline: string, run: Pick<RunDocument, "faults">) {
    this.#tail = new FileTail(timeline);
    this.#run = run;
  }

  /** Reads to the end. Only lines of faults are parsed. */
  async readOn(): Promise<void> {
    for (let lines = this.#tail.next(); lines; lines = this.#tail.next()) {
      for (const line of lines) {
        if (!line.includes('"kind":"fault"')) continue;
        const event = parseTimelineEvent(line);
        if ("kind" in event && event.kind === "fault") this.#events.push(event);
      }
    }
  }

  /** Of the faults that touch the lane. */
  windows(lane: string): readonly FaultWindow[] {
    return faultWindows({ timeline: { events: this.#events }, run: this.#run }, lane);
  }
}
