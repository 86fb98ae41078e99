/**
 * Work beside the start of a node: what its program does before a first start, before a later one, and when
 * a cluster is complete. The programs that it runs are children of the keeper, so they end with it; they
 * are no nodes, and print into the node's log.
 */
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { exitCodes } from "../../../exit-codes.ts";
import { HuntError } from "../../../hunt-error.ts";
import type { NodeCommand, NodeProgram, NodeWork, ProgramContext } from "../../runtime.ts";
import { type Keeper, keeperLost } from "../keeper/keeper-channel.ts";
import type { KeeperExited } from "../keeper/keeper-messages.ts";
import { logPathOf, startRequest } from "../keeper/start-request.ts";
import { clippedLastLines, startFailed } from "./start-failure.ts";

/** SIGTERM to SIGKILL. */
const stopTimeoutMs = 1_000;

type WorkName = "prepare" | "bootstrap" | "revive";

interface StepsOptions {
  readonly keeper: Keeper;
  readonly logsDir: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  /** By node kind. */
  readonly programs: Readonly<Record<string, NodeProgram>>;
}

export class NodeSteps {
  readonly #options: StepsOptions;
  /** Who waits for the end of a step, by its name. */
  readonly #ends = new Map<string, (exit: KeeperExited) => void>();
  #count = 0;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** Makes the node's folder, and does what its program does before a first start. */
  async prepare(context: ProgramContext, signal: AbortSignal): Promise<void> {
    await mkdir(context.dataDir, { recursive: true });
    const work = this.#programOf(context)?.prepare;
    if (work !== undefined) await this.#work("prepare", work, context, signal);
  }

  /** For a cluster whose nodes all serve. */
  async bootstrap(contexts: readonly ProgramContext[], signal: AbortSignal): Promise<void> {
    const work = this.#programOf(firstOf(contexts))?.bootstrap;
    if (work !== undefined) await this.#work("bootstrap", work, contexts, signal);
  }

  /** Undefined: the node is started as it was. */
  async revive(context: ProgramContext, signal: AbortSignal): Promise<NodeCommand | undefined> {
    const program = this.#programOf(context);
    if (program?.revive === undefined) return undefined;
    await this.#work("revive", program.revive, context, signal);
    return program.command(context);
  }

  #programOf({ node }: ProgramContext): NodeProgram | undefined {
    return this.#options.programs[node.kind];
  }

  /** @throws HuntError when it fails or passes its bound, with the step's last lines; or the reason of `signal`. */
  async #work<Subject extends ProgramContext | readonly ProgramContext[]>(
    name: WorkName,
    work: NodeWork<Subject>,
    subject: Subject,
    signal: AbortSignal,
  ): Promise<void> {
    const context = firstOf(subject);
    const bound = new AbortController();
    const timer = setTimeout(() => bound.abort(tooLong(context, name, work)), work.timeoutMs);
    const either = AbortSignal.any([signal, bound.signal]);
    const run = (command: NodeCommand) => this.#runStep(name, context, command, either);
    try {
      await Promise.race([work.run(subject, { signal: either, run }), whenAborted(either)]);
      either.throwIfAborted();
    } finally {
      clearTimeout(timer);
      // A step that still runs is nobody's any more.
      bound.abort();
    }
  }

  /** Whether it was that of a step. */
  handleExit(exit: KeeperExited): boolean {
    const told = this.#ends.get(exit.node);
    told?.(exit);
    return told !== undefined;
  }

  async #runStep(
    name: WorkName,
    context: ProgramContext,
    command: NodeCommand,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const { keeper, logsDir } = this.#options;
    this.#count += 1;
    const step = `${context.node.id}:${name}:${this.#count}`;
    const log = logPathOf(logsDir, context.node.id);
    const request = startRequest(context, command, { ...this.#options, tcpPorts: [] });
    const { promise, resolve } = Promise.withResolvers<KeeperExited>();
    this.#ends.set(step, resolve);
    const startedMs = performance.now();
    const stop = () => {
      // An error means that it has just ended.
      keeper.request({ op: "stop", node: step, timeoutMs: stopTimeoutMs }).catch(() => {});
    };
    try {
      await keeper.request({ ...request, node: step, step: true }).catch((error: unknown) => {
        throw startFailed(`${context.node.id} (${name}: ${basename(command.program)})`, error);
      });
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop);
      const exit = await Promise.race([promise, lost(keeper)]);
      signal.throwIfAborted();
      if (exit.code !== 0)
        throw await stepFailure(name, context, { command, exit, log, startedMs });
    } finally {
      signal.removeEventListener("abort", stop);
      this.#ends.delete(step);
    }
  }
}

function firstOf(subject: ProgramContext | readonly ProgramContext[]): ProgramContext {
  const first = "node" in subject ? subject : subject[0];
  if (first === undefined) throw new Error("there is no node to work for");
  return first;
}

async function whenAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

async function lost(keeper: Keeper): Promise<never> {
  await keeper.closed;
  throw keeperLost();
}

function tooLong({ node }: ProgramContext, name: WorkName, work: { timeoutMs: number }): HuntError {
  return new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: `${node.id}: ${name} was not done within ${work.timeoutMs / 1000} s`,
  });
}

async function stepFailure(
  name: WorkName,
  { node }: ProgramContext,
  {
    command,
    exit,
    log,
    startedMs,
  }: {
    readonly command: NodeCommand;
    readonly exit: KeeperExited;
    readonly log: string;
    readonly startedMs: number;
  },
): Promise<HuntError> {
  const how = exit.signal === undefined ? `exit code ${exit.code}` : exit.signal;
  const after = ((performance.now() - startedMs) / 1000).toFixed(1);
  const what = `${node.id}: ${name} failed: ${basename(command.program)} ended with ${how} after ${after} s`;
  return new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: [what, ...(await clippedLastLines(log))].join("\n  "),
    hint: `The whole log is in ${log}`,
  });
}
