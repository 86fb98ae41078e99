/**
 * One k6 with our extension, as a child of the keeper: started paused, released by a barrier, ended by
 * a ladder. `run-load.ts` decides when.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Backend, NodeExit } from "../../runtime/runtime.ts";
import type { TopologyNode } from "../../topology/topology.ts";
import { type FrameServer, listenForFrames } from "../frames/frame-server.ts";
import type { SecondFrame } from "../frames/frames.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { type LoadTarget, planFileText } from "../plan/plan-file.ts";
import { k6Command } from "./k6-command.ts";
import { stopOverRest, unpause, waitsAtBarrier } from "./k6-control.ts";
import { climbStopLadder, type StopLadderEnd, type StopStep } from "./stop-ladder.ts";

export const generatorNodeId = "k6/1";

/** The ports come from the runtime; `frames` is used where the socket's path would be too long. */
const generatorNode: TopologyNode = {
  id: generatorNodeId,
  kind: "k6",
  zone: "a",
  ports: ["api", "frames"],
  settings: {},
};

/** From the stop frame to the end, beyond the drain: the last flush of ledger and frames. */
const flushBoundMs = 3_000;
const restStopBoundMs = 3_000;
const interruptBoundMs = 3_000;
const killBoundMs = 3_000;
const barrierPollMs = 20;

/** The part of a backend that is needed here. */
export type GeneratorHost = Pick<
  Backend,
  "startNode" | "signalNode" | "waitForExit" | "lastLines" | "addresses"
>;

export interface GeneratorOptions {
  readonly backend: GeneratorHost;
  /** Path of our k6. */
  readonly binary: string;
  /** Path of `swarm.js`. */
  readonly script: string;
  readonly plan: LoadPlan;
  readonly target: LoadTarget;
  /** Groups of players, each with a VU of its own. */
  readonly groups: number;
  onSecond(frame: SecondFrame): Promise<void> | void;
}

export interface Generator {
  readonly pid: number;
  readonly frames: FrameServer;
  readonly exited: Promise<NodeExit>;
  readonly apiAddress: string;
}

export async function startGenerator(options: GeneratorOptions): Promise<Generator> {
  const { backend } = options;
  let frames: FrameServer | undefined;
  try {
    const { pid } = await backend.startNode(
      generatorNode,
      ({ addresses, dataDir }) => {
        const planFile = join(dataDir, "plan.json");
        writeFileSync(planFile, planFileText(options.plan, options.target, options.groups));
        frames = listenForFrames({
          directory: dataDir,
          fallbackAddress: addresses.address(generatorNodeId, "frames"),
          onSecond: options.onSecond,
        });
        const command = k6Command({
          binary: options.binary,
          script: options.script,
          planFile,
          homeDir: dataDir,
          apiAddress: addresses.address(generatorNodeId, "api"),
          output: frames.output,
        });
        return { ...command, heldPorts: ["frames"] };
      },
      flushBoundMs,
    );
    if (frames === undefined)
      throw new Error("the runtime started k6 without asking for its command");
    const exited = backend.waitForExit(generatorNodeId);
    return { pid, frames, exited, apiAddress: backend.addresses.address(generatorNodeId, "api") };
  } catch (error) {
    await frames?.[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Brings a paused generator to the point where every group is connected to all that it talks to and only the
 * start frame is missing. Rejects with the reason of `signal`, or with what the generator said.
 */
export async function passBarrier(generator: Generator, signal: AbortSignal): Promise<void> {
  await generator.frames.listening;
  // Until its interface listens, k6 refuses connections; the signal bounds how long that may last.
  while (!(await waitsAtBarrier(generator.apiAddress, signal).catch(() => false))) {
    signal.throwIfAborted();
    await sleep(barrierPollMs, undefined, { signal });
  }
  await abortable(generator.frames.hello, signal);
  await unpause(generator.apiAddress, signal);
  await abortable(generator.frames.ready, signal);
}

export interface EndGeneratorOptions {
  readonly backend: GeneratorHost;
  /** The first step to take; the ones before it can't help any more. */
  readonly from: StopStep;
  /** How long the drain after a stop frame may last. */
  readonly drainMs: number;
}

export async function endGenerator(
  generator: Generator,
  options: EndGeneratorOptions,
): Promise<StopLadderEnd> {
  const { backend, from, drainMs } = options;
  const never = new AbortController().signal;
  const steps = [
    {
      name: "stop frame" as const,
      boundMs: drainMs + flushBoundMs,
      take: () => generator.frames.stop(),
    },
    {
      name: "REST stop" as const,
      boundMs: restStopBoundMs,
      take: () => stopOverRest(generator.apiAddress, never),
    },
    {
      name: "SIGINT" as const,
      boundMs: interruptBoundMs,
      take: () => backend.signalNode(generatorNodeId, "SIGINT"),
    },
    {
      name: "SIGKILL" as const,
      boundMs: killBoundMs,
      take: () => backend.signalNode(generatorNodeId, "SIGKILL"),
    },
  ];
  const first = steps.findIndex((step) => step.name === from);
  return climbStopLadder({ exited: generator.exited, steps: steps.slice(first) });
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
