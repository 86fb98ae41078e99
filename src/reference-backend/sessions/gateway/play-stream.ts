/**
 * One client's Play stream over HTTP/2, bounded in both directions by `stream-bounds.ts` (rule 17).
 *
 * Answers of one tick, so of one commit, leave in one message.
 */

import type { Buffer } from "node:buffer";
import { constants, type ServerHttp2Stream } from "node:http2";
import { FrameReader, frame } from "../../etcd-client/grpc-frames.ts";
import { reasonOf } from "../../service-kit/reason-of.ts";
import { decodePlay, encodeAnswers } from "./play-messages.ts";
import type { Answer, SessionWriter } from "./session-writer.ts";
import { StreamBounds, streamLimits } from "./stream-bounds.ts";

const messageBytesMax = 4 * 1024 * 1024;
/** A stream that ended is cut when its client reads nothing for so long. */
const endWithinMs = 5000;

/** gRPC status codes. */
const ok = 0;
const invalidArgument = 3;
const resourceExhausted = 8;
const unavailable = 14;

export interface PlayStreamHandlers {
  delivered(operations: number): void;
  /** It ended for a reason other than the client's own end. */
  dropped(reason: string): void;
}

export class PlayStream {
  readonly #stream: ServerHttp2Stream;
  readonly #writer: SessionWriter;
  readonly #handlers: PlayStreamHandlers;
  readonly #frames: FrameReader;
  readonly #sink = (answer: Answer): void => this.#answered(answer);
  #answers: Answer[] = [];
  readonly #bounds = new StreamBounds(streamLimits);
  #unread = 0;
  #clientEnded = false;
  #status: { code: number; message: string } | undefined;

  constructor(stream: ServerHttp2Stream, writer: SessionWriter, handlers: PlayStreamHandlers) {
    this.#stream = stream;
    this.#writer = writer;
    this.#handlers = handlers;
    this.#frames = new FrameReader((bytes) => this.#message(bytes));
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => this.#sendTrailers());
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.on("end", () => {
      this.#clientEnded = true;
      this.#endWhenAnswered();
    });
    // What ends a stream shows in "close"; the event only keeps it from ending the process.
    stream.on("error", () => undefined);
  }

  /** Sends what is answered, then ends: the gateway stops. */
  stop(): void {
    this.#end(unavailable, "the gateway is stopping");
  }

  #read(chunk: Buffer): void {
    if (this.#status !== undefined) return;
    this.#unread += chunk.length;
    if (this.#unread > messageBytesMax) {
      this.#drop(resourceExhausted, `a message of more than ${messageBytesMax} bytes`);
      return;
    }
    try {
      this.#frames.push(chunk);
    } catch (error) {
      this.#drop(invalidArgument, reasonOf(error));
    }
  }

  #message(bytes: Uint8Array): void {
    this.#unread = 0;
    const { operations, refused, keepAlives } = decodePlay(bytes);
    if (!this.#bounds.takes(operations.length)) {
      const most = streamLimits.unansweredMax;
      this.#drop(resourceExhausted, `more than ${most} operations in one message`);
      return;
    }
    this.#handlers.delivered(operations.length + refused.length);
    this.#bounds.arrived(operations.length + refused.length);
    for (const answer of refused) this.#answered(answer);
    for (const operation of operations) this.#writer.submit(operation, this.#sink);
    for (const session of keepAlives) this.#writer.keepAlive(session);
    if (!this.#bounds.reads) this.#stream.pause();
  }

  #answered(answer: Answer): void {
    this.#bounds.answered(1);
    if (this.#answers.push(answer) === 1) queueMicrotask(() => this.#flush());
    if (this.#bounds.reads && this.#stream.isPaused()) this.#stream.resume();
  }

  #flush(): void {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    if (this.#stream.destroyed || this.#status !== undefined) return;
    this.#stream.write(frame(encodeAnswers(answers)));
    if (this.#bounds.tooMuchUnread(this.#stream.writableLength)) {
      this.#handlers.dropped(`the client left ${this.#stream.writableLength} bytes unread`);
      this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    this.#endWhenAnswered();
  }

  #endWhenAnswered(): void {
    if (this.#clientEnded && this.#bounds.allAnswered && this.#answers.length === 0)
      this.#end(ok, "");
  }

  #drop(code: number, message: string): void {
    this.#handlers.dropped(message);
    this.#end(code, message);
  }

  #end(code: number, message: string): void {
    this.#flush();
    if (this.#status !== undefined) return;
    this.#status = { code, message };
    this.#stream.end();
    this.#stream.setTimeout(endWithinMs, () =>
      this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM),
    );
  }

  #sendTrailers(): void {
    const { code, message } = this.#status ?? { code: ok, message: "" };
    this.#stream.sendTrailers({
      "grpc-status": String(code),
      ...(message === "" ? {} : { "grpc-message": encodeURIComponent(message) }),
    });
    // A client that goes on sending must not keep the stream open.
    setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }
}
