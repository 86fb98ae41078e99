/**
 * `hunt verify RUN`: runs the checkers over a recording again, from its folder alone. `hunt verdict`
 * asks how well a run went, by its budgets; this asks only whether what was promised was kept.
 */
import { checkLanes } from "../../checkers/check-lanes.ts";
import { binaryPath } from "../../engines/programs/binaries.ts";
import { ensurePrograms } from "../../engines/programs/ensure-programs.ts";
import type { Environment } from "../../environment.ts";
import { laneEvidences } from "../../lanes/evidence.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import { reporterOf } from "../../reporting/formats/reporters.ts";
import { verifyText } from "../../reporting/text/verify-text.ts";
import { summarise } from "../../verdict/summarise.ts";
import { findRun } from "./find-run.ts";

export interface VerifyFlags {
  readonly reports?: string;
  readonly json?: boolean;
}

/** @returns 0, 4 or 5. @throws HuntError for a folder that is no run, or of another version. */
export async function verifyCommand(
  environment: Environment,
  run: string,
  flags: VerifyFlags,
): Promise<number> {
  const path = await findRun(environment, run, flags.reports);
  const reader = await openRecording(path, { nowMs: environment.clock.nowMs() });
  await ensurePrograms(environment, ["linearize"]);
  const secondChecker = binaryPath("linearize", environment.variables);
  const check = checkLanes(laneEvidences, { secondChecker });
  const summary = await summarise(reader, check, { guaranteesOnly: true });
  if (reader.live) environment.stderr.write(`${reader.run.runId} is still being written.\n`);
  const text = flags.json === true ? reporterOf("json").summary(summary) : verifyText(summary);
  environment.stdout.write(text);
  return summary.verdict.exitCode;
}
