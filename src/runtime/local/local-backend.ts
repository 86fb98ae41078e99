/**
 * The running nodes of one local backend. All of them are children of one keeper; this side remembers
 * which of them there are, in which order they started and how they ended. The keeper is this hunt's own
 * child, or that of a backend that stays, whose nodes are then found by asking it.
 */

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { optional } from "../../optional.ts";
import {
  nodeFileName,
  nodesOf,
  type Topology,
  type TopologyNode,
} from "../../topology/topology.ts";
import type {
  Backend,
  BackendHandover,
  NodeCommand,
  NodeExit,
  NodeFigures,
  NodeProgram,
  NodeStatus,
  ProbeNews,
  ProgramContext,
} from "../runtime.ts";
import { LocalAddressBook, portsNeeded } from "./address-book.ts";
import type { Keeper } from "./keeper/keeper-channel.ts";
import { figuresOf, type KeeperExited, type KeeperStarted } from "./keeper/keeper-messages.ts";
import { ProbeLog } from "./keeper/probe-log.ts";
import { logPathOf, type StartRequest, startRequest } from "./keeper/start-request.ts";
import { removeData } from "./keeper/stragglers.ts";
import { type BackendPlace, removePlace } from "./kept/backend-state.ts";
import { foundNode, foundState, laterNode } from "./nodes/found-node.ts";
import { LocalNode } from "./nodes/local-node.ts";
import { readLastLines } from "./nodes/log-tail.ts";
import { NodeSteps } from "./nodes/node-steps.ts";
import { startFailed, stopFailed, waitWhileItRuns } from "./nodes/start-failure.ts";
import { within } from "./within.ts";
import { writeUp } from "./write-up.ts";

/** SIGKILL to gone; longer than that and the process hangs in the kernel. */
const killBoundMs = 5_000;
/** Of a node whose kind is not known here, such as the load generator of a run that is over. */
const otherStopTimeoutMs = 5_000;
/** For the keeper to remove data folders of some gigabytes. */
const removeBoundMs = 30_000;

export interface LocalBackendOptions {
  readonly topology: Topology;
  readonly keeper: Keeper;
  /** By node kind. */
  readonly programs: Readonly<Record<string, NodeProgram>>;
  /** The backend's data folder. */
  readonly dataRoot: string;
  readonly logsDir: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly portBase: number | undefined;
  /** Where its state is written down, if it may stay. */
  readonly place: BackendPlace | undefined;
}

export class LocalBackend implements Backend {
  readonly topology: Topology;
  readonly addresses: LocalAddressBook;
  readonly #options: LocalBackendOptions;
  readonly #keeper: Keeper;
  readonly #nodes = new Map<string, LocalNode>();
  /** Ids in start order. A stage is one group, and so is each node that was started on its own. */
  readonly #groups: string[][] = [];
  readonly #listeners: ((exit: NodeExit) => void)[] = [];
  readonly #probes = new ProbeLog();
  #nextPort: number | undefined;
  readonly #letGo = new AbortController();
  readonly #steps: NodeSteps;
  #stopped: Promise<readonly NodeExit[]> | undefined;

  constructor(options: LocalBackendOptions) {
    this.topology = options.topology;
    this.addresses = new LocalAddressBook(options.topology);
    this.#options = options;
    this.#nextPort = options.portBase;
    this.#keeper = options.keeper;
    this.#steps = new NodeSteps(options);
    this.#keeper.listen({
      onExited: (exit) => this.#handleExit(exit),
      onStarted: (start) => this.#handleStart(start),
      onProbed: (news) => this.#probes.tell(news),
    });
    void this.#keeper.closed.then(() => this.#handleKeeperEnd());
  }

  /** The data folder, and the state folder if it may stay: from now on both go with the keeper. */
  async makeFolders(): Promise<void> {
    const { place, dataRoot } = this.#options;
    if (place !== undefined) {
      await this.#keeper.request({ op: "folder", path: place.dir, adopt: true });
    }
    await this.#keeper.request({ op: "folder", path: dataRoot });
  }

  /** Asks the keeper what there is; for a backend that another hunt started. */
  async findNodes(ports: Readonly<Record<string, number>>): Promise<void> {
    this.addresses.restore(ports);
    this.#groups.push(...this.topology.stages.map((stage) => stage.map((node) => node.id)));
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const { nodes = [] } = await this.#keeper.request({ op: "nodes" });
    const planned = new Map(nodesOf(this.topology).map((node) => [node.id, node]));
    for (const facts of nodes) {
      const known = this.#nodes.get(facts.node);
      if (known !== undefined) {
        known.markSeen(foundState[facts.state]);
        continue;
      }
      const node = planned.get(facts.node) ?? laterNode(facts.node);
      if (!planned.has(node.id)) this.#groups.push([node.id]);
      const stopTimeoutMs = this.#options.programs[node.kind]?.stopTimeoutMs;
      this.#nodes.set(node.id, foundNode(node, facts, stopTimeoutMs ?? otherStopTimeoutMs));
    }
  }

  handover(): BackendHandover {
    const { dataRoot, logsDir } = this.#options;
    return { topology: this.topology, ports: this.addresses.ports(), dataRoot, logsDir };
  }

  async allotPorts(nodes: readonly TopologyNode[]): Promise<void> {
    const count = portsNeeded(nodes);
    if (count === 0) return;
    const base = this.#nextPort;
    const reply = await this.#keeper.request({
      op: "ports",
      count,
      ...optional({ base }),
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
    mayFinish = false,
  ): Promise<LocalNode> {
    const entry = this.#add(node, stopTimeoutMs);
    // Now, since the news of its end may overtake the answer.
    if (mayFinish) entry.markMayFinish();
    const context = this.contextOf(node);
    await mkdir(context.dataDir, { recursive: true });
    const reply = await this.#keeper
      .request(this.#requestOf(context, command(context)))
      .catch((error: unknown) => {
        this.#nodes.delete(node.id);
        throw startFailed(node.id, error);
      });
    entry.markStarted(reply.pid ?? 0);
    this.#groups.at(-1)?.push(node.id);
    return entry;
  }

  prepare(node: TopologyNode, signal: AbortSignal): Promise<void> {
    return this.#steps.prepare(this.contextOf(node), signal);
  }

  /** For nodes that all serve. */
  bootstrap(nodes: readonly TopologyNode[], signal: AbortSignal): Promise<void> {
    const contexts = nodes.map((node) => this.contextOf(node));
    return this.#steps.bootstrap(contexts, signal);
  }

  contextOf(node: TopologyNode): ProgramContext {
    const dataDir = this.dataDirOf(node.id);
    return { node, topology: this.topology, addresses: this.addresses, dataDir };
  }

  dataDirOf(nodeId: string): string {
    return join(this.#options.dataRoot, nodeFileName(nodeId));
  }

  find(nodeId: string): LocalNode {
    const entry = this.#nodes.get(nodeId);
    if (entry === undefined) throw new Error(`there is no node ${nodeId}`);
    return entry;
  }

  async figures(): Promise<readonly NodeFigures[]> {
    return figuresOf(await this.#keeper.request({ op: "figures" }));
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
    this.beginGroup();
    const build = typeof command === "function" ? command : () => command;
    return (await this.start(node, build, stopTimeoutMs, true)).markReady();
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
    throw stopFailed(entry.status(), boundMs);
  }

  async restartNode(nodeId: string, signal: AbortSignal): Promise<NodeStatus> {
    const { node } = this.find(nodeId);
    const context = this.contextOf(node);
    signal.throwIfAborted();
    await this.stopNode(nodeId);
    const command = await this.#steps.revive(context, signal);
    if (command === undefined)
      return this.#startAgain(nodeId, signal, { op: "start", node: nodeId });
    return this.#startAgain(nodeId, signal, this.#requestOf(context, command));
  }

  async rejoinNode(nodeId: string, signal: AbortSignal): Promise<NodeStatus> {
    const { node } = this.find(nodeId);
    const context = this.contextOf(node);
    const command = this.#options.programs[node.kind]?.rejoinCommand?.(context);
    if (command === undefined) throw new Error(`${nodeId} has nothing that it could join again`);
    signal.throwIfAborted();
    await this.stopNode(nodeId);
    await rm(context.dataDir, { recursive: true, force: true });
    await this.prepare(node, signal);
    return this.#startAgain(nodeId, signal, this.#requestOf(context, command));
  }

  /** Resolves when the node, which has ended, serves again. */
  async #startAgain(
    nodeId: string,
    signal: AbortSignal,
    request: StartRequest,
  ): Promise<NodeStatus> {
    const before = this.find(nodeId);
    const program = this.#options.programs[before.node.kind];
    if (program === undefined) throw new Error(`no program is known for ${nodeId}`);
    const entry = this.#add(before.node, before.stopTimeoutMs);
    const { pid } = await this.#keeper.request(request).catch((error: unknown) => {
      this.#nodes.set(nodeId, before);
      throw startFailed(nodeId, error);
    });
    entry.markStarted(pid ?? 0);
    await waitWhileItRuns(entry, program, this.contextOf(entry.node), signal);
    return entry.status();
  }

  async waitForExit(nodeId: string): Promise<NodeExit> {
    return this.find(nodeId).exit;
  }

  onExit(listener: (exit: NodeExit) => void): void {
    this.#listeners.push(listener);
    for (const { ended } of this.#nodes.values()) if (ended !== undefined) listener(ended);
  }

  onProbe(listener: (news: ProbeNews) => void): void {
    this.#probes.listen(listener);
  }

  stop(): Promise<readonly NodeExit[]> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async share(): Promise<void> {
    await this.#outlive("listen");
  }

  async stay(): Promise<void> {
    await this.#outlive("stay");
    this.#stopped = Promise.resolve(this.#exits());
    this.detach();
  }

  async #outlive(op: "listen" | "stay"): Promise<void> {
    const { place } = this.#options;
    const { socket } = await writeUp(place, this.#keeper.pid, this.addresses.ports());
    await this.#keeper.request({ op, path: socket });
  }

  /** Lets go of it; it goes on. */
  detach(): void {
    this.#letGo.abort();
    this.#keeper.letGo();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stopAll(): Promise<readonly NodeExit[]> {
    for (const group of this.#groups.toReversed()) {
      // A node that can't be stopped is the keeper's to kill; the others are stopped all the same.
      await Promise.allSettled(group.map((nodeId) => this.stopNode(nodeId)));
    }
    await this.#keeper.request({ op: "shutdown", timeoutMs: 0 }, removeBoundMs).catch(() => {
      this.#keeper.kill();
    });
    await within(killBoundMs, this.#keeper.closed);
    // Only there if the keeper was killed before it could remove it.
    await removeData(this.#options.dataRoot);
    if (this.#options.place !== undefined) await removePlace(this.#options.place);
    return this.#exits();
  }

  #exits(): readonly NodeExit[] {
    return [...this.#nodes.values()].flatMap((entry) => entry.ended ?? []);
  }

  #add(node: TopologyNode, stopTimeoutMs: number): LocalNode {
    const known = this.#nodes.get(node.id);
    if (known !== undefined && known.ended === undefined) {
      throw new Error(`${node.id} is running already`);
    }
    const entry = new LocalNode(node, stopTimeoutMs, logPathOf(this.#options.logsDir, node.id));
    this.#nodes.set(node.id, entry);
    return entry;
  }

  /** Also of a node that another hunt starts again. */
  #handleStart(start: KeeperStarted): void {
    const known = this.#nodes.get(start.node);
    if (known === undefined) return;
    const byAnother = known.ended !== undefined;
    const entry = byAnother ? this.#add(known.node, known.stopTimeoutMs) : known;
    entry.markStart(start);
    if (byAnother) void this.#untilItServes(entry);
  }

  /** One that another hunt started again is ready when it serves, as if this one had waited for it. */
  async #untilItServes(entry: LocalNode): Promise<void> {
    const program = this.#options.programs[entry.node.kind];
    if (program === undefined) return;
    const context = this.contextOf(entry.node);
    // Whoever started it hears why it does not serve.
    await waitWhileItRuns(entry, program, context, this.#letGo.signal).catch(() => {});
  }

  #requestOf(context: ProgramContext, command: NodeCommand): StartRequest {
    return startRequest(context, command, {
      ...this.#options,
      tcpPorts: this.addresses.portsOf(context.node, command.heldPorts),
    });
  }

  #handleExit(message: KeeperExited): void {
    if (this.#steps.handleExit(message)) return;
    const entry = this.#nodes.get(message.node);
    if (entry === undefined) return;
    const exit = entry.markExited(message);
    for (const listener of this.#listeners) listener(exit);
  }

  #handleKeeperEnd(): void {
    if (this.#letGo.signal.aborted) return;
    for (const entry of this.#nodes.values()) {
      if (entry.ended !== undefined) continue;
      const exit = entry.markLostWithKeeper(Date.now());
      for (const listener of this.#listeners) listener(exit);
    }
  }
}
