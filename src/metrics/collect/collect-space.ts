/**
 * Free space of the two folders that a run writes to, once per second, as `machine.<place>FreeBytes`. A `space`
 * event says when one falls below what the next write may ask for, and when there is enough again.
 */
import { statfs } from "node:fs/promises";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { Collector } from "./collector.ts";

type SpaceEvent = Extract<TimelineEvent, { kind: "space" }>;

export interface WatchedFolder {
  readonly place: SpaceEvent["place"];
  readonly folder: string;
  /** Below that it is short. */
  readonly shortBytes: number;
}

export function spaceCollector({ place, folder, shortBytes }: WatchedFolder): Collector {
  let short = false;
  return {
    name: `free space of ${folder}`,
    async read({ t, sink }) {
      const { bavail, bsize } = await statfs(folder);
      const freeBytes = bavail * bsize;
      sink.sample(t, `machine.${place}FreeBytes`, freeBytes);
      if (freeBytes < shortBytes === short) return;
      short = !short;
      sink.event({
        t,
        kind: "space",
        state: short ? "short" : "enough",
        place,
        folder,
        freeBytes,
      });
    },
  };
}
