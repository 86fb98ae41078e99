/**
 * The running nodes of one local run. All of them are children of one keeper; this side remembers
 * which of them there are, in which order they started and how they ended.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { nodeFileName, type Topology, type TopologyNode } from "../../topology/topology.ts";
import type { Backend, NodeCommand, NodeExit, NodeStatus, ProgramContext } from "../runtime.ts";
import { LocalAddressBook, portsNeeded } from "./address-book.ts";
import type { KeeperExited } from "./keeper-messages.ts";
import { KeeperProcess } from "./keeper-process.ts";
import { LocalNode } from "./local-node.ts";
import { readLastLines } from "./log-tail.ts";

/** SIGKILL to gone; longer than that and the process hangs in the kernel. */
const killBoundMs = 5_000;
/** For the keeper to remove data folders of some gigabytes. */
const removeBoundMs = 30_000;

export interface LocalBackendOptions {
  readonly topology: Topology;
  readonly keeperProgram: string;
  /** The run's data folder; must not exist yet. */
  readonly dataRoot: string;
  readonly logsDir: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly portBase: number | undefined;
}

export class LocalBackend implements Backend {
  readonly topology: Topology;
  readonly addresses: LocalAddressBook;
  readonly #options: LocalBackendOptions;
  readonly #keeper: KeeperProcess;
  readonly #nodes = new Map<string, LocalNode>();
  /** In start order. A stage is one, and so is each node that was started on its own. */
  readonly #groups: LocalNode[][] = [];
  readonly #listeners: ((exit: NodeExit) => void)[] = [];
  #nextPort: number | undefined;
  #stopped: Promise<readonly NodeExit[]> | undefined;

  constructor(options: LocalBackendOptions) {
    this.topology = options.topology;
    this.addresses = new LocalAddressBook(options.topology);
    this.#options = options;
    this.#nextPort = options.portBase;
    this.#keeper = new KeeperProcess({
      program: options.keeperProgram,
      env: options.baseEnv,
      logPath: join(options.logsDir, "keeper.log"),
      onExited: (exit) => this.#handleExit(exit),
    });
    void this.#keeper.closed.then(() => this.#handleKeeperEnd());
  }

  makeDataRoot(): Promise<unknown> {
    return this.#keeper.request({ op: "folder", path: this.#options.dataRoot });
  }

  async allotPorts(nodes: readonly TopologyNode[]): Promise<void> {
    const count = portsNeeded(nodes);
    if (count === 0) return;
    const base = this.#nextPort;
    const reply = await this.#keeper.request({
      op: "ports",
      count,
      ...(base === undefined ? {} : { base }),
    });
    if (base !== undefined) this.#nextPort = base + count;
    this.addresses.add(nodes, reply.ports ?? []);
  }

  /** Opens a group: the nodes started until the next call are stopped together. */
  beginGroup(): void {
    this.#groups.push([]);
  }

  /** Starts a process; does not wait until it serves. */
  async start(
    node: TopologyNode,
    command: (context: ProgramContext) => NodeCommand,
    stopTimeoutMs: number,
  ): Promise<LocalNode> {
    const entry = this.#add(node, stopTimeoutMs);
    const context = this.contextOf(node);
    await mkdir(context.dataDir, { recursive: true });
    const { program, args, env, nice } = command(context);
    const reply = await this.#keeper
      .request({
        op: "start",
        node: node.id,
        program,
        args,
        env: { ...this.#options.baseEnv, ...env },
        dir: context.dataDir,
        log: entry.logPath,
        ...(nice === undefined ? {} : { nice }),
      })
      .catch((error: unknown) => {
        this.#nodes.delete(node.id);
        throw startFailed(node.id, error);
      });
    entry.markStarted(reply.pid ?? 0);
    this.#groups.at(-1)?.push(entry);
    return entry;
  }

  contextOf(node: TopologyNode): ProgramContext {
    const dataDir = join(this.#options.dataRoot, nodeFileName(node.id));
    return { node, topology: this.topology, addresses: this.addresses, dataDir };
  }

  find(nodeId: string): LocalNode {
    const entry = this.#nodes.get(nodeId);
    if (entry === undefined) throw new Error(`there is no node ${nodeId}`);
    return entry;
  }

  status(): readonly NodeStatus[] {
    return [...this.#nodes.values()].map((entry) => entry.status());
  }

  async lastLines(nodeId: string, count: number): Promise<readonly string[]> {
    return readLastLines(this.find(nodeId).logPath, count);
  }

  async startNode(
    node: TopologyNode,
    command: NodeCommand | ((context: ProgramContext) => NodeCommand),
    stopTimeoutMs: number,
  ): Promise<NodeStatus> {
    await this.allotPorts([node]);
    const build = typeof command === "function" ? command : () => command;
    this.beginGroup();
    const entry = await this.start(node, build, stopTimeoutMs);
    entry.markMayFinish();
    entry.markReady();
    return entry.status();
  }

  async signalNode(nodeId: string, signal: NodeJS.Signals): Promise<void> {
    const entry = this.find(nodeId);
    entry.markSignalled(signal);
    await this.#keeper.request({ op: "signal", node: nodeId, signal });
  }

  async stopNode(nodeId: string): Promise<NodeExit> {
    const entry = this.find(nodeId);
    if (entry.ended !== undefined) return entry.ended;
    entry.markStopping();
    const timeoutMs = entry.stopTimeoutMs;
    // An error means that the node or the keeper ended in this moment, and then `exit` follows.
    this.#keeper.request({ op: "stop", node: nodeId, timeoutMs }).catch(() => {});
    const boundMs = timeoutMs + killBoundMs;
    const exit = await within(boundMs, entry.exit);
    if (exit !== undefined) return exit;
    throw new HuntError({
      code: "runtime.stop-failed",
      exitCode: exitCodes.environment,
      message: `${nodeId} (pid ${entry.status().pid}) is still there ${boundMs / 1000} s after SIGTERM, SIGKILL included`,
    });
  }

  async waitForExit(nodeId: string): Promise<NodeExit> {
    return this.find(nodeId).exit;
  }

  onExit(listener: (exit: NodeExit) => void): void {
    this.#listeners.push(listener);
    for (const { ended } of this.#nodes.values()) if (ended !== undefined) listener(ended);
  }

  stop(): Promise<readonly NodeExit[]> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stopAll(): Promise<readonly NodeExit[]> {
    for (const group of this.#groups.toReversed()) {
      // A node that can't be stopped is the keeper's to kill; the others are stopped all the same.
      await Promise.allSettled(group.map((entry) => this.stopNode(entry.node.id)));
    }
    await this.#keeper.request({ op: "shutdown", timeoutMs: 0 }, removeBoundMs).catch(() => {
      this.#keeper.kill();
    });
    await within(killBoundMs, this.#keeper.closed);
    // Only there if the keeper was killed before it could remove it.
    await rm(this.#options.dataRoot, {
      recursive: true,
      force: true,
      maxRetries: 5,
      retryDelay: 100,
    });
    return [...this.#nodes.values()].flatMap((entry) => entry.ended ?? []);
  }

  #add(node: TopologyNode, stopTimeoutMs: number): LocalNode {
    const known = this.#nodes.get(node.id);
    if (known !== undefined && known.ended === undefined) {
      throw new Error(`${node.id} is running already`);
    }
    const logPath = join(this.#options.logsDir, `${nodeFileName(node.id)}.log`);
    const entry = new LocalNode(node, stopTimeoutMs, logPath);
    this.#nodes.set(node.id, entry);
    return entry;
  }

  #handleExit(message: KeeperExited): void {
    const exit = this.find(message.node).markExited(message);
    for (const listener of this.#listeners) listener(exit);
  }

  #handleKeeperEnd(): void {
    for (const entry of this.#nodes.values()) {
      if (entry.ended !== undefined) continue;
      const exit = entry.markLostWithKeeper(Date.now());
      for (const listener of this.#listeners) listener(exit);
    }
  }
}

function startFailed(nodeId: string, error: unknown): HuntError {
  return new HuntError({
    code: "engine.start-failed",
    exitCode: exitCodes.environment,
    message: `${nodeId} could not be started: ${error instanceof Error ? error.message : String(error)}`,
    cause: error,
  });
}

/** The value, or undefined when the bound passes first. */
async function within<T>(boundMs: number, value: Promise<T>): Promise<T | undefined> {
  const abandon = new AbortController();
  const bound = sleep(boundMs, undefined, { signal: abandon.signal }).catch(() => undefined);
  try {
    return await Promise.race([value, bound]);
  } finally {
    abandon.abort();
  }
}
