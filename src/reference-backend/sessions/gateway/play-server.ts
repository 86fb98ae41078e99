/**
 * Serves hunt.sessions.v1.Sessions/Play over HTTP/2 with gRPC's framing done here. Measured at 8
 * streams and 8,000 operations/s with coalesced messages, this takes 17 us of CPU per operation
 * where connect-node takes 23 (12 against 41 with an operation per message); and bytes not yet
 * written, reading and windows are in plain sight, which rule 17 needs.
 *
 * Windows are 4 MiB: with HTTP/2's 64 KB a client 100 ms away gets 4,500 operations/s and no more.
 */
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { PlayStream } from "./play-stream.ts";
import type { SessionWriter } from "./session-writer.ts";

const playPath = "/hunt.sessions.v1.Sessions/Play";
const windowBytes = 4 * 1024 * 1024;
const sessionsMax = 1024;
const streamsPerSessionMax = 256;
const pingEveryMs = 5000;
const unimplemented = "12";

export interface PlayServerOptions {
  readonly host: string;
  readonly port: number;
  readonly writer: SessionWriter;
  readonly onDelivered: (operations: number) => void;
  readonly onDropped: (reason: string, peer: string) => void;
}

export class PlayServer {
  readonly #options: PlayServerOptions;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #plays = new Set<PlayStream>();

  constructor(options: PlayServerOptions) {
    this.#options = options;
    this.#server = createServer({
      settings: {
        initialWindowSize: windowBytes,
        maxConcurrentStreams: streamsPerSessionMax,
      },
    });
    this.#server.on("connection", (socket: Socket) => socket.setNoDelay(true));
    this.#server.on("session", (session) => this.#accept(session));
    this.#server.on("stream", (stream, headers) => this.#open(stream, headers[":path"]));
    // Broken connections are ended by node:http2; they concern only their client.
    this.#server.on("sessionError", () => undefined);
  }

  get streams(): number {
    return this.#plays.size;
  }

  /** Resolves with the port. @throws when the address cannot be bound. */
  async listen(): Promise<number> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every stream after what it was answered; connections that stay are cut after `withinMs`. */
  async close(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const play of this.#plays) play.stop();
    for (const session of this.#sessions) session.close();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
    }, withinMs);
    await closed;
    clearTimeout(timer);
  }

  #accept(session: ServerHttp2Session): void {
    if (this.#sessions.size >= sessionsMax) {
      session.destroy();
      return;
    }
    this.#sessions.add(session);
    session.setLocalWindowSize(windowBytes);
    const pinging = this.#keepAlive(session);
    session.on("error", () => undefined);
    session.once("close", () => {
      clearInterval(pinging);
      this.#sessions.delete(session);
    });
  }

  /** A peer that does not answer a ping before the next one is due is gone. */
  #keepAlive(session: ServerHttp2Session): NodeJS.Timeout {
    let unanswered = false;
    return setInterval(() => {
      if (unanswered) {
        this.#options.onDropped("it did not answer a ping", session.socket.remoteAddress ?? "");
        session.destroy();
        return;
      }
      unanswered = session.ping(() => {
        unanswered = false;
      });
    }, pingEveryMs);
  }

  #open(stream: ServerHttp2Stream, path: string | undefined): void {
    if (path !== playPath) {
      stream.on("error", () => undefined);
      stream.respond(
        {
          ":status": 200,
          "content-type": "application/grpc",
          "grpc-status": unimplemented,
          "grpc-message": "only hunt.sessions.v1.Sessions/Play is served",
        },
        { endStream: true },
      );
      return;
    }
    const socket = stream.session?.socket;
    const peer = `${socket?.remoteAddress}:${socket?.remotePort}`;
    const play = new PlayStream(stream, this.#options.writer, {
      delivered: this.#options.onDelivered,
      dropped: (reason) => this.#options.onDropped(reason, peer),
    });
    this.#plays.add(play);
    stream.once("close", () => this.#plays.delete(play));
  }
}
