/** `hunt status`: a backend that stays, and each of its nodes as it answers just now. */
import { binaryPath } from "../../engines/programs/binaries.ts";
import type { Environment } from "../../environment.ts";
import type { Lane } from "../../lanes/lane.ts";
import { backendNames, findBackend, nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { AttachedBackend } from "../../runtime/runtime.ts";
import { linkProxyOf, nodesOf, type Topology } from "../../topology/topology.ts";
import { describeNodes, type NodeDescription } from "./describe-nodes.ts";
import { backendsRoot, lanesOfTopology, type NameFlags, openBackend } from "./kept-backend.ts";
import { nextCommands, nodeTable, troubleLines } from "./status-text.ts";

export interface StatusFlags extends NameFlags {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** @throws HuntError (exit code 2) when the backend is not up. */
export async function statusCommand(environment: Environment, flags: StatusFlags): Promise<void> {
  if (flags.all === true) return listBackends(environment, flags);
  const backend = await openBackend(environment, flags);
  try {
    await printStatus(environment, backend, flags);
  } finally {
    backend.detach();
  }
}

/** As `hunt up` ends, too. */
export async function printStatus(
  environment: Environment,
  backend: AttachedBackend,
  flags: { readonly json?: boolean },
): Promise<void> {
  const lanes = lanesOfTopology(backend.topology);
  const nodes = await describeNodes(backend, lanes, environment.clock.monotonicMs());
  if (flags.json === true) {
    environment.stdout.write(`${JSON.stringify(statusDocument(backend, nodes), null, 2)}\n`);
    return;
  }
  const { name, topology, createdAt, startedBy, runId } = backend;
  environment.stdout.write(
    `backend "${name}": ${lanesText(topology)}, up since ${createdAt} by hunt ${startedBy} (${runId})\n\n`,
  );
  environment.stdout.write(nodeTable(nodes));
  environment.stdout.write(troubleLines(nodes));
  const hints = await Promise.all(lanes.map((lane) => hintsOf(environment, backend, lane, nodes)));
  const first = nodesOf(topology).find(({ owned }) => owned !== undefined)?.id;
  const links = linkProxyOf(topology);
  const proxies =
    links === undefined
      ? []
      : [`curl -s http://${backend.addresses.address(links.id, "api")}/proxies`];
  environment.stdout.write(nextCommands(backend, [...hints.flat(), ...proxies], first));
}

function hintsOf(
  { variables }: Environment,
  { name, topology }: AttachedBackend,
  { id, hints }: Lane,
  nodes: readonly NodeDescription[],
): Promise<readonly string[]> {
  const own = nodesOf(topology).filter(({ lane }) => lane === id);
  return hints.next({
    nodes: nodes.filter((node) => own.some((each) => each.id === node.id)),
    nameFlag: nameFlag(name),
    program: (program) => binaryPath(program, variables),
  });
}

function lanesText({ lanes }: Topology): string {
  return lanes.map(({ id, design }) => `${id}, design ${design}`).join("; ");
}

function statusDocument(backend: AttachedBackend, nodes: readonly NodeDescription[]) {
  const { name, runId, createdAt, startedBy, topology } = backend;
  return {
    schemaVersion: 2,
    name,
    state: "up",
    runId,
    createdAt,
    startedBy,
    lanes: topology.lanes,
    nodes,
  };
}

async function listBackends(environment: Environment, flags: StatusFlags): Promise<void> {
  const root = backendsRoot(environment);
  const names = await backendNames(root);
  const backends = await Promise.all(
    names.map(async (name) => {
      const found = await findBackend(root, name);
      const createdAt = "state" in found ? found.state.createdAt : null;
      return { name, state: found.kind, createdAt };
    }),
  );
  if (flags.json === true) {
    environment.stdout.write(`${JSON.stringify({ schemaVersion: 1, backends }, null, 2)}\n`);
    return;
  }
  if (backends.length === 0) {
    environment.stdout.write("no backend is up\n\nNext: hunt up\n");
    return;
  }
  for (const { name, state, createdAt } of backends) {
    environment.stdout.write(`${name}  ${state}  since ${createdAt ?? "?"}\n`);
  }
  environment.stdout.write("\nNext: hunt status --name NAME\n");
}
