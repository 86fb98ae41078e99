/** The JSON Schema of the summary document, as committed in `schema/summary.schema.json`. */
import { z } from "zod";
import { comparisonSchema, summarySchema } from "./summary-document.ts";

/** A document is one run, or several side by side. */
export function summaryJsonSchema(): unknown {
  return z.toJSONSchema(z.union([summarySchema, comparisonSchema]), { target: "draft-7" });
}
