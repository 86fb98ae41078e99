/** The server at the end of both probe links: it sends back what it gets. It lives and dies with hunt. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface EchoServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly address: string;
}

export async function startEchoServer(): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay().pipe(socket);
    // A probe that ends resets what is still under way.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the echo server has no port");
  return {
    address: `127.0.0.1:${bound.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
