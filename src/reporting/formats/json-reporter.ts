/** The documents themselves: `schema/` describes them. */
import type { Reporter } from "./reporters.ts";

export const jsonReporter: Reporter = {
  format: "json",
  summary: (summary) => `${JSON.stringify(summary, undefined, 2)}\n`,
  comparison: (document) => `${JSON.stringify(document, undefined, 2)}\n`,
};
