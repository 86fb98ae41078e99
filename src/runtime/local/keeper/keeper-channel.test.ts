/** A keeper's socket that breaks while something is asked. */
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { KeeperChannel, keeperLost } from "./keeper-channel.ts";

test("a socket that breaks fails what was asked, and nothing else of hunt", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = createConnection({ host: "127.0.0.1", port });
  await once(socket, "connect");
  const channel = new KeeperChannel(socket, socket);
  socket.on("close", () => channel.end(keeperLost()));

  const asked = channel.request({ op: "nodes" });
  socket.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));

  // An error that nobody listens for would end the test run.
  await expect(asked).rejects.toMatchObject({ code: "runtime.keeper-lost" });
});
