/**
 * One exit code for the repeats of the gated design. A broken guarantee in any of them counts: it is
 * a fact, not noise. Budgets and "could not tell" are decided by the most frequent outcome, and by
 * the worse one when there is a tie, so that one noisy run does not decide alone.
 */
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Verdict } from "./summary-document.ts";

/** From the worst on. */
const ranking = ["broken", "breach", "inconclusive", "pass"] as const;

/** No run at all could not tell anything: 4. */
export function seriesExitCode(verdicts: readonly Verdict[]): ExitCode {
  const count = (outcome: Verdict["outcome"]) =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;
  if (count("broken") > 0) return exitCodes.broken;
  const most = Math.max(...ranking.map(count));
  const decided = ranking.find((outcome) => most > 0 && count(outcome) === most);
  return exitCodes[decided ?? "inconclusive"];
}
