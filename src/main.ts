/** argv in, one catch, exit code out. The only file that prints an error and ends the process. */
import { systemEnvironment } from "./environment.ts";
import { exitCodes } from "./exit-codes.ts";
import { HuntError } from "./hunt-error.ts";
import { placeError } from "./place-error.ts";
import { runProgram } from "./program.ts";

const environment = systemEnvironment();
// Left to itself, Node gives the signals back to the system while it tears down, and a Ctrl-C of that
// moment would kill a hunt that has its exit code. Nothing is left to flush when the loop is empty.
process.once("beforeExit", () => process.exit(sayLostOutput(Number(process.exitCode))));

try {
  process.exitCode = await runProgram(environment);
} catch (error) {
  process.exitCode = report(error);
}

/** A verdict or an error keeps its code: it says more than the output that was lost. */
function sayLostOutput(exitCode: number): number {
  const lost = environment.lostOutput();
  for (const { stream, why, writtenBytes } of lost) {
    environment.stderr.write(
      `hunt: ${stream} could not be written: ${why}, after ${writtenBytes.toLocaleString("en")} bytes\n` +
        "  Make room, or send it elsewhere. A run is recorded whatever was shown: hunt report last.\n",
    );
  }
  return lost.length > 0 && exitCode === exitCodes.pass ? exitCodes.environment : exitCode;
}

function report(thrown: unknown): number {
  const error = placeError(thrown) ?? thrown;
  if (!(error instanceof HuntError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    environment.stderr.write(`hunt: a bug in hunt, please report it:\n${text}\n`);
    return exitCodes.bug;
  }
  if (environment.args.includes("--json")) {
    const { code, message, hint, exitCode } = error;
    environment.stdout.write(
      `${JSON.stringify({ schemaVersion: 1, error: { code, message, hint, exitCode } }, null, 2)}\n`,
    );
  }
  environment.stderr.write(`hunt: ${error.message}\n`);
  if (error.hint !== undefined) environment.stderr.write(`  ${error.hint}\n`);
  return error.exitCode;
}
