import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { type Reporter, reporters } from "../reporting/reporters.ts";
import { suggestionFor } from "../suggestion.ts";

/** @throws HuntError (exit code 2) for a format that does not exist. */
export function reporterOf(format: string): Reporter {
  const found = reporters.find((reporter) => reporter.format === format);
  if (found !== undefined) return found;
  const known = reporters.map((reporter) => reporter.format);
  throw new HuntError({
    code: "usage.unknown-format",
    message: `unknown format "${format}". ${suggestionFor(format, known)}`,
    exitCode: exitCodes.usage,
  });
}
