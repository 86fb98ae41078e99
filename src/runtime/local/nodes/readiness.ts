/**
 * Waits until a node serves, by polling its program's real call. Polling every 25 ms costs a few
 * milliseconds of CPU per node and keeps three members of a store within half a second of being usable.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { TopologyNode } from "../../../topology/topology.ts";
import type { NodeProgram, ProgramContext } from "../../runtime.ts";

const pollEveryMs = 25;
/** One call may hang on a member that has no leader yet; a new one may find it at once. */
const attemptTimeoutMs = 1_000;

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly why: string };

/** From its start until it has to serve. */
export function readyBoundMs({ readyTimeoutMs }: NodeProgram, node: TopologyNode): number {
  return typeof readyTimeoutMs === "function" ? readyTimeoutMs(node) : readyTimeoutMs;
}

/** Ends `ready: false` when the program's bound passed; rejects with the reason when `signal` aborts. */
export async function waitUntilReady(
  program: NodeProgram,
  context: ProgramContext,
  signal: AbortSignal,
): Promise<Readiness> {
  const boundMs = readyBoundMs(program, context.node);
  const bound = AbortSignal.timeout(boundMs);
  let why = "no call was answered";
  while (!bound.aborted) {
    signal.throwIfAborted();
    try {
      const attempt = AbortSignal.any([signal, bound, AbortSignal.timeout(attemptTimeoutMs)]);
      await program.checkReady(context, attempt);
      return { ready: true };
    } catch (error) {
      // The bound cuts the last call short, and that says less than the call before it did.
      if (!bound.aborted) why = describe(error);
    }
    await sleep(pollEveryMs);
  }
  signal.throwIfAborted();
  return { ready: false, why };
}

/** fetch hides what happened ("ECONNREFUSED") in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
