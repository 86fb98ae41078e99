/**
 * A chart of the reports as data: what a lane wants drawn second by second beside what every lane has (load,
 * response times). Lanes list theirs, and the run document keeps the list.
 */
import { z } from "zod";

const chartLineSchema = z.object({
  label: z.string(),
  source: z.discriminatedUnion("kind", [
    /** Of a series of `latency.hlog`, in milliseconds. */
    z.object({
      kind: z.literal("percentile"),
      series: z.string(),
      percentile: z.enum(["p50", "p99", "p999"]),
    }),
    /** Growth per second of the counters, summed over all series that match; one `*` is text without a dot. */
    z.object({ kind: z.literal("rate"), series: z.string() }),
  ]),
});

export const chartDefinitionSchema = z.object({
  /** The whole title; it names the lane where that is not plain. */
  title: z.string(),
  unit: z.string(),
  /** Decades: a fault of a second beside milliseconds. */
  log: z.boolean().optional(),
  lines: z.array(chartLineSchema).readonly(),
});

export type ChartDefinition = z.infer<typeof chartDefinitionSchema>;
