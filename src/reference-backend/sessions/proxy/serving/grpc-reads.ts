/**
 * The read path over gRPC: hunt.sessions.v1.SessionReads/GetState, with gRPC's framing done here as
 * in the gateway (gateway/play-server.ts). An answer is one frame and its trailers.
 */

import type { Buffer } from "node:buffer";
import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FrameReader, frame } from "../../../etcd-client/grpc-frames.ts";
import type { Address } from "../../../service-kit/flags.ts";
import { reasonOf } from "../../../service-kit/reason-of.ts";
import { GetStateRequestSchema, SessionStateSchema } from "../../gen/sessions_pb.ts";
import type { ProxyProcess } from "../proxy-process.ts";
import type { ReadCounters } from "./http-reads.ts";
import type { ReadAnswer, RefusedWhy } from "./session-reads.ts";

const getStatePath = "/hunt.sessions.v1.SessionReads/GetState";
const windowBytes = 4 * 1024 * 1024;
const sessionsMax = 1024;
const streamsPerSessionMax = 1024;
const requestBytesMax = 4096;
/** A call that sends no whole request, or does not take its answer, is cut. */
const callIdleMs = 5000;

const invalidArgument = 3;
const unimplemented = 12;
const status: Readonly<Record<RefusedWhy, number>> = {
  "not-found": 5,
  late: 4,
  unavailable: 14,
};

export class GrpcReads {
  readonly #proxy: ProxyProcess;
  readonly #counters: ReadCounters;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(proxy: ProxyProcess, counters: ReadCounters) {
    this.#proxy = proxy;
    this.#counters = counters;
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

  /** @throws when the address cannot be bound. */
  async listen({ host, port }: Address): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /** Lets open calls finish; connections that stay are cut after `withinMs`. */
  async close(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
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
    session.on("error", () => undefined);
    session.once("close", () => this.#sessions.delete(session));
  }

  #open(stream: ServerHttp2Stream, path: string | undefined): void {
    const startMs = performance.now();
    // What ends a stream shows in "close"; the event only keeps it from ending the process.
    stream.on("error", () => undefined);
    stream.setTimeout(callIdleMs, () => stream.close(constants.NGHTTP2_CANCEL));
    if (path !== getStatePath) {
      refuse(stream, unimplemented, `only ${getStatePath} is served`);
      return;
    }
    let unread = 0;
    let asked = false;
    const frames = new FrameReader((message) => {
      if (asked) throw new RangeError("one request is expected");
      asked = true;
      this.#get(stream, message, startMs);
    });
    stream.on("data", (chunk: Buffer) => {
      try {
        unread += chunk.length;
        if (unread > requestBytesMax) throw new RangeError(`over ${requestBytesMax} bytes`);
        frames.push(chunk);
      } catch (error) {
        refuse(stream, invalidArgument, reasonOf(error));
      }
    });
    stream.on("end", () => {
      if (!asked) refuse(stream, invalidArgument, "no request came");
    });
  }

  #get(stream: ServerHttp2Stream, message: Uint8Array, startMs: number): void {
    const { session, minRevision } = fromBinary(GetStateRequestSchema, message);
    if (session === "") {
      refuse(stream, invalidArgument, "session is empty");
      return;
    }
    const waiting = this.#proxy.read(session, Number(minRevision), (answer) =>
      this.#send(answer, stream, startMs),
    );
    if (waiting !== undefined) stream.once("close", () => this.#proxy.forget(waiting));
  }

  #send(answer: ReadAnswer, stream: ServerHttp2Stream, startMs: number): void {
    if (answer.type === "refused") {
      refuse(stream, status[answer.why], answer.reason);
      return;
    }
    if (stream.destroyed || stream.headersSent) return;
    const { revision, bytes } = answer.snapshot;
    const state = create(SessionStateSchema, { revision: BigInt(revision), json: bytes });
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(frame(toBinary(SessionStateSchema, state)), () =>
      this.#counters.onRead((performance.now() - startMs) * 1000),
    );
    this.#counters.totals.reads += 1;
    this.#counters.totals.bytes += bytes.length;
  }
}

function refuse(stream: ServerHttp2Stream, status: number, reason: string): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(
    {
      ":status": 200,
      "content-type": "application/grpc",
      "grpc-status": String(status),
      "grpc-message": encodeURIComponent(reason),
    },
    { endStream: true },
  );
}
