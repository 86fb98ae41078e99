/**
 * What makes a topology real. `local` runs processes, `docker` containers, `external` reaches
 * somebody's own cluster; the runner knows this file only.
 */
import type { PortName, Topology, TopologyNode } from "../topology/topology.ts";

/** `host:port` of every port of every node, by node id and port name. */
export interface AddressBook {
  /** @throws Error when the node or port does not exist: a bug in a topology. */
  address(nodeId: string, port: string): string;
  /**
   * The address to use for a link: the target's own, or that of whatever stands in front of it.
   * @throws Error when the topology does not list the link: faults could not reach it.
   */
  linkAddress(from: string, to: string, port: string): string;
}

export interface NodeCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to PATH, HOME and the like; nothing else of hunt's own environment reaches a node. */
  readonly env: Readonly<Record<string, string>>;
  /** Scheduling priority, -20 (first) to 19; a value below 0 needs root and is noted in the log if refused. */
  readonly nice?: number;
  /** It gets a connection to the keeper as its file 3, and works on the other nodes (`handed-backend.ts`). */
  readonly client?: true;
  /** Ports of the node on which hunt itself listens: taken already when the node starts. */
  readonly heldPorts?: readonly PortName[];
  /** It refuses to run as root: where hunt is root, it runs as another user. */
  readonly unprivileged?: true;
  /** What asks it to end; SIGTERM when absent. */
  readonly stopSignal?: NodeJS.Signals;
  /** When it fails, the keeper starts the node again with the same command. Not where a program has `revive`. */
  readonly liveness?: Probe;
  /** Whether it can serve; what changes is told, and nothing is done. */
  readonly readiness?: Probe;
}

/** How the keeper asks a node, again and again, as an orchestrator of containers does. */
export interface Probe {
  /**
   * `http`: an address and path that has to answer 2xx. `tcp`: an address that has to answer what is sent
   * with what is expected; that a connection was taken says nothing of a process that is paused.
   */
  readonly ask:
    | { readonly http: string }
    | { readonly tcp: string; readonly send: string; readonly expect: string };
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** How many in a row make it failed. */
  readonly failures: number;
  /** From a start on, failures do not count so long, or until the first answer; the bound of its start when absent. */
  readonly graceMs?: number;
}

/** News of a probe; what stays as it was is none. */
export interface ProbeNews {
  readonly nodeId: string;
  readonly pid: number;
  readonly probe: "liveness" | "readiness";
  /** `failed` of `liveness`: the node is stopped now, and then started again, unless that fails. */
  readonly state: "passed" | "failed" | "restart-failed";
  /** What it answered. */
  readonly detail: string;
  /** By the monotonic clock, milliseconds. */
  readonly atMonotonicMs: number;
}

export interface ProgramContext {
  readonly node: TopologyNode;
  readonly topology: Topology;
  readonly addresses: AddressBook;
  /** A folder of the node's own, made before start and removed after the run. */
  readonly dataDir: string;
}

/** Programs that run to their end for a node, one after the other: its user, its folder, its log. */
export interface Steps {
  /** Aborts when the work is over its bound, or not wanted any more. */
  readonly signal: AbortSignal;
  /** Resolves when the program has ended with 0. @throws HuntError with its last lines when it did not. */
  run(command: NodeCommand): Promise<void>;
}

/** Work beside the start of a node. Its steps are children of the keeper, as nodes are. */
export interface NodeWork<Subject> {
  /** Of all of it; a step that still runs then is ended. */
  readonly timeoutMs: number;
  run(subject: Subject, steps: Steps): Promise<void>;
}

/** How one kind of node is started, and how hunt knows that it serves. */
export interface NodeProgram {
  /** Before the first start, and before one without data: initdb, a base copy. The folder is there, and empty. */
  readonly prepare?: NodeWork<ProgramContext>;
  /** Once, when all nodes of one of the topology's clusters serve; they come in start order. */
  readonly bootstrap?: NodeWork<readonly ProgramContext[]>;
  /**
   * Before every later start, on the data that the node left: a primary that was replaced makes itself a
   * standby. The node is then started with `command`, asked anew.
   */
  readonly revive?: NodeWork<ProgramContext>;
  command(context: ProgramContext): NodeCommand;
  /** As `command`, for a node without data that joins a group which goes on without it. */
  rejoinCommand?(context: ProgramContext): NodeCommand;
  /** One real call against the node; rejects while it does not serve. Called until it resolves. */
  checkReady(context: ProgramContext, signal: AbortSignal): Promise<void>;
  /**
   * For a kind whose nodes start faster one after the other: awaited before the next node of the same
   * stage is started, for a moment at most. What it rejects with is ignored; `checkReady` decides.
   */
  waitBeforeNext?(context: ProgramContext, signal: AbortSignal): Promise<void>;
  /** Bound of start to ready, of every node or by its settings. */
  readonly readyTimeoutMs: number | ((node: TopologyNode) => number);
  /** Stop signal to SIGKILL. */
  readonly stopTimeoutMs: number;
}

export interface NodeExit {
  readonly nodeId: string;
  readonly pid: number;
  /** Exit code, or undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /**
   * True when a hunt asked for it, by a stop or by a signal that ends a process; or when a node that was
   * started with `startNode` finished with exit code 0.
   */
  readonly expected: boolean;
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** User and system time of all that descended from it; 0 when the keeper was killed with the node and nobody could tell. */
  readonly cpuSeconds: number;
  /** As cpuSeconds. */
  readonly rssMaxBytes: number;
}

export interface NodeStatus {
  readonly nodeId: string;
  readonly pid: number;
  readonly state: "starting" | "ready" | "paused" | "stopping" | "exited";
  /** How often it was started, its first start included. */
  readonly starts: number;
  /** Wall clock of its last start, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The same by the monotonic clock: for how long it has run. */
  readonly startedMonotonicMs: number;
  readonly logPath: string;
}

/** What a node costs, with all that descends from it. Counters hold what ended processes of it had used. */
export interface NodeFigures {
  readonly nodeId: string;
  readonly pid: number;
  readonly cpuSeconds: number;
  /** What several of its processes map in common, files and shared memory, counts once. */
  readonly rssBytes: number;
  /** Handed to the disk layer; undefined where it may not be read. */
  readonly bytesWritten: number | undefined;
  readonly processes: number;
}

export interface Backend extends AsyncDisposable {
  readonly topology: Topology;
  readonly addresses: AddressBook;
  status(): readonly NodeStatus[];
  /** Asks what became of the nodes: others may have paused, resumed or started one. */
  refresh(): Promise<void>;
  /** Of every node that runs, those of `startNode` included; read by the keeper. */
  figures(): Promise<readonly NodeFigures[]>;
  /** What a client of its keeper has to know of it. */
  handover(): BackendHandover;
  /** The last lines of a node's log, oldest first. */
  lastLines(nodeId: string, count: number): Promise<readonly string[]>;
  /**
   * Starts one more node, such as the load generator, as a child of the same keeper. Its ports and its
   * data folder exist when `command` is called, and `addresses` knows the ports from then on. The node
   * is not waited for, and it may finish by itself.
   */
  startNode(
    node: TopologyNode,
    command: NodeCommand | ((context: ProgramContext) => NodeCommand),
    stopTimeoutMs: number,
  ): Promise<NodeStatus>;
  /** SIGSTOP, SIGCONT and SIGKILL go to all that descends from the node, any other to its process group. */
  signalNode(nodeId: string, signal: NodeJS.Signals): Promise<void>;
  /** Its stop signal, then SIGKILL after the node's bound. Resolves when all that descends from it is gone. */
  stopNode(nodeId: string): Promise<NodeExit>;
  /**
   * Stops the node if it runs, and starts it again on the same ports and with the data that it left: with
   * the same command, or as its program revives it. Resolves when it serves; what it costs and how it ends is a new node's from then on.
   * @throws HuntError when a port of it is taken by now, or when it does not serve within its bound; or
   * the reason of `signal`.
   */
  restartNode(nodeId: string, signal: AbortSignal): Promise<NodeStatus>;
  /**
   * As `restartNode`, with the program's `rejoinCommand` and without the data that the node left; it is
   * prepared anew.
   * @throws Error when the program has no such command.
   */
  rejoinNode(nodeId: string, signal: AbortSignal): Promise<NodeStatus>;
  /** Resolves when the node has ended, for whatever reason. */
  waitForExit(nodeId: string): Promise<NodeExit>;
  /**
   * Called for every end of a node, at once for those that have ended already; a second call replaces
   * nothing, all listeners are kept.
   */
  onExit(listener: (exit: NodeExit) => void): void;
  /** Called for what its nodes' probes find, at once for what they have found already; all listeners are kept. */
  onProbe(listener: (news: ProbeNews) => void): void;
  /**
   * Lets other hunts find it by its name and work on it beside this one, while this one lives. Only where
   * `RuntimeOptions.stay` was given.
   */
  share(): Promise<void>;
  /** Stops everything in reverse order, bounded; removes data folders. Idempotent. */
  stop(): Promise<readonly NodeExit[]>;
  /**
   * Lets the backend outlive this process and lets go of it: `stop` does nothing any more. Only where
   * `RuntimeOptions.stay` was given.
   */
  stay(): Promise<void>;
}

export interface BackendHandover {
  readonly topology: Topology;
  /** By `<node>:<port name>`. */
  readonly ports: Readonly<Record<string, number>>;
  readonly dataRoot: string;
  readonly logsDir: string;
}

/** A backend that stays, for one of the hunts that look at it or work on it. */
export interface AttachedBackend extends Backend {
  readonly name: string;
  readonly runId: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The command that started it. */
  readonly startedBy: "up" | "bench";
  /** The node's own data folder. */
  dataDirOf(nodeId: string): string;
  /** Lets go of it; it goes on. */
  detach(): void;
}

export interface RuntimeOptions {
  readonly runId: string;
  /** Where `logs/<node>.log` go. */
  readonly logsDir: string;
  readonly programs: Readonly<Record<string, NodeProgram>>;
  readonly signal: AbortSignal;
  /** First port to use, counting up; free ports are chosen when it is absent. */
  readonly portBase?: number;
  readonly onProgress: (message: string) => void;
  /** The backend may stay when this process ends; see `Backend.stay`. */
  readonly stay?: StayOptions;
}

export interface StayOptions {
  readonly name: string;
  /** Holds one folder per backend that stays. */
  readonly root: string;
  readonly startedBy: "up" | "bench";
}

export interface Runtime {
  readonly name: "local" | "docker" | "external";
  /**
   * Starts all stages; on failure stops what was started and throws a HuntError (exit code 3). When
   * `options.signal` aborts it does the same and throws the signal's reason; once `up` has resolved the
   * signal means nothing more.
   */
  up(topology: Topology, options: RuntimeOptions): Promise<Backend>;
}
