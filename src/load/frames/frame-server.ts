/**
 * Where the swarm's frames arrive: a Unix socket in the generator's own folder, or loopback TCP where
 * that folder's path is too long for a socket. One generator connects; frames are handled one after
 * the other, and while `onSecond` works nothing more is read, so that what piles up does so in the
 * generator's bounded queue, where it is measured.
 *
 *   k6 ── hello, ready, second..., end ──▶ FrameServer ──▶ onSecond
 *      ◀── start, stop ──
 */

import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { RunStart } from "../../metrics/run-start.ts";
import { reasonOf } from "../../reason-of.ts";
import { encodeFrame, FrameDecoder } from "./frame-codec.ts";
import type { EndFrame, Frame, HelloFrame, ReadyFrame, SecondFrame } from "./frames.ts";
import { parseFrame } from "./frames.ts";

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the closing zero included. */
const maxSocketPathBytes = 100;

export interface FrameServerOptions {
  /** An existing folder that only this user can enter; whoever made it removes it. */
  readonly directory: string;
  /** `127.0.0.1:<port>`, used when the socket's path would be too long. */
  readonly fallbackAddress: string;
  onSecond(frame: SecondFrame): Promise<void> | void;
}

/** How the stream ended: with its `end` frame, or cut, and then why. */
export type StreamEnd =
  | { readonly complete: true; readonly end: EndFrame; readonly frames: number }
  | { readonly complete: false; readonly reason: string; readonly frames: number };

export interface FrameServer extends AsyncDisposable {
  /** For `--out`: `hunt=unix:<path>` or `hunt=tcp:127.0.0.1:<port>`. */
  readonly output: string;
  /** Rejects when the address can't be used. */
  readonly listening: Promise<void>;
  /** Rejects when the stream ends before the frame came. */
  readonly hello: Promise<HelloFrame>;
  readonly ready: Promise<ReadyFrame>;
  /** Resolves once, after the last frame has been handled; rejects only with what `onSecond` threw. */
  readonly ended: Promise<StreamEnd>;
  /** Tells the swarm which moment is run second 0. */
  start(start: RunStart): void;
  /** Asks the swarm to send nothing new, drain and end. */
  stop(): void;
}

/** Starts to listen at once, so that the address can be handed to a program that is started next. */
export function listenForFrames(options: FrameServerOptions): FrameServer {
  const stream = new FrameStream(options.onSecond);
  const server = createServer((socket) => stream.accept(socket));
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  listening.catch(() => undefined);
  const path = join(options.directory, "frames.sock");
  const fits = Buffer.byteLength(path) <= maxSocketPathBytes;
  const { hostname, port } = new URL(`tcp://${options.fallbackAddress}`);
  if (fits) server.listen(path);
  else server.listen(Number(port), hostname);
  return {
    output: fits ? `hunt=unix:${path}` : `hunt=tcp:${options.fallbackAddress}`,
    listening,
    hello: stream.hello.promise,
    ready: stream.ready.promise,
    ended: stream.ended.promise,
    start: ({ unixMs, monotonicMs }) => {
      const atMonotonicUs = Math.round(monotonicMs * 1000);
      stream.send({ type: "start", atUnixUs: Math.round(unixMs * 1000), atMonotonicUs });
    },
    stop: () => stream.send({ type: "stop" }),
    async [Symbol.asyncDispose]() {
      stream.close("hunt closed the stream");
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** One generator's stream, from its connection to its end. */
class FrameStream {
  readonly hello = Promise.withResolvers<HelloFrame>();
  readonly ready = Promise.withResolvers<ReadyFrame>();
  readonly ended = Promise.withResolvers<StreamEnd>();
  readonly #onSecond: FrameServerOptions["onSecond"];
  readonly #decoder = new FrameDecoder();
  #socket: Socket | undefined;
  #endFrame: EndFrame | undefined;
  #closedBecause: string | undefined;

  constructor(onSecond: FrameServerOptions["onSecond"]) {
    this.#onSecond = onSecond;
    // Whoever waits for them sees the rejection; nobody has to.
    for (const { promise } of [this.hello, this.ready, this.ended]) promise.catch(() => undefined);
  }

  accept(socket: Socket): void {
    if (this.#socket !== undefined || this.#closedBecause !== undefined) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    // A lost connection shows as the end of the stream; a listener keeps it from being thrown.
    socket.on("error", () => undefined);
    void this.#read(socket);
  }

  send(message: unknown): void {
    if (this.#socket?.writable === true) this.#socket.write(encodeFrame(message));
  }

  close(reason: string): void {
    this.#closedBecause ??= reason;
    if (this.#socket === undefined) this.#finish(reason);
    else this.#socket.destroy();
  }

  async #read(socket: Socket): Promise<void> {
    let reason: string | undefined;
    try {
      for await (const chunk of socket) {
        for (const payload of this.#decoder.push(chunk as Buffer)) {
          const frame = parseFrame(payload);
          try {
            await this.#handle(frame);
          } catch (error) {
            this.ended.reject(error);
            throw error;
          }
        }
      }
    } catch (error) {
      reason = reasonOf(error);
    } finally {
      socket.destroy();
    }
    this.#finish(this.#closedBecause ?? reason);
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case "hello":
        return this.hello.resolve(frame);
      case "ready":
        return this.ready.resolve(frame);
      case "second":
        await this.#onSecond(frame);
        return;
      case "end":
        this.#endFrame = frame;
        return;
    }
  }

  #finish(reason: string | undefined): void {
    const frames = this.#decoder.frames;
    const cut = reason ?? this.#cutReason();
    const notReached = new Error(`the generator's stream ended: ${cut}`);
    this.hello.reject(notReached);
    this.ready.reject(notReached);
    if (this.#endFrame !== undefined) {
      this.ended.resolve({ complete: true, end: this.#endFrame, frames });
    } else {
      this.ended.resolve({ complete: false, reason: cut, frames });
    }
  }

  #cutReason(): string {
    const pending = this.#decoder.pendingBytes;
    const where = `after ${this.#decoder.frames} frames`;
    if (pending > 0) return `it was cut inside a frame (${pending} bytes of it came) ${where}`;
    return `the connection closed without an end frame ${where}`;
  }
}
