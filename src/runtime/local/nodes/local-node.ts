/** One node of a run, from before its start until after its end. */
import type { TopologyNode } from "../../../topology/topology.ts";
import type { NodeExit, NodeStatus } from "../../runtime.ts";
import type { KeeperExited, KeeperNodeFacts, KeeperStarted } from "../keeper/keeper-messages.ts";

/** After one of these an end of the node is no surprise. */
const endingSignals: readonly string[] = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL"];

export class LocalNode {
  readonly node: TopologyNode;
  readonly stopTimeoutMs: number;
  readonly logPath: string;
  /** Monotonic. */
  readonly createdMs = performance.now();
  /** Resolves when the node has ended; never rejects. */
  readonly exit: Promise<NodeExit>;
  readonly #resolveExit: (exit: NodeExit) => void;
  #pid = 0;
  #starts = 1;
  #startedAtMs = Date.now();
  #startedMonotonicMs = Number(process.hrtime.bigint()) / 1e6;
  #state: NodeStatus["state"] = "starting";
  #endAsked = false;
  #mayFinish = false;
  #ended: NodeExit | undefined;

  constructor(node: TopologyNode, stopTimeoutMs: number, logPath: string) {
    this.node = node;
    this.stopTimeoutMs = stopTimeoutMs;
    this.logPath = logPath;
    const { promise, resolve } = Promise.withResolvers<NodeExit>();
    this.exit = promise;
    this.#resolveExit = resolve;
  }

  get ended(): NodeExit | undefined {
    return this.#ended;
  }

  status(): NodeStatus {
    return {
      nodeId: this.node.id,
      pid: this.#pid,
      state: this.#state,
      starts: this.#starts,
      startedAtMs: this.#startedAtMs,
      startedMonotonicMs: this.#startedMonotonicMs,
      logPath: this.logPath,
    };
  }

  /** The end of a node that died at once may be known before its start is. */
  markStarted(pid: number): void {
    this.#pid = pid;
  }

  /** As the keeper counts: also a start that somebody else asked for. */
  markStart(start: Omit<KeeperStarted, "event" | "node">): void {
    this.#pid = start.pid;
    this.#starts = start.starts;
    this.#startedAtMs = start.atUnixMs;
    this.#startedMonotonicMs = start.atMonotonicMs;
  }

  /** What was found of a node that somebody else had started. */
  markFound(facts: KeeperNodeFacts, state: NodeStatus["state"]): void {
    const { startedAtUnixMs: atUnixMs, startedAtMonotonicMs: atMonotonicMs } = facts;
    this.markStart({ ...facts, atUnixMs, atMonotonicMs });
    if (facts.exit !== undefined) this.markExited(facts.exit);
    if (this.#ended === undefined) this.#state = state;
  }

  /** What the kernel says now of one that serves: others may have paused it, or let it go on. */
  markSeen(state: NodeStatus["state"]): void {
    const either = (each: NodeStatus["state"]) => each === "ready" || each === "paused";
    if (either(this.#state) && either(state)) this.#state = state;
  }

  markReady(): NodeStatus {
    if (this.#state === "starting") this.#state = "ready";
    return this.status();
  }

  markStopping(): void {
    this.#endAsked = true;
    if (this.#ended === undefined) this.#state = "stopping";
  }

  /** From now on an end with exit code 0 is its work done. */
  markMayFinish(): void {
    this.#mayFinish = true;
  }

  markSignalled(signal: NodeJS.Signals): void {
    if (endingSignals.includes(signal)) this.#endAsked = true;
    const runs = this.#state === "ready" || this.#state === "starting";
    if (signal === "SIGSTOP" && runs) this.#state = "paused";
    if (signal === "SIGCONT" && this.#state === "paused") this.#state = "ready";
  }

  markExited(exit: KeeperExited): NodeExit {
    return this.#end({
      nodeId: this.node.id,
      pid: exit.pid,
      code: exit.code,
      signal: exit.signal,
      expected: this.#endAsked || exit.asked || (this.#mayFinish && exit.code === 0),
      atMs: exit.atUnixMs,
      cpuSeconds: exit.cpuSeconds,
      rssMaxBytes: exit.rssMaxBytes,
    });
  }

  /** The keeper was killed, so the kernel killed the node, and nobody was left to measure it. */
  markLostWithKeeper(atMs: number): NodeExit {
    return this.#end({
      nodeId: this.node.id,
      pid: this.#pid,
      code: undefined,
      signal: "SIGKILL",
      expected: this.#endAsked,
      atMs,
      cpuSeconds: 0,
      rssMaxBytes: 0,
    });
  }

  #end(exit: NodeExit): NodeExit {
    this.#pid = exit.pid;
    this.#state = "exited";
    this.#ended = exit;
    this.#resolveExit(exit);
    return exit;
  }
}
