/** `hunt node VERB NODE`: one node of a backend that stays is stopped, killed, paused and brought back. */
import type { Environment, InterruptSignal } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { costOfLoss } from "../../lanes/faults-of-lanes.ts";
import { nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { AttachedBackend, NodeStatus } from "../../runtime/runtime.ts";
import { suggestionFor } from "../../suggestion.ts";
import { describeNodes } from "./describe-nodes.ts";
import { lanesOfTopology, type NameFlags, openBackend, resolveNode } from "./kept-backend.ts";

export interface NodeFlags extends NameFlags {
  readonly allowQuorumLoss?: boolean;
  readonly json?: boolean;
}

interface Verb {
  /** In which states of the node it makes sense. */
  readonly from: readonly NodeStatus["state"][];
  /** It takes the node away, if only for a while. */
  readonly takesAway: boolean;
  /** @returns what was done, as the end of a sentence that begins with the node. */
  act(backend: AttachedBackend, node: NodeStatus, signal: AbortSignal): Promise<string>;
}

const running = ["starting", "ready", "paused", "stopping"] as const;

const nodeVerbs: Readonly<Record<string, Verb>> = {
  start: {
    from: ["exited"],
    takesAway: false,
    async act(backend, { nodeId }, signal) {
      const { pid } = await backend.restartNode(nodeId, signal);
      return `serves again (pid ${pid})`;
    },
  },
  stop: {
    from: running,
    takesAway: true,
    async act(backend, { nodeId, pid }) {
      const { signal, code } = await backend.stopNode(nodeId);
      return `(pid ${pid}) was stopped: ${signal ?? `exit code ${code}`}; it stays down until hunt node start${nameFlag(backend.name)} ${nodeId}`;
    },
  },
  restart: {
    from: [...running, "exited"],
    takesAway: true,
    async act(backend, { nodeId, pid }, signal) {
      const status = await backend.restartNode(nodeId, signal);
      return `was restarted and serves (pid ${pid} before, ${status.pid} now)`;
    },
  },
  kill: {
    from: running,
    takesAway: true,
    async act(backend, { nodeId, pid }) {
      await backend.signalNode(nodeId, "SIGKILL");
      await backend.waitForExit(nodeId);
      return `(pid ${pid}) was killed with SIGKILL; it stays dead until hunt node start${nameFlag(backend.name)} ${nodeId}`;
    },
  },
  pause: {
    from: ["starting", "ready"],
    takesAway: true,
    async act(backend, { nodeId, pid }) {
      await backend.signalNode(nodeId, "SIGSTOP");
      return `(pid ${pid}) is paused with SIGSTOP until hunt node resume${nameFlag(backend.name)} ${nodeId}`;
    },
  },
  resume: {
    from: ["paused"],
    takesAway: false,
    async act(backend, { nodeId, pid }) {
      await backend.signalNode(nodeId, "SIGCONT");
      return `(pid ${pid}) goes on`;
    },
  },
};

/** @throws HuntError (2: it makes no sense now, or would cost the quorum; 3: it did not work). */
export async function nodeCommand(
  environment: Environment,
  verbName: string,
  target: string,
  flags: NodeFlags,
): Promise<void> {
  const verb = verbOf(verbName);
  const backend = await openBackend(environment, flags);
  const abort = new AbortController();
  const removeListener = environment.onInterrupt((signal) => {
    abort.abort(interrupted(signal, target));
  });
  try {
    const { id: nodeId } = await resolveNode(environment, backend, target);
    const node = backend.status().find((each) => each.nodeId === nodeId);
    if (node === undefined) throw new Error(`the keeper was never told to start ${nodeId}`);
    checkState(verbName, verb, node, backend.name);
    if (verb.takesAway && flags.allowQuorumLoss !== true) checkQuorum(backend, verbName, nodeId);
    const done = await verb.act(backend, node, abort.signal);
    await print(environment, backend, nodeId, done, flags);
  } finally {
    removeListener();
    backend.detach();
  }
}

async function print(
  environment: Environment,
  backend: AttachedBackend,
  nodeId: string,
  done: string,
  flags: NodeFlags,
): Promise<void> {
  if (flags.json !== true) {
    environment.stdout.write(`${nodeId} ${done}\n\nNext: hunt status${nameFlag(backend.name)}\n`);
    return;
  }
  const lanes = lanesOfTopology(backend.topology);
  const nodes = await describeNodes(backend, lanes, environment.clock.monotonicMs());
  const node = nodes.find((each) => each.id === nodeId);
  environment.stdout.write(`${JSON.stringify({ schemaVersion: 1, node }, null, 2)}\n`);
}

function verbOf(name: string): Verb {
  const verb = nodeVerbs[name];
  if (verb !== undefined) return verb;
  throw usage(
    "unknown-verb",
    `hunt node can't "${name}". ${suggestionFor(name, Object.keys(nodeVerbs))}`,
    {
      hint: "hunt node --help shows what can be done with a node.",
    },
  );
}

function checkState(name: string, verb: Verb, node: NodeStatus, backend: string): void {
  if (verb.from.includes(node.state)) return;
  const { nodeId, pid } = node;
  const is = {
    starting: `is running already (pid ${pid})`,
    ready: `is running already (pid ${pid})`,
    paused: `is paused (pid ${pid})`,
    stopping: `is being stopped (pid ${pid})`,
    exited: "is not running",
  }[node.state];
  const next = { exited: "start", paused: "resume" }[String(node.state)] ?? "restart";
  throw usage("node-state", `${nodeId} ${is}, so it can't be told to ${name}`, {
    hint: `Nothing was done. hunt node ${next}${nameFlag(backend)} ${nodeId} would be possible.`,
  });
}

function checkQuorum(backend: AttachedBackend, verb: string, nodeId: string): void {
  const serving = backend.status().filter((node) => node.state === "ready");
  const ids = new Set(serving.map((each) => each.nodeId));
  const { topology } = backend;
  const cost = costOfLoss(lanesOfTopology(topology), topology, ids, nodeId);
  if (cost === undefined) return;
  throw usage("quorum-loss", `to ${verb} ${nodeId} would ${cost}`, {
    hint: "Nothing was done. --allow-quorum-loss does it all the same.",
  });
}

function usage(code: string, message: string, { hint }: { readonly hint: string }): HuntError {
  return new HuntError({ code: `usage.${code}`, exitCode: exitCodes.usage, message, hint });
}

function interrupted(signal: InterruptSignal, nodeId: string): HuntError {
  return new HuntError({
    code: "interrupted",
    exitCode: signalExitCode(signal),
    message: `hunt was stopped by ${signal} and did not wait for ${nodeId} any more`,
    hint: "hunt status shows how it stands.",
  });
}
