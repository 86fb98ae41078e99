/** Every format of `hunt report --format`; a new one is one file and one line here. */
import type { ComparisonDocument, Summary } from "../verdict/summary-document.ts";
import { jsonReporter } from "./json-reporter.ts";
import { textReporter } from "./text-reporter.ts";

export interface Reporter {
  /** As the CLI spells it. */
  readonly format: string;
  /** One run; ends with a newline. */
  summary(summary: Summary): string;
  /** Several designs or repeats; ends with a newline. */
  comparison(document: ComparisonDocument): string;
}

export const reporters: readonly Reporter[] = [textReporter, jsonReporter];
