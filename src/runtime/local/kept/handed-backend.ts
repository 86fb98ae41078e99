/**
 * A backend for a process that the keeper started as its client (`NodeCommand.client`): file 3 is its
 * connection. No path and no variable of the operator's environment leads to it.
 */
import { Socket } from "node:net";
import { z } from "zod";
import type { Topology } from "../../../topology/topology.ts";
import type { Backend, NodeProgram } from "../../runtime.ts";
import { KeeperSocket } from "../keeper/keeper-socket.ts";
import { LocalBackend } from "../local-backend.ts";
import { nodeEnvironment } from "../nodes/node-environment.ts";
import { topologySchema } from "./backend-state.ts";

const clientFile = 3;

/** What `Backend.handover` gives, as JSON. */
export const handoverSchema = z.object({
  topology: topologySchema,
  ports: z.record(z.string(), z.number()),
  dataRoot: z.string(),
  logsDir: z.string(),
});

export interface HandedBackend extends Backend {
  /** Resolves when the keeper is gone. */
  readonly keeperGone: Promise<void>;
}

export async function takeBackend(
  handover: z.infer<typeof handoverSchema>,
  programsOf: (topology: Topology) => Readonly<Record<string, NodeProgram>>,
): Promise<HandedBackend> {
  const socket = new Socket({ fd: clientFile, readable: true, writable: true });
  const keeper = new KeeperSocket(socket, process.ppid);
  const { topology, ports, dataRoot, logsDir } = handover;
  const backend = new LocalBackend({
    ...{ topology, dataRoot, logsDir, keeper },
    programs: programsOf(topology),
    baseEnv: nodeEnvironment(process.env),
    portBase: undefined,
    place: undefined,
  });
  await backend.findNodes(ports);
  return Object.assign(backend, { keeperGone: keeper.closed });
}
