/** What `checker/1` prints, one JSON object per line, and hunt reads. */
import { z } from "zod";
import { guarantees } from "../guarantees.ts";

/** Each is told once, when it is first found. */
export const liveKinds = {
  lost: guarantees.deliveredOnce.id,
  twice: guarantees.deliveredOnce.id,
  refused: guarantees.deliveredOnce.id,
  unsent: guarantees.deliveredOnce.id,
  order: guarantees.realTime.id,
  records: guarantees.recordsFollow.id,
} as const;

export type LiveKind = keyof typeof liveKinds;
const kinds = Object.keys(liveKinds) as [LiveKind, ...LiveKind[]];

const count = z.number().int().nonnegative();
/** Null: it can't be told now. */
const violations = count.nullable();

const countsSchema = z.object({
  /** Of all operations of the ledger so far. */
  acknowledged: count,
  unknown: count,
  /** Of those that were sent, how many are in the log. */
  delivered: count,
  lost: violations,
  twice: violations,
  refused: violations,
  unsent: violations,
  order: violations,
  /** Records of the log that do not follow each other. */
  records: violations,
  /** Everything that was acknowledged up to this run second was looked for. */
  upToS: z.number(),
  behindS: z.number(),
  /** Why what is null is not known. */
  doubt: z.string().optional(),
});

const violationSchema = z.object({ what: z.enum(kinds), story: z.string() });

const lineSchema = z.union([
  z.object({ counts: countsSchema }),
  z.object({ violation: violationSchema }),
]);

export type LiveCounts = z.infer<typeof countsSchema>;
export type LiveViolation = z.infer<typeof violationSchema>;
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
