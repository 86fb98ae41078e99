/** What `hunt bench` and the dashboard that it opened on its terminal say to each other. */
import { z } from "zod";

const toDashboardSchema = z.discriminatedUnion("kind", [
  /** What bench would have printed. */
  z.object({ kind: z.literal("line"), text: z.string() }),
  /** The run is over: give the terminal back. */
  z.object({ kind: z.literal("over") }),
]);

/** The operator wants the bench to stop; a second time: at once. */
const toBenchSchema = z.object({ kind: z.literal("stop") });

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
