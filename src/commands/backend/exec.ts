/**
 * `hunt exec NODE -- COMMAND...`: runs a command with what it needs to talk to a node in its environment,
 * in the node's data folder, on this terminal. Its exit code is hunt's.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { binaryPath } from "../../engines/programs/binaries.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import type { AttachedBackend } from "../../runtime/runtime.ts";
import { proxyNameOf } from "../../topology/proxy-name.ts";
import { linkProxyOf, type TopologyNode } from "../../topology/topology.ts";
import { lanesOfTopology, type NameFlags, openBackend, resolveNode } from "./kept-backend.ts";

/** @returns the command's exit code, or 128 and the number of the signal that ended it. */
export async function execCommand(
  environment: Environment,
  target: string,
  words: readonly string[],
  flags: NameFlags,
): Promise<number> {
  const [program, ...args] = words;
  if (program === undefined) throw noCommand(target);
  const backend = await openBackend(environment, flags);
  const node = await resolveNode(environment, backend, target).finally(() => {
    // The command may outlast anything; the backend does not need us meanwhile.
    backend.detach();
  });
  const cwd = backend.dataDirOf(node.id);
  return run(environment, { program, args, cwd, env: nodeVariables(environment, backend, node) });
}

/** Added to hunt's own environment. */
function nodeVariables(
  environment: Environment,
  backend: AttachedBackend,
  node: TopologyNode,
): Record<string, string> {
  const { addresses, topology } = backend;
  const links = new Set(topology.links.map(({ id }) => id));
  const own = node.ports.map((port) => [
    `HUNT_ADDRESS_${variableName(links.has(port) ? proxyNameOf(port) : port)}`,
    addresses.address(node.id, port),
  ]);
  const lanes = lanesOfTopology(topology);
  const hints = (node.lane === undefined ? lanes : lanes.filter(({ id }) => id === node.lane)).map(
    (lane) => lane.hints,
  );
  const ofLanes = hints.map((each) => each.variables(node, topology, addresses));
  const folders = hints.flatMap(({ program }) =>
    program === undefined ? [] : [dirname(binaryPath(program, environment.variables))],
  );
  const linkProxy = linkProxyOf(topology);
  const path = environment.variables["PATH"];
  return {
    ...Object.fromEntries(own),
    HUNT_NODE: node.id,
    HUNT_BACKEND: backend.name,
    ...Object.assign({}, ...ofLanes),
    // Where toxiproxy-cli looks for it.
    ...(linkProxy === undefined
      ? {}
      : { TOXIPROXY_URL: `http://${addresses.address(linkProxy.id, "api")}` }),
    PATH: [...new Set(folders), ...(path === undefined ? [] : [path])].join(delimiter),
  };
}

function variableName(port: string): string {
  return port.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}

interface Run {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

async function run(environment: Environment, { program, args, cwd, env }: Run): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(program, args, {
    cwd,
    env: { ...environment.givenVariables, ...env },
    stdio: "inherit",
  });
  child.on("error", (error) => reject(notStarted(program, cwd, error)));
  child.on("exit", (code, signal) =>
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
  // Ctrl-C reaches the command from the terminal; a signal that was sent to hunt alone is passed on.
  const remove = environment.onInterrupt((signal) => {
    if (signal !== "SIGINT") child.kill(signal);
  });
  try {
    return await promise;
  } finally {
    remove();
  }
}

function noCommand(nodeId: string): HuntError {
  return new HuntError({
    code: "usage.no-command",
    exitCode: exitCodes.usage,
    message: `hunt exec ${nodeId}: a command was expected after --, got none`,
    hint: `For example: hunt exec ${nodeId} -- env`,
  });
}

function notStarted(program: string, cwd: string, error: Error): HuntError {
  return new HuntError({
    code: "usage.command-failed",
    exitCode: exitCodes.usage,
    message: `${program} could not be started in ${cwd}: ${error.message}`,
    hint: "It is looked for in the folder of hunt's own programs, then along PATH.",
    cause: error,
  });
}
