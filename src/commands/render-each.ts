/** The renderings that every run leaves in its folder. */
import type { Environment } from "../environment.ts";
import { writeRenderings } from "../reporting/write-renderings.ts";
import type { RunResult } from "../runner/run-scenario.ts";

/**
 * @param notGated Why failures of these runs do not count, where they don't.
 *
 * The renderings are copies: a disk that does not take them changes no verdict.
 */
export async function renderEach(
  runs: readonly RunResult[],
  environment: Environment,
  notGated?: string,
): Promise<void> {
  for (const { folder, summary } of runs) {
    try {
      await writeRenderings(folder, summary, notGated);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      environment.stderr.write(`${folder.runId}: no report.md and junit.xml: ${why}\n`);
    }
  }
}
