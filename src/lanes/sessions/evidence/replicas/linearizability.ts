/**
 * A second opinion on the sessions: `native/tools/cmd/linearize` looks with porcupine for an order of the
 * operations that explains every answer and the final state. It shares no code with `final-reads.ts`, so a
 * mistake in either shows as a difference. The search may take any time and memory; so it is a sample, in a
 * process of its own that gives up by itself and is killed if it does not. That it could not tell decides
 * nothing (`secondOpinion`): every operation was checked otherwise.
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import type { CheckContext, Checker } from "../../../../checkers/checker.ts";
import type { Finding } from "../../../../checkers/finding.ts";
import { laneFile } from "../../../../recording/run-folder.ts";
import { guarantees } from "../guarantees.ts";

const limits = ["-sessions=64", "-operations=1000", "-within=800ms", "-memory-mb=256"];
const killedAfterMs = 5_000;

const reportSchema = z.object({
  outcome: z.enum(["held", "broken", "unknown"]),
  sample: z.string().optional(),
  sessions: z.number().int(),
  ofTwoDevices: z.number().int(),
  operations: z.number().int(),
  violations: z.number().int(),
  example: z.string().optional(),
  reason: z.string().optional(),
});
type Report = z.infer<typeof reportSchema>;

export const linearizability: Checker = {
  source: "linearizability.ts",
  guarantees: [guarantees.linearizable],
  begin: (context) => {
    const program = context.secondChecker;
    // It needs the final reads.
    if (program === undefined || context.reader.live) return undefined;
    return { findings: async () => [await checkLinearizability(context, program)] };
  },
};

/** @param program the path of `linearize`. What it can't tell, or does not live to tell, is unknown. */
async function checkLinearizability(
  { lane, reader: { folder, run }, faults }: CheckContext,
  program: string,
): Promise<Finding> {
  const windows = faults.map(({ startS, endS }) => `${startS}:${endS}`);
  const report = await reportOf(program, [
    ...limits,
    `-seed=${run.seed}`,
    `-faults=${windows.join(",")}`,
    laneFile(folder, lane, "ledger"),
    laneFile(folder, lane, "observed"),
  ]);
  const { outcome, sessions, ofTwoDevices, operations, violations, example } = report;
  const { reason = "it could not tell" } = report;
  const remarks = outcome === "unknown" ? [report.sample] : [report.reason, report.sample];
  return {
    guarantee: guarantees.linearizable,
    violations: { count: violations, example },
    checked: operations,
    of: `operations of ${sessions} sessions, ${ofTwoDevices} of them on two devices`,
    doubts: outcome === "unknown" ? [reason] : [],
    remarks: remarks.filter((text) => text !== undefined),
    isUnbounded: true,
    isSecondOpinion: true,
  };
}

async function reportOf(program: string, args: readonly string[]): Promise<Report> {
  try {
    const { stdout } = await promisify(execFile)(program, [...args], {
      timeout: killedAfterMs,
      killSignal: "SIGKILL",
      maxBuffer: 1 << 20,
    });
    return reportSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const reason = isMissing(error)
      ? "the second checker is not there (hunt verify and hunt engines fetch get it)"
      : `linearize ended without a result: ${String(error).split("\n")[0]}`;
    return {
      outcome: "unknown",
      sessions: 0,
      ofTwoDevices: 0,
      operations: 0,
      violations: 0,
      reason,
    };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
