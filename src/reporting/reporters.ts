/** Every format of `hunt report --format`; a new one is one file and one line here. */
import type { ComparisonDocument, Summary } from "../verdict/summary-document.ts";

export interface Reporter {
  /** The CLI's spelling. */
  readonly format: string;
  /** One run; ends with a newline. */
  summary(summary: Summary): string;
  /** Several designs or repeats; ends with a newline. */
  comparison(document: ComparisonDocument): string;
}
