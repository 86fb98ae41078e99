/**
 * A NATS server with JetStream, whose streams survive a kill. One with a port `route` is of a cluster: the nodes
 * of the topology's cluster, which elect a leader.
 */
import { fetchText } from "../../metrics/collect/sources/fetch-text.ts";
import type { NodeProgram, ProgramContext } from "../../runtime/runtime.ts";
import { clusterOf, nodeFileName } from "../../topology/topology.ts";
import { addressParts } from "../address-parts.ts";
import { announcedAt, othersOf } from "../cluster-members.ts";
import { binaryPath } from "../programs/binaries.ts";

export const nats: NodeProgram = {
  command: (context) => {
    const { node, addresses, dataDir } = context;
    const client = addressParts(addresses.address(node.id, "client"));
    const monitor = addressParts(addresses.address(node.id, "monitor"));
    return {
      program: binaryPath("nats"),
      args: [
        ...["--name", nodeFileName(node.id), "--addr", client.host, "--port", String(client.port)],
        ...["--http_port", String(monitor.port), "--jetstream", "--store_dir", dataDir],
        ...["--client_advertise", announcedAt(context, "clients", "client")],
        ...(node.ports.includes("route") ? clusterArguments(context) : []),
      ],
      env: {},
    };
  },
  // It answers when it takes clients and has recovered every stream and consumer.
  checkReady: async ({ node, addresses }, signal) => {
    await fetchText(`http://${addresses.address(node.id, "monitor")}/healthz`, signal);
  },
  // The first election of a cluster's leader takes some seconds.
  readyTimeoutMs: 30_000,
  stopTimeoutMs: 1_500,
};

function clusterArguments(context: ProgramContext): string[] {
  const { node, topology, addresses } = context;
  const routes = othersOf(context).map(
    (other) => `nats://${announcedAt({ ...context, node: other }, "peers", "route")}`,
  );
  return [
    ...["--cluster_name", clusterOf(topology, node)?.name ?? node.id],
    ...["--cluster", `nats://${addresses.address(node.id, "route")}`],
    ...["--cluster_advertise", announcedAt(context, "peers", "route")],
    ...["--routes", routes.join(",")],
  ];
}
