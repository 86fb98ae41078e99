/**
 * A probe: connections that send messages at a steady pace to the echo server, and note when each came
 * back. Messages have one size and come back in order, so the n-th `messageBytes` are the n-th answer.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { messageBytes, type Traffic } from "./traffic.ts";

const connectBoundMs = 5_000;
/** For what is under way at the end; what takes longer counts as unanswered, with the time it had. */
const drainBoundMs = 3_000;
const drainPollMs = 20;

export interface RoundTrip {
  readonly sentMs: number;
  /** Of an unanswered one, when it was given up. */
  readonly doneMs: number;
  readonly answered: boolean;
}

/** The round trips of one connection, in the order in which they were sent. */
export type ConnectionTrace = readonly RoundTrip[];

export class Probe implements Disposable {
  readonly #connections: readonly ProbeConnection[];
  readonly #traffic: Traffic;

  private constructor(connections: readonly ProbeConnection[], traffic: Traffic) {
    this.#connections = connections;
    this.#traffic = traffic;
  }

  /** Opened before anything is lost, so that no opening has to be repeated. */
  static async open(address: string, traffic: Traffic, signal: AbortSignal): Promise<Probe> {
    const [host = "", port = ""] = address.split(":");
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(connectBoundMs)]);
    const connections = await Promise.all(
      Array.from({ length: traffic.connections }, async () => {
        const socket = connect(Number(port), host).setNoDelay();
        await once(socket, "connect", { signal: bounded }).catch((error: unknown) => {
          socket.destroy();
          throw error;
        });
        return new ProbeConnection(socket);
      }),
    );
    return new Probe(connections, traffic);
  }

  /** Sends for `forMs`, waits for what is under way, and returns a trace per connection. */
  async run(forMs: number, signal: AbortSignal): Promise<readonly ConnectionTrace[]> {
    const { everyMs, waits } = this.#traffic;
    const endMs = performance.now() + forMs;
    const timers = this.#connections.map((connection, index) => {
      const step = () => connection.send(waits);
      // The connections begin one after the other, so that they do not all send at once.
      const begin = setTimeout(
        () => {
          step();
          ticks.push(setInterval(step, everyMs));
        },
        (everyMs * index) / this.#connections.length,
      );
      return begin;
    });
    const ticks: NodeJS.Timeout[] = [];
    try {
      await sleep(Math.max(0, endMs - performance.now()), undefined, { signal });
    } finally {
      for (const timer of timers) clearTimeout(timer);
      for (const tick of ticks) clearInterval(tick);
    }
    const drainedByMs = performance.now() + drainBoundMs;
    while (performance.now() < drainedByMs && this.#connections.some((each) => each.waiting)) {
      await sleep(drainPollMs, undefined, { signal });
    }
    return this.#connections.map((each) => each.trace());
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection.close();
  }
}

class ProbeConnection {
  readonly #socket: Socket;
  readonly #message = Buffer.alloc(messageBytes, 1);
  readonly #sentMs: number[] = [];
  readonly #doneMs: number[] = [];
  #bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk.length));
    // What is not answered shows in the trace.
    socket.on("error", () => {});
  }

  get waiting(): boolean {
    return this.#doneMs.length < this.#sentMs.length;
  }

  send(waits: boolean): void {
    if ((waits && this.waiting) || this.#socket.destroyed) return;
    this.#sentMs.push(performance.now());
    this.#socket.write(this.#message);
  }

  trace(): ConnectionTrace {
    const nowMs = performance.now();
    return this.#sentMs.map((sentMs, index) => {
      const doneMs = this.#doneMs[index];
      return { sentMs, doneMs: doneMs ?? nowMs, answered: doneMs !== undefined };
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: number): void {
    const nowMs = performance.now();
    this.#bytes += bytes;
    while (this.#bytes >= messageBytes) {
      this.#bytes -= messageBytes;
      this.#doneMs.push(nowMs);
    }
  }
}
