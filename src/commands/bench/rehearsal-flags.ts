/** `hunt drill NAME --interactive`: a person at the terminal, and the name by which others find the backend. */
import { createInterface } from "node:readline";
import { provenAfterS } from "../../drills/drill-scenario.ts";
import type { LaneDrill } from "../../drills/drills.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { kindNamed } from "../../faults/faults.ts";
import { parseFault } from "../../faults/plan/fault-expression.ts";
import { durationFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import type { RehearsalPlan } from "../../runner/rehearsal.ts";
import { checkNameFree } from "../../runtime/local/kept/kept-backends.ts";
import type { StayOptions } from "../../runtime/runtime.ts";
import { backendName, backendsRoot } from "../backend/kept-backend.ts";

export interface RehearsalFlags {
  readonly interactive?: boolean;
  readonly blind?: boolean;
  readonly within?: string;
  readonly name?: string;
}

const defaultBoundS = 600;

export interface RehearsalRequest {
  readonly plan: RehearsalPlan;
  readonly shareAs: StayOptions;
}

/** @throws HuntError (exit code 2) without a terminal, for a drill that repairs itself, or a taken name. */
export async function rehearsalFlags(
  environment: Environment,
  drill: LaneDrill,
  flags: RehearsalFlags,
): Promise<RehearsalRequest | undefined> {
  if (flags.interactive !== true) {
    const flag = flags.blind === true ? "--blind" : flags.within === undefined ? "" : "--within";
    if (flag === "") return undefined;
    throw usage(`${flag} belongs to --interactive`, "Add --interactive.");
  }
  const kinds = faultKindsOf([drill.lane]);
  if (!drill.faults.every((fault) => kindNamed(kinds, parseFault(fault, kinds).kind).lasts)) {
    throw usage(
      `drill ${drill.name} repairs itself, so nobody is needed`,
      "Leave --interactive out.",
    );
  }
  const { stdin } = environment.terminal;
  if (stdin.isTTY !== true || !environment.stderr.isTTY) {
    throw usage("--interactive needs a terminal, to be typed at", "Without it hunt repairs.");
  }
  const boundS =
    flags.within === undefined ? defaultBoundS : durationFlag(flags.within, "--within");
  const name = backendName({ name: flags.name ?? "drill" });
  const root = backendsRoot(environment);
  await checkNameFree(root, name);
  const onLine: RehearsalPlan["onLine"] = (listener) => {
    // Ctrl-C stays a signal: this reads lines and takes over nothing else of the terminal.
    const lines = createInterface({ input: stdin, terminal: false });
    lines.on("line", listener);
    return () => {
      lines.close();
      stdin.pause();
    };
  };
  return {
    plan: { blind: flags.blind === true, boundS, afterS: provenAfterS, onLine },
    shareAs: { name, root, startedBy: "bench" },
  };
}

export function briefing({ plan, shareAs }: RehearsalRequest, { lane }: LaneDrill): string {
  const name = ` --name ${shareAs.name}`;
  return `${[
    "In a while something breaks. Type ack when you have noticed it, heal to give up (hunt does it then",
    `after ${plan.boundS} s at the latest). Look and repair from another terminal:`,
    `  hunt status${name}`,
    `  hunt logs${name} NODE`,
    `  hunt node start|resume|restart${name} NODE`,
    `  hunt exec${name} NODE -- ${lane.rehearsals.look}`,
  ].join("\n")}\n`;
}

function usage(message: string, hint: string): HuntError {
  return new HuntError({
    code: "usage.rehearsal",
    exitCode: exitCodes.usage,
    message,
    hint: `Nothing was started. ${hint}`,
  });
}
