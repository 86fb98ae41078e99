/** What `checker/1` prints, one JSON object per line, and hunt reads. */
import { z } from "zod";

const countsSchema = z.object({
  figures: z.record(z.string(), z.number().nullable()),
  doubt: z.string().optional(),
});

const violationSchema = z.object({ what: z.string(), guarantee: z.string(), story: z.string() });

const lineSchema = z.union([
  z.object({ lane: z.string(), counts: countsSchema }),
  z.object({ lane: z.string(), violation: violationSchema }),
]);

export type LiveLine = z.infer<typeof lineSchema>;

/** Undefined for a line that is something else: a word of the runtime's or the keeper's. */
export function parseLiveLine(line: string): LiveLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
