/** A client of one Play stream, for tests and measurements: sends operations, hears answers. */
import type { Buffer } from "node:buffer";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FrameReader, frame } from "../../../src/reference-backend/etcd-client/grpc-frames.ts";
import {
  type Answer,
  type OperationSchema,
  PlayRequestSchema,
  PlayResponseSchema,
} from "../../../src/reference-backend/sessions/gen/sessions_pb.ts";

const windowBytes = 4 * 1024 * 1024;

export class PlayClient {
  readonly stream: ClientHttp2Stream;
  /** How the stream ended: gRPC status and message, or the reset's code. */
  readonly ended: Promise<string>;
  readonly #session: ClientHttp2Session;

  constructor(address: string, onAnswers: (answers: readonly Answer[]) => void) {
    this.#session = connect(`http://${address}`, { settings: { initialWindowSize: windowBytes } });
    this.#session.on("error", () => undefined);
    this.#session.once("connect", () => this.#session.setLocalWindowSize(windowBytes));
    this.stream = this.#session.request({
      ":method": "POST",
      ":path": "/hunt.sessions.v1.Sessions/Play",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const frames = new FrameReader((bytes) =>
      onAnswers(fromBinary(PlayResponseSchema, bytes).answers),
    );
    this.stream.on("data", (chunk: Buffer) => frames.push(chunk));
    this.stream.on("error", () => undefined);
    let status: string | undefined;
    this.stream.on("trailers", (trailers) => {
      const message = decodeURIComponent(String(trailers["grpc-message"] ?? ""));
      status = `${trailers["grpc-status"]} ${message}`.trim();
    });
    this.ended = new Promise((resolve) => {
      this.stream.once("close", () => resolve(status ?? `reset ${this.stream.rstCode}`));
    });
  }

  send(operations: readonly MessageInitShape<typeof OperationSchema>[]): void {
    this.#write({ operations: [...operations] });
  }

  keepAlive(sessions: readonly string[]): void {
    this.#write({ keepAlives: [...sessions] });
  }

  close(): void {
    this.#session.destroy();
  }

  #write(request: MessageInitShape<typeof PlayRequestSchema>): void {
    this.stream.write(frame(toBinary(PlayRequestSchema, create(PlayRequestSchema, request))));
  }
}
