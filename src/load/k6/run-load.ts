/**
 * Drives one load from the start of the generator to its end. Before run second 0 a failure is thrown,
 * since nothing was measured; after it, every end is a result, because the recording is worth keeping:
 *
 *   finished   the whole plan was played and drained
 *   stopped    somebody asked for it (the signal), or k6 was told to
 *   failed     the generator broke; `reason` says how, and the recording is partial
 */

import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import type { RunStart } from "../../metrics/run-start.ts";
import { reasonOf } from "../../reason-of.ts";
import type { NodeExit } from "../../runtime/runtime.ts";
import type { StreamEnd } from "../frames/frame-server.ts";
import type { EndFrame } from "../frames/frames.ts";
import { longestTimeoutMs } from "../plan/plan-file.ts";
import { settledWithin } from "./bounded-wait.ts";
import {
  endGenerator,
  type Generator,
  type GeneratorOptions,
  generatorNodeId,
  passBarrier,
  startGenerator,
} from "./generator.ts";
import { k6Failure } from "./k6-command.ts";
import { readableLogLine } from "./k6-log.ts";
import type { StopLadderEnd, StopStep } from "./stop-ladder.ts";

/** Start of k6 to the last group being connected. */
const barrierBoundMs = 60_000;
/** From fixing the start moment to it, at least: for a first sample of every collector. */
const startLeadMs = 500;
/** Beyond plan and drain, until a generator counts as hung. */
const overdueMs = 15_000;
/** From the end frame to k6's exit. */
const exitBoundMs = 10_000;
/** The same without an end frame: the swarm drains for 2 s when the stream closes (docs/swarm-protocol.md). */
const exitAfterCutBoundMs = 4_000;
/** From k6's exit to the last frame being handled. */
const lastFramesBoundMs = 10_000;
const shownLogLines = 10;

export interface RunLoadOptions extends GeneratorOptions {
  readonly clock: { nowMs(): number; monotonicMs(): number };
  /** Aborted: the load is stopped in order, and the result says `stopped`. */
  readonly signal: AbortSignal;
  /** Aborted: the load is stopped in order, and the result says `finished`; what was played is all there was to play. */
  readonly enough?: AbortSignal;
  /**
   * Called once the moment of run second 0 is fixed, at least 500 ms ahead of it. It is a whole second
   * of the monotonic clock, so that the services' histograms by its seconds are histograms by run second.
   */
  onStart(start: RunStart): void;
}

export interface LoadResult {
  readonly outcome: "finished" | "stopped" | "failed";
  /** A sentence; always there when the outcome is `failed`. */
  readonly reason?: string;
  /** Absent when it was stopped before the start. */
  readonly start?: RunStart;
  /** Absent when the stream was cut. */
  readonly end?: EndFrame;
  readonly frames: number;
  readonly exit: NodeExit;
  /** k6's last words, oldest first, when the outcome is `failed`. */
  readonly lastLines: readonly string[];
}

/** @throws HuntError (exit code 3) when the generator does not get as far as run second 0. */
export async function runLoad(options: RunLoadOptions): Promise<LoadResult> {
  const generator = await startGenerator(options);
  await using frames = generator.frames;
  const start = await release(generator, options);
  if (start === undefined) {
    const ladder = await endGenerator(generator, ladderFrom("REST stop", options));
    return { outcome: "stopped", frames: 0, exit: await exitOf(generator, ladder), lastLines: [] };
  }
  frames.start(start);
  return { ...(await play(generator, options)), start };
}

/** The moment of run second 0, or undefined when the load was stopped before it. */
async function release(
  generator: Generator,
  options: RunLoadOptions,
): Promise<RunStart | undefined> {
  const begun = performance.now();
  const gone = new AbortController();
  void generator.exited.then((exit) => {
    gone.abort(new Error(`k6 ${k6Failure(exit) ?? "ended by itself"}`));
  });
  const bound = AbortSignal.timeout(barrierBoundMs);
  try {
    await passBarrier(generator, AbortSignal.any([options.signal, gone.signal, bound]));
  } catch (error) {
    if (options.signal.aborted) return undefined;
    // A closed stream is noticed before the exit that closed it, and says less.
    await settledWithin(generator.exited, 500);
    const cause = gone.signal.aborted ? gone.signal.reason : error;
    await endGenerator(generator, ladderFrom("REST stop", options));
    throw await startFailed(options, cause, performance.now() - begun);
  }
  const { clock } = options;
  const nowMs = clock.monotonicMs();
  const monotonicMs = Math.ceil((nowMs + startLeadMs) / 1000) * 1000;
  const start = { monotonicMs, unixMs: Math.round(clock.nowMs() + monotonicMs - nowMs) };
  options.onStart(start);
  return start;
}

async function startFailed(
  options: RunLoadOptions,
  cause: unknown,
  afterMs: number,
): Promise<HuntError> {
  const words = await lastWords(options);
  const shown = words.length === 0 ? "; it printed nothing" : `:\n  ${words.join("\n  ")}`;
  const reason = reasonOf(cause);
  return new HuntError({
    code: "generator.start-failed",
    exitCode: exitCodes.environment,
    message: `The load generator ${generatorNodeId} was not ready after ${(afterMs / 1000).toFixed(1)} s (bound ${barrierBoundMs / 1000} s): ${reason}${shown}`,
    hint: `Its log is k6-1.log in the run's logs folder.`,
    cause,
  });
}

type Played = Omit<LoadResult, "start">;

async function play(generator: Generator, options: RunLoadOptions): Promise<Played> {
  const { plan, target, signal } = options;
  const boundMs = plan.durationS * 1000 + longestTimeoutMs(target) + overdueMs;
  const { enough = new AbortController().signal } = options;
  const interrupted = abortOf(AbortSignal.any([signal, enough]));
  const over = Promise.race([generator.frames.ended, generator.exited, interrupted.promise]);
  try {
    const first = await settledWithin(over, boundMs);
    const ladder = await ladderFor(generator, options, first?.value);
    const exit = await exitOf(generator, ladder);
    const stream = await settledWithin(generator.frames.ended, lastFramesBoundMs);
    return await judge(options, {
      exit,
      stream: stream?.value ?? {
        complete: false,
        reason: `its last frames were not handled within ${lastFramesBoundMs / 1000} s`,
        frames: 0,
      },
      forcedBy: ladder.step,
      overdueAfterS: first === undefined ? boundMs / 1000 : undefined,
    });
  } catch (error) {
    // What `onSecond` threw, or a process that can't be ended: no generator may go on behind it.
    await endGenerator(generator, ladderFrom("SIGINT", options));
    throw error;
  } finally {
    interrupted.remove();
  }
}

/** Waits for the generator's own end, or brings it about; `first` is undefined when it is overdue. */
async function ladderFor(
  generator: Generator,
  options: RunLoadOptions,
  first: StreamEnd | NodeExit | "aborted" | undefined,
): Promise<StopLadderEnd> {
  if (first === "aborted") return endGenerator(generator, ladderFrom("stop frame", options));
  if (first === undefined) return endGenerator(generator, ladderFrom("REST stop", options));
  const cut = "complete" in first && !first.complete;
  const exit = await settledWithin(generator.exited, cut ? exitAfterCutBoundMs : exitBoundMs);
  if (exit !== undefined) return { exit: exit.value, step: undefined };
  return endGenerator(generator, ladderFrom("REST stop", options));
}

interface Ending {
  readonly exit: NodeExit;
  readonly stream: StreamEnd;
  readonly forcedBy: StopStep | undefined;
  readonly overdueAfterS: number | undefined;
}

async function judge(options: RunLoadOptions, ending: Ending): Promise<Played> {
  const { exit, stream } = ending;
  const facts = {
    exit,
    frames: stream.frames,
    ...(stream.complete ? { end: stream.end } : {}),
  };
  const enough = options.enough?.aborted === true;
  const failure = failureOf(ending, options.signal.aborted || enough);
  if (failure !== undefined) {
    const lastLines = await lastWords(options);
    return { ...facts, outcome: "failed", reason: `the load generator ${failure}`, lastLines };
  }
  const told = stream.complete && stream.end.reason === "stopped";
  const stopped = options.signal.aborted || (told && !enough) || (enough && !stream.complete);
  if (!stopped) return { ...facts, outcome: "finished", lastLines: [] };
  if (stream.complete) return { ...facts, outcome: "stopped", lastLines: [] };
  const reason = `the load generator did not end in order (last step: ${ending.forcedBy ?? "none"}): ${stream.reason}`;
  return { ...facts, outcome: "stopped", reason, lastLines: [] };
}

/** What went wrong, for a sentence that begins with "the load generator"; most specific first. */
function failureOf(ending: Ending, asked: boolean): string | undefined {
  const { exit, stream, overdueAfterS } = ending;
  if (stream.complete && stream.end.reason === "failed") {
    return `gave up: ${stream.end.error ?? "without saying why"}`;
  }
  if (asked) return undefined;
  if (overdueAfterS !== undefined) return `had not ended after ${overdueAfterS} s and was stopped`;
  const failure = k6Failure(exit);
  if (!stream.complete) return [failure, stream.reason].filter(Boolean).join("; ");
  if (stream.end.reason === "finished" && failure !== undefined) return failure;
  return undefined;
}

function ladderFrom(from: StopStep, options: RunLoadOptions) {
  return { backend: options.backend, from, drainMs: longestTimeoutMs(options.target) };
}

async function exitOf(generator: Generator, ladder: StopLadderEnd): Promise<NodeExit> {
  if (ladder.exit !== undefined) return ladder.exit;
  throw new HuntError({
    code: "generator.stop-failed",
    exitCode: exitCodes.environment,
    message: `The load generator ${generatorNodeId} (pid ${generator.pid}) is still there after ${ladder.step ?? "its end"}`,
  });
}

async function lastWords(options: RunLoadOptions): Promise<readonly string[]> {
  const lines = await options.backend.lastLines(generatorNodeId, shownLogLines);
  return lines.map(readableLogLine);
}

function abortOf(signal: AbortSignal): { promise: Promise<"aborted">; remove(): void } {
  const { promise, resolve } = Promise.withResolvers<"aborted">();
  const onAbort = () => resolve("aborted");
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return { promise, remove: () => signal.removeEventListener("abort", onAbort) };
}
