/**
 * What the dashboard asks of whoever can break and heal the backend that it shows: the bench that opened it,
 * or the backend that a watched run has under a name. It knows nothing of faults itself; what is to be done,
 * refused or said comes from there, in words.
 */
import { z } from "zod";

/** Longer than any expression that the menu can put together. */
const expressionMax = 300;

const expressionSchema = z.string().min(1).max(expressionMax);

export const questionSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("menu") }),
  /** What it would do just now; nothing is done. */
  z.object({ kind: z.literal("dry-run"), expression: expressionSchema }),
  z.object({ kind: z.literal("inject"), expression: expressionSchema }),
  z.object({ kind: z.literal("heal-dry-run") }),
  z.object({ kind: z.literal("heal") }),
]);

const words = z.array(z.string()).readonly();
/** The command line that does the same; null: there is none. */
const sameAs = z.string().nullable();

const menuEntrySchema = z.object({
  kind: z.string(),
  description: z.string(),
  targets: words,
  /** What may stand after `with`; an empty one: nothing. None: it takes nothing. */
  settings: words,
  /** Such as `3s`; none: it is over by itself. */
  lengths: words,
});

export const answerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("menu"), faults: z.array(menuEntrySchema).readonly() }),
  /** What it would do. */
  z.object({
    kind: z.literal("dry-run"),
    lines: z.array(z.object({ label: z.string(), text: z.string() })).readonly(),
    sameAs,
  }),
  /** It would not be done, or was not, and why. */
  z.object({ kind: z.literal("refused"), why: z.string() }),
  /** What was done, in a line. */
  z.object({ kind: z.literal("done"), text: z.string(), sameAs }),
]);

export type FaultQuestion = Readonly<z.infer<typeof questionSchema>>;
export type FaultAnswer = Readonly<z.infer<typeof answerSchema>>;
export type FaultMenuEntry = Readonly<z.infer<typeof menuEntrySchema>>;

/** Never rejects: what goes wrong is an answer too. */
export type FaultDesk = (question: FaultQuestion) => Promise<FaultAnswer>;
