/**
 * What `toxiproxy/1` tells of the links (`GET /hunt/links`, docs/links.md): the profile of each, and
 * counters that only grow, so that whoever wants a window takes the difference of two readings.
 */
import { z } from "zod";
import { fetchText } from "./collect/sources/fetch-text.ts";

const count = z.number().nonnegative();

const countersSchema = z.object({
  connections: count,
  openConnections: z.number(),
  bytes: count,
  chunks: count,
  /** Chunks that a fault's profile made wait. */
  delayed: count,
  /** Chunks that met a blackhole. */
  held: count,
  fastStalls: count,
  tailStalls: count,
  /** [highest µs of the bucket, chunks]: from a chunk's arrival to its leaving. */
  delaysUs: z.array(z.tuple([count, count])),
});

const answerSchema = z.object({
  links: z.array(
    z.object({
      name: z.string(),
      /** Its name in Toxiproxy's own API. */
      proxy: z.string(),
      /** What a fault set; null while there is none. */
      profile: z.record(z.string(), z.unknown()).nullable(),
      upstream: countersSchema,
      downstream: countersSchema,
    }),
  ),
});

export type LinkState = z.infer<typeof answerSchema>["links"][number];

/** @param address `host:port` of the API. */
export async function readLinks(address: string, signal: AbortSignal): Promise<LinkState[]> {
  const text = await fetchText(`http://${address}/hunt/links`, signal);
  return answerSchema.parse(JSON.parse(text)).links;
}
