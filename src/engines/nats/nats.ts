/** One NATS server by itself, with JetStream, whose streams survive a kill. */
import { fetchText } from "../../metrics/collect/fetch-text.ts";
import type { NodeProgram } from "../../runtime/runtime.ts";
import { nodeFileName } from "../../topology/topology.ts";
import { binaryPath } from "../binaries.ts";

export const nats: NodeProgram = {
  command: ({ node, addresses, dataDir }) => {
    const client = new URL(`tcp://${addresses.address(node.id, "client")}`);
    const monitor = new URL(`tcp://${addresses.address(node.id, "monitor")}`);
    return {
      program: binaryPath("nats"),
      args: [
        ...["--name", nodeFileName(node.id), "--addr", client.hostname, "--port", client.port],
        ...["--http_port", monitor.port, "--jetstream", "--store_dir", dataDir],
      ],
      env: {},
    };
  },
  // It answers when it takes clients and has recovered every stream and consumer.
  checkReady: async ({ node, addresses }, signal) => {
    await fetchText(`http://${addresses.address(node.id, "monitor")}/healthz`, signal);
  },
  readyTimeoutMs: 15_000,
  stopTimeoutMs: 1_500,
};
