/** A connection of hunt's own through a link, to see what becomes of connections there. */
import { connect } from "node:net";

export type ProbeEnd = "refused" | "reset" | "closed" | "open";

export interface Probed {
  readonly end: ProbeEnd;
  readonly afterMs: number;
}

/**
 * Connects, then sends one byte or its end. Resolves with what becomes of the connection; `open` after
 * `boundMs`.
 * @throws Error for what no link does, such as a missing route.
 */
export function probe(
  address: string,
  sends: "byte" | "end",
  boundMs: number,
  signal: AbortSignal,
): Promise<Probed> {
  const { promise, resolve, reject } = Promise.withResolvers<Probed>();
  const [host = "", port = ""] = address.split(":");
  const startedMs = performance.now();
  const socket = connect({ host, port: Number(port) });
  const tell = (end: ProbeEnd) => resolve({ end, afterMs: performance.now() - startedMs });
  const abandon = () => reject(signal.reason);
  signal.addEventListener("abort", abandon, { once: true });
  const timer = setTimeout(() => tell("open"), boundMs);
  socket.on("connect", () => (sends === "byte" ? socket.write("\0") : socket.end()));
  // Whatever the server says is of no interest, and its end is seen once it is read.
  socket.resume();
  socket.on("close", () => tell("closed"));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED") tell("refused");
    else if (error.code === "ECONNRESET") tell("reset");
    else reject(error);
  });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abandon);
    socket.destroy();
  });
}
