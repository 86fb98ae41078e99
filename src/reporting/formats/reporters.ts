/** Every format of `hunt report --format`; a new one is one file and one line here. */
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { ComparisonDocument, Summary } from "../../verdict/summary-document.ts";
import { annotationsReporter } from "./annotations-reporter.ts";
import { jsonReporter } from "./json-reporter.ts";
import { junitReporter } from "./junit-reporter.ts";
import { markdownReporter } from "./markdown-reporter.ts";
import { textReporter } from "./text-reporter.ts";

export interface Reporter {
  /** As the CLI spells it. */
  readonly format: string;
  /** One run; ends with a newline. */
  summary(summary: Summary): string;
  /** Several designs or repeats; ends with a newline. */
  comparison(document: ComparisonDocument): string;
}

const reporters: readonly Reporter[] = [
  textReporter,
  jsonReporter,
  markdownReporter,
  junitReporter,
  annotationsReporter,
];

/** Drawn from the recording itself, not from its summary alone (`html/html-report.ts`). */
export const htmlFormat = "html";

const reportFormats: readonly string[] = [...reporters.map(({ format }) => format), htmlFormat];

/** @throws HuntError (exit code 2) for a format that does not exist. */
export function reporterOf(format: string): Reporter {
  const found = reporters.find((reporter) => reporter.format === format);
  if (found !== undefined) return found;
  throw new HuntError({
    code: "usage.unknown-format",
    message: `There is no report format '${format}'.`,
    exitCode: exitCodes.usage,
    hint: suggestionFor(format, reportFormats),
  });
}
