/**
 * A figure of a lane as data: its name, its unit and the recorded series it is computed from. Lanes
 * list theirs, the run document keeps the list, and the verdict evaluates it for any window.
 *
 * A series may hold one `*` for the node's number: `node.etcd/*.walBytes` is that of every member.
 */
import { z } from "zod";

const quotientTermSchema = z.union([
  /** How much the counters grew within the window, summed over all series that match. */
  z.object({ increaseOf: z.string() }),
  /** Actions with an `ok` outcome, such as `sessions.dig`. */
  z.object({ okActions: z.string() }),
]);

export const figureDefinitionSchema = z.discriminatedUnion("kind", [
  /** Percentiles of a histogram series of `latency.hlog`, in milliseconds. */
  z.object({ name: z.string(), kind: z.literal("histogram"), series: z.string() }),
  z.object({
    name: z.string(),
    kind: z.literal("quotient"),
    unit: z.enum(["ratio", "bytes", "count"]),
    of: quotientTermSchema,
    per: quotientTermSchema,
  }),
  /** How much the counters grew within the window, summed over all series that match. */
  z.object({
    name: z.string(),
    kind: z.literal("growth"),
    unit: z.enum(["bytes", "count"]),
    increaseOf: z.string(),
  }),
  /** Growth per second of a counter of whichever node led the cluster, by the `leader` events. */
  z.object({
    name: z.string(),
    kind: z.literal("leader-rate"),
    unit: z.enum(["ratio", "bytes", "count"]),
    cluster: z.string(),
    /** Of the node: `cpuSeconds` is `node.<leader>.cpuSeconds`. */
    counter: z.string(),
  }),
  /** Percentiles of the readings of a gauge of whichever node led the cluster. */
  z.object({
    name: z.string(),
    kind: z.literal("leader-gauge"),
    unit: z.enum(["bytes", "count"]),
    cluster: z.string(),
    gauge: z.string(),
  }),
]);

export type FigureDefinition = z.infer<typeof figureDefinitionSchema>;
export type QuotientTerm = z.infer<typeof quotientTermSchema>;
