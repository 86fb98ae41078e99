/**
 * How the machine's disk does, from the program `disk` (docs/collected-series.md): the longest of its syncs
 * per second, and an event for each that stood still. Nothing of the backend has a part in them.
 */
import { z } from "zod";
import type { Collector } from "./collector.ts";
import { fetchText } from "./sources/fetch-text.ts";

const answerSchema = z.object({
  syncs: z.number().int().nonnegative(),
  maxMs: z.number().nonnegative(),
  stalls: z
    .array(z.object({ atMonotonicMs: z.number(), forMs: z.number().nonnegative() }))
    .max(100),
});

/** What happened since the probe was asked last. */
export type DiskAnswer = z.infer<typeof answerSchema>;

/** @param address `host:port` of the program. */
export async function askDisk(address: string, signal: AbortSignal): Promise<DiskAnswer> {
  return answerSchema.parse(JSON.parse(await fetchText(`http://${address}/disk`, signal)));
}

/** @param address `host:port` of the program. */
export function diskCollector(address: string): Collector {
  return {
    name: "syncs of the disk",
    async read({ t, startMs, sink, signal }) {
      const { syncs, maxMs, stalls } = await askDisk(address, signal);
      for (const { atMonotonicMs, forMs } of stalls) {
        const at = (atMonotonicMs - startMs) / 1000;
        sink.event({ t: at, kind: "disk-stall", forS: forMs / 1000 });
      }
      // With none that ended there is one under way, which is told when it has.
      if (syncs > 0) sink.sample(t, "machine.diskSyncMaxMs", maxMs);
    },
  };
}
