/**
 * The list of commands. Each declares its flags and examples in its own `x-command.ts`; handlers are imported
 * when they are called, so that `hunt --help` loads nothing but commander.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { registerDown } from "./commands/backend/down-command.ts";
import { registerExec } from "./commands/backend/exec-command.ts";
import { registerLogs } from "./commands/backend/logs-command.ts";
import { registerNode } from "./commands/backend/node-command.ts";
import { registerStatus } from "./commands/backend/status-command.ts";
import { registerUp } from "./commands/backend/up-command.ts";
import { registerBench } from "./commands/bench/bench-command.ts";
import { registerDrill } from "./commands/bench/drill-command.ts";
import { registerCalibrate } from "./commands/faults/calibrate-command.ts";
import { registerFault } from "./commands/faults/fault-command.ts";
import { registerFaults } from "./commands/faults/faults-command.ts";
import { registerHeal } from "./commands/faults/heal-command.ts";
import { applyProjectConfig, applyProjectEngines } from "./commands/flags/apply-project-config.ts";
import { applyVariables } from "./commands/flags/variables.ts";
import { registerEngines } from "./commands/lists/engines-command.ts";
import { registerScenarios } from "./commands/lists/scenarios-command.ts";
import { registerReport } from "./commands/recordings/report-command.ts";
import { registerVerdict } from "./commands/recordings/verdict-command.ts";
import { registerVerify } from "./commands/recordings/verify-command.ts";
import { examples, type Registration } from "./commands/registration.ts";
import { registerWatch } from "./commands/watch/watch-command.ts";
import type { Environment } from "./environment.ts";
import { exitCodes } from "./exit-codes.ts";
import { HuntError } from "./hunt-error.ts";

/** In the order of the help. */
const registrations: readonly ((registration: Registration) => void)[] = [
  registerBench,
  registerWatch,
  registerReport,
  registerVerdict,
  registerVerify,
  registerUp,
  registerStatus,
  registerLogs,
  registerNode,
  registerExec,
  registerDown,
  registerEngines,
  registerFaults,
  registerFault,
  registerHeal,
  registerCalibrate,
  registerDrill,
  registerScenarios,
];

/** @returns the exit code. @throws HuntError for everything the operator can mend. */
export async function runProgram(environment: Environment): Promise<number> {
  let exitCode: number = exitCodes.pass;
  const program = buildProgram(environment, (code) => {
    exitCode = code;
  });
  if (environment.args.length === 0) {
    program.outputHelp();
    return exitCode;
  }
  try {
    await program.parseAsync([...environment.args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error);
    throw error;
  }
  return exitCode;
}

export function buildProgram(
  environment: Environment,
  setExitCode: (code: number) => void,
): Command {
  const program = new Command("hunt")
    .description("Drives event-day traffic at a treasure-hunt backend and proves what survived.")
    .version(packageVersion(environment), "-V, --version")
    .addHelpText(
      "before",
      examples(["hunt bench", "hunt bench --design naive,log --json", "hunt report last"]),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 pass, 2 usage, 3 environment, 4 inconclusive, 5 guarantee broken, 99 budget breached.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      writeErr: (text) => environment.stderr.write(text),
      // main.ts prints the error, once.
      outputError: () => {},
      getOutHelpWidth: () => Math.min(environment.stdout.columns, 100),
      getErrHelpWidth: () => Math.min(environment.stderr.columns, 100),
    });
  for (const register of registrations) register({ program, environment, setExitCode });
  applyVariables(program, environment);
  const named = (...names: readonly string[]) =>
    program.commands.filter((command) => names.includes(command.name()));
  applyProjectConfig(named("bench", "up"), environment);
  const starting = named("bench", "up", "drill", "calibrate", "node", "fault", "heal", "engines");
  applyProjectEngines(starting, environment);
  return program;
}

function packageVersion(environment: Environment): string {
  const document: unknown = JSON.parse(
    readFileSync(join(environment.packageRoot, "package.json"), "utf8"),
  );
  return typeof document === "object" && document !== null && "version" in document
    ? String(document.version)
    : "unknown";
}

/** Help and version end well; everything else commander complains of is the operator's to mend. */
function usageExit(error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.pass;
  throw new HuntError({
    code: `usage.${error.code.replace("commander.", "")}`,
    message: error.message.replace(/^error: /, ""),
    exitCode: exitCodes.usage,
    hint: "hunt --help lists commands, hunt COMMAND --help their flags.",
    cause: error,
  });
}
