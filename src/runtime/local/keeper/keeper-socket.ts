/** The keeper of a backend that stays, as a hunt sees it that comes by its socket. */
import { createConnection, type Socket } from "node:net";
import { type Keeper, KeeperChannel, type KeeperEvents, keeperLost } from "./keeper-channel.ts";
import type { KeeperCommand, KeeperReply } from "./keeper-messages.ts";

const connectBoundMs = 2_000;

/** Undefined when nobody listens there: the keeper is gone. Rejects for any other reason. */
export async function connectKeeper(path: string, keeperPid: number): Promise<Keeper | undefined> {
  const socket = createConnection({ path });
  const { promise, resolve, reject } = Promise.withResolvers<Keeper | undefined>();
  socket.setTimeout(connectBoundMs, () => {
    reject(new Error(`no connection to ${path} within ${connectBoundMs / 1000} s`));
    socket.destroy();
  });
  socket.once("error", (error: NodeJS.ErrnoException) => {
    const nobody = ["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ECONNRESET"];
    if (nobody.includes(error.code ?? "")) resolve(undefined);
    else reject(error);
  });
  socket.once("connect", () => {
    socket.setTimeout(0);
    resolve(new KeeperSocket(socket, keeperPid));
  });
  return promise;
}

export class KeeperSocket implements Keeper {
  readonly closed: Promise<void>;
  readonly pid: number;
  readonly #socket: Socket;
  readonly #channel: KeeperChannel;

  constructor(socket: Socket, keeperPid: number) {
    this.#socket = socket;
    this.pid = keeperPid;
    this.#channel = new KeeperChannel(socket, socket);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("close", () => {
      this.#channel.end(keeperLost());
      resolve();
    });
  }

  listen(events: KeeperEvents): void {
    this.#channel.listen(events);
  }

  request(command: KeeperCommand, timeoutMs?: number): Promise<KeeperReply> {
    return this.#channel.request(command, timeoutMs);
  }

  /** It answered on its socket a moment ago, so the number is still its own. */
  kill(): void {
    try {
      process.kill(this.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }

  letGo(): void {
    this.#socket.destroy();
  }
}
