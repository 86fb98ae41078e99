/**
 * `sockets/1`: the small program that reads the kernel's figures of the run's TCP sockets over netlink
 * (`native/tools/cmd/sockets`). It runs beside the backend and is no part of the topology: nothing
 * connects to it but hunt, which asks it once per second.
 */
import type { AddressBook, Backend } from "../runtime/runtime.ts";
import { clusterOf, nodesOf, type Topology, type TopologyNode } from "../topology/topology.ts";
import { binaryPath } from "./programs/binaries.ts";

export const socketsNodeId = "sockets/1";

const node: TopologyNode = {
  id: socketsNodeId,
  kind: "sockets",
  zone: "a",
  ports: ["http"],
  settings: {},
};

const stopTimeoutMs = 1_000;

/** A port that is watched; `name` is its name at the node. */
export interface WatchedPort {
  readonly node: TopologyNode;
  readonly name: string;
}

/** The ports that links lead to, and those over which members of a cluster speak; always in the same order. */
export function watchedPorts(topology: Topology): WatchedPort[] {
  const linked = new Set(topology.links.map((link) => `${link.to}:${link.port}`));
  return nodesOf(topology).flatMap((each) =>
    each.ports
      .filter(
        (name) =>
          linked.has(`${each.id}:${name}`) ||
          (clusterOf(topology, each) !== undefined && name === "peer"),
      )
      .map((name) => ({ node: each, name })),
  );
}

/** Started as a child of the keeper; it answers a moment later. */
export async function startSockets(
  backend: Pick<Backend, "startNode" | "topology">,
): Promise<void> {
  await backend.startNode(
    node,
    ({ addresses }) => ({
      program: binaryPath("sockets"),
      args: [
        "--listen",
        addresses.address(socketsNodeId, "http"),
        "--ports",
        watchedPorts(backend.topology)
          .map((port) => portNumber(port, addresses))
          .join(","),
      ],
      env: {},
    }),
    stopTimeoutMs,
  );
}

function portNumber({ node: { id }, name }: WatchedPort, addresses: AddressBook): string {
  const address = addresses.address(id, name);
  return address.slice(address.lastIndexOf(":") + 1);
}
