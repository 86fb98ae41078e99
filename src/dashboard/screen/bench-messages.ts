/** What `hunt bench` and the dashboard that it opened on its terminal say to each other. */
import { z } from "zod";
import { answerSchema, questionSchema } from "../faults/fault-desk.ts";

const toDashboardSchema = z.discriminatedUnion("kind", [
  /** What bench would have printed. */
  z.object({ kind: z.literal("line"), text: z.string() }),
  /** To the question of that number. */
  z.object({ kind: z.literal("answer"), to: z.number().int(), answer: answerSchema }),
  /** The run is over: give the terminal back. */
  z.object({ kind: z.literal("over") }),
]);

/** Longer than an operator types, shorter than a file that was pasted. */
export const noteLengthMax = 200;

const toBenchSchema = z.discriminatedUnion("kind", [
  /** The operator wants the bench to stop; a second time: at once. */
  z.object({ kind: z.literal("stop") }),
  /** For the timeline. */
  z.object({ kind: z.literal("note"), text: z.string().min(1).max(noteLengthMax) }),
  /** On faults by hand; numbers are the dashboard's. */
  z.object({ kind: z.literal("question"), number: z.number().int(), question: questionSchema }),
]);

export type ToDashboard = Readonly<z.infer<typeof toDashboardSchema>>;
export type ToBench = Readonly<z.infer<typeof toBenchSchema>>;

/** Undefined for anything else. */
export function parseToDashboard(message: unknown): ToDashboard | undefined {
  return toDashboardSchema.safeParse(message).data;
}

/** Undefined for anything else. */
export function parseToBench(message: unknown): ToBench | undefined {
  return toBenchSchema.safeParse(message).data;
}
