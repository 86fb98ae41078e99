/**
 * One Valkey server by itself, its data in an append-only file: what it acknowledged survives a kill as far as
 * `appendfsync` says. A Redis server takes the same arguments.
 */
import { createConnection } from "node:net";
import type { NodeProgram, ProgramContext } from "../../runtime/runtime.ts";
import { binaryPath } from "../binaries.ts";

export const valkey: NodeProgram = {
  command: ({ node, addresses, dataDir }) => {
    const { hostname, port } = hostAndPort(addresses.address(node.id, "client"));
    return {
      program: binaryPath("valkey"),
      args: [
        ...["--bind", hostname, "--port", port, "--dir", dataDir],
        ...[
          "--appendonly",
          "yes",
          "--appendfsync",
          String(node.settings["appendfsync"] ?? "always"),
        ],
        // The file alone holds the data: a snapshot would be a second copy, and a fork under load.
        ...["--save", ""],
      ],
      env: {},
    };
  },
  checkReady: ping,
  // Measured: 1.9 to 3.1 s for an append-only file of 533 MB.
  readyTimeoutMs: 15_000,
  stopTimeoutMs: 1_500,
};

/** While a server loads its file it answers `-LOADING`. */
async function ping({ node, addresses }: ProgramContext, signal: AbortSignal): Promise<void> {
  const address = addresses.address(node.id, "client");
  const { hostname, port } = hostAndPort(address);
  const socket = createConnection({ host: hostname, port: Number(port), signal });
  socket.setEncoding("utf8").end("PING\r\n");
  let answer = "";
  for await (const text of socket) answer += text;
  if (answer !== "+PONG\r\n") throw new Error(`PING at ${address} was answered "${answer.trim()}"`);
}

function hostAndPort(address: string): { readonly hostname: string; readonly port: string } {
  return new URL(`tcp://${address}`);
}
