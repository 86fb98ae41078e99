/**
 * One set-up from its start to its exit code: signals end what it started, a failure is told once. Hunt, which
 * listens on a channel, is sent the failure and tells it itself; a person at the terminal reads it here.
 */
import { mkdir } from "node:fs/promises";
import { constants } from "node:os";
import { asFailure } from "./failure.mjs";
import { findPlaces } from "./places.mjs";
import { createReport } from "./report.mjs";

/**
 * @param {string} root the checkout
 * @param {(context: { places, controller: AbortController, report }) => Promise<void>} work
 * @returns {Promise<number>} the exit code
 */
export async function runSetUp(root, work) {
  const places = findPlaces(root, process.env);
  const controller = new AbortController();
  let interruptedBy;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // It listens to the end: a second one must not end it before the compilers.
    process.on(name, () => {
      interruptedBy ??= name;
      controller.abort(new Error(name));
    });
  }
  const report = createReport((text) => process.stderr.write(text));
  try {
    await mkdir(places.logs, { recursive: true });
    await work({ places, controller, report });
    report.end();
    return 0;
  } catch (error) {
    report.abandon();
    if (interruptedBy) {
      if (process.send === undefined) process.stderr.write(interruptedText);
      return 128 + constants.signals[interruptedBy];
    }
    const failure = asFailure(error);
    if (failure === undefined) throw error;
    if (process.send === undefined) process.stderr.write(`hunt: ${failure.toText()}`);
    else process.send(failure.toMessage());
    return failure.exitCode;
  }
}

const interruptedText =
  "hunt: set-up interrupted; nothing half-built is left, run again to go on\n";
