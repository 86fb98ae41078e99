/**
 * How a generator is ended: politely first, by force in the end, each step with a bound. The swarm's
 * own `stop` drains open actions and closes the ledger; everything below it costs something: k6's
 * REST stop cuts open actions, SIGKILL loses the end frame and the ledger's closing record.
 */
import type { NodeExit } from "../../runtime/runtime.ts";
import { settledWithin } from "./bounded-wait.ts";

export type StopStep = "stop frame" | "REST stop" | "SIGINT" | "SIGKILL";

export interface StopLadderOptions {
  readonly exited: Promise<NodeExit>;
  readonly steps: readonly {
    readonly name: StopStep;
    readonly boundMs: number;
    take(): Promise<void> | void;
  }[];
}

export interface StopLadderEnd {
  readonly exit: NodeExit | undefined;
  /** The last step that was taken. */
  readonly step: StopStep | undefined;
}

/** Takes the steps until the generator has ended. `exit` is undefined when not even the last one did. */
export async function climbStopLadder(options: StopLadderOptions): Promise<StopLadderEnd> {
  let taken: StopStep | undefined;
  for (const step of options.steps) {
    taken = step.name;
    const begun = performance.now();
    // A step that fails says nothing new: the generator either ends within the bound or the next comes.
    await settledWithin(
      (async () => step.take())().catch(() => undefined),
      step.boundMs,
    );
    const leftMs = Math.max(0, step.boundMs - (performance.now() - begun));
    const ended = await settledWithin(options.exited, leftMs);
    if (ended !== undefined) return { exit: ended.value, step: taken };
  }
  return { exit: undefined, step: taken };
}
