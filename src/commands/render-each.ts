/** The renderings that every run leaves in its folder. */
import type { Environment } from "../environment.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeRenderings } from "../reporting/write-renderings.ts";
import type { RunResult } from "../runner/run-scenario.ts";

/**
 * @param notGated Why failures of these runs do not count, where they don't.
 *
 * @returns the code in place of 0: a CI that reads `junit.xml` must not take its absence for a pass. A verdict
 * keeps its own code; the renderings are copies.
 */
export async function renderEach(
  runs: readonly RunResult[],
  environment: Environment,
  notGated?: string,
): Promise<number> {
  let exitCode: number = exitCodes.pass;
  for (const { folder, summary } of runs) {
    try {
      await writeRenderings(folder, summary, notGated);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      environment.stderr.write(
        `${folder.runId}: report.md and junit.xml could not be written: ${why}\n`,
      );
      exitCode = exitCodes.environment;
    }
  }
  return exitCode;
}
