/** Waits for one node to serve, and says what went wrong in the node's own last words. */

import { exitCodes } from "../../../exit-codes.ts";
import { HuntError } from "../../../hunt-error.ts";
import { reasonOf } from "../../../reason-of.ts";
import type { NodeExit, NodeProgram, NodeStatus, ProgramContext } from "../../runtime.ts";
import type { LocalNode } from "./local-node.ts";
import { readLastLines } from "./log-tail.ts";
import { outOfSpaceWords } from "./out-of-space.ts";
import { waitUntilReady } from "./readiness.ts";

const lastLineCount = 8;
const lastLineMax = 300;

/** @throws HuntError when the node does not serve within its bound; or the reason of `signal`. */
export async function waitForNode(
  entry: LocalNode,
  program: NodeProgram,
  context: ProgramContext,
  signal: AbortSignal,
): Promise<void> {
  const readiness = await waitUntilReady(program, context, signal);
  if (!readiness.ready) throw await startFailure(entry, `does not serve: ${readiness.why}`);
  entry.markReady();
}

/** The same; also @throws HuntError when the node ends meanwhile. */
export async function waitWhileItRuns(
  entry: LocalNode,
  program: NodeProgram,
  context: ProgramContext,
  signal: AbortSignal,
): Promise<void> {
  const failure = new AbortController();
  void entry.exit.then(async (exit) => failure.abort(await nodeEnded(entry, exit)));
  await waitForNode(entry, program, context, AbortSignal.any([signal, failure.signal]));
}

export function nodeEnded(entry: LocalNode, exit: NodeExit): Promise<HuntError> {
  const how =
    exit.signal === undefined ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
  return startFailure(entry, how);
}

async function startFailure(entry: LocalNode, what: string): Promise<HuntError> {
  const full = await outOfSpaceWords(entry.logPath);
  if (full !== undefined) {
    return new HuntError({
      code: "engine.out-of-space",
      exitCode: exitCodes.environment,
      message: `${entry.node.id} ${what}, ${seconds(entry.createdMs)} s after its start: its disk is full\n  ${full}`,
      hint: "Make room, or name another folder for the data of nodes with TMPDIR.",
    });
  }
  return new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: [
      `${entry.node.id} ${what}, ${seconds(entry.createdMs)} s after its start`,
      ...(await clippedLastLines(entry.logPath)),
    ].join("\n  "),
    hint: `The whole log is in ${entry.logPath}`,
  });
}

/** What a node printed last, under a heading. */
export async function clippedLastLines(logPath: string): Promise<readonly string[]> {
  const lines = await readLastLines(logPath, lastLineCount);
  return lines.length === 0 ? ["It printed nothing."] : ["Its last lines:", ...lines.map(clip)];
}

/** An engine's line can end with a stack trace of some thousand characters; the log has it whole. */
function clip(line: string): string {
  return line.length <= lastLineMax ? line : `${line.slice(0, lastLineMax)}...`;
}

export function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

export function startFailed(nodeId: string, error: unknown): HuntError {
  return new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: `${nodeId} could not be started: ${reasonOf(error)}`,
    cause: error,
  });
}

export function stopFailed({ nodeId, pid }: NodeStatus, boundMs: number): HuntError {
  return new HuntError({
    code: "runtime.stop-failed",
    exitCode: exitCodes.environment,
    message: `${nodeId} (pid ${pid}) is still there ${boundMs / 1000} s after it was asked to end, SIGKILL included`,
  });
}
