/**
 * A Valkey server, its data in an append-only file: what it acknowledged survives a kill as far as `appendfsync`
 * says. One with a port `bus` is of a cluster: the nodes of the topology's cluster share the slots. A Redis
 * server takes the same arguments.
 */
import type { NodeProgram, ProgramContext } from "../../runtime/runtime.ts";
import type { TopologyNode } from "../../topology/topology.ts";
import { addressParts } from "../address-parts.ts";
import { announcedAt } from "../cluster-members.ts";
import { binaryPath } from "../programs/binaries.ts";
import { withValkey } from "./ask-valkey.ts";
import { createCluster } from "./create-cluster.ts";

/** A failover takes a little more than this. */
const nodeTimeoutMs = 600;

export const valkey: NodeProgram = {
  command: (context) => {
    const { node, addresses, dataDir } = context;
    const { host, port } = addressParts(addresses.address(node.id, "client"));
    return {
      program: binaryPath("valkey"),
      args: [
        ...["--bind", host, "--port", String(port), "--dir", dataDir],
        ...["--appendonly", "yes"],
        ...["--appendfsync", String(node.settings["appendfsync"] ?? "always")],
        // The file alone holds the data: a snapshot would be a second copy, and a fork under load.
        ...["--save", ""],
        ...(isClustered(node) ? clusterArguments(context) : []),
      ],
      env: {},
    };
  },
  bootstrap: {
    timeoutMs: 30_000,
    run: async (contexts, steps) => {
      if (contexts.every(({ node }) => isClustered(node))) await createCluster(contexts, steps);
    },
  },
  checkReady: async ({ node, addresses }, signal) => {
    const address = addresses.address(node.id, "client");
    // While a server loads its file it answers an error.
    const answer = await withValkey(address, signal, (call) => call("PING"));
    if (answer !== "PONG") throw new Error(`PING at ${address} was answered "${answer}"`);
  },
  // Measured: 1.9 to 3.1 s for an append-only file of 533 MB.
  readyTimeoutMs: 15_000,
  stopTimeoutMs: 1_500,
};

function isClustered({ ports }: TopologyNode): boolean {
  return ports.includes("bus");
}

function clusterArguments(context: ProgramContext): string[] {
  const { node, addresses } = context;
  const announced = addressParts(announcedAt(context, "clients", "client"));
  const bus = addressParts(announcedAt(context, "peers", "bus"));
  return [
    ...["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"],
    ...["--cluster-port", String(addressParts(addresses.address(node.id, "bus")).port)],
    ...["--cluster-node-timeout", String(node.settings["nodeTimeoutMs"] ?? nodeTimeoutMs)],
    // The loss of some slots must not stop the others.
    ...["--cluster-require-full-coverage", "no"],
    ...["--cluster-announce-ip", announced.host],
    ...["--cluster-announce-port", String(announced.port)],
    ...["--cluster-announce-bus-port", String(bus.port)],
    // A replica that comes back is wanted where it was.
    ...["--cluster-allow-replica-migration", "no"],
    ...["--repl-diskless-sync-delay", "0"],
  ];
}
