/** `hunt verdict RUN`: judges a recorded run again, by its own budgets and others, from its folder alone. */
import { checkLanes } from "../../checkers/check-lanes.ts";
import { binaryFile } from "../../engines/programs/binaries.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { gateFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import { laneEvidences } from "../../lanes/evidence.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import { reporterOf } from "../../reporting/formats/reporters.ts";
import { verdictText } from "../../reporting/text/text-sections.ts";
import { summarise } from "../../verdict/summarise.ts";
import { findRun } from "./find-run.ts";

export interface VerdictFlags {
  readonly budget?: readonly string[];
  readonly onlyThese?: boolean;
  readonly gate?: string;
  readonly reports?: string;
  readonly json?: boolean;
}

/** @returns the verdict's exit code. @throws HuntError (2) for a budget that names nothing of the run. */
export async function verdictCommand(
  environment: Environment,
  run: string,
  flags: VerdictFlags,
): Promise<number> {
  const gate = gateFlag(flags.gate);
  const given = flags.budget ?? [];
  if (flags.onlyThese === true && given.length === 0) throw nothingToJudgeBy();
  const path = await findRun(environment, run, flags.reports);
  const reader = await openRecording(path, { nowMs: environment.clock.nowMs() });
  const recorded = flags.onlyThese === true ? [] : reader.run.budgets;
  const budgets = [...new Set([...recorded, ...given])];
  const secondChecker = binaryFile("linearize", environment.variables);
  const check = checkLanes(laneEvidences, { secondChecker });
  const summary = await summarise(reader, check, { budgets });
  if (reader.live) environment.stderr.write(`${reader.run.runId} is still being written.\n`);
  const text = flags.json === true ? reporterOf("json").summary(summary) : verdictText(summary);
  environment.stdout.write(text);
  return gate === "warn" ? exitCodes.pass : summary.verdict.exitCode;
}

function nothingToJudgeBy(): HuntError {
  return new HuntError({
    code: "usage.no-budget",
    message: "--only-these leaves the recorded budgets out, and no --budget was given",
    exitCode: exitCodes.usage,
    hint: "For example: hunt verdict last --only-these --budget 'sessions.dig.p99 < 20ms @steady'",
  });
}
