/**
 * The line protocol with a keeper, over whatever carries it: the pipes of the keeper that this hunt
 * started, or the socket of a backend that stays.
 */

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { exitCodes } from "../../../exit-codes.ts";
import { HuntError } from "../../../hunt-error.ts";
import { optional } from "../../../optional.ts";
import {
  type KeeperCommand,
  type KeeperExited,
  type KeeperProbed,
  type KeeperReply,
  type KeeperStarted,
  parseKeeperMessage,
} from "./keeper-messages.ts";

/** Every command is answered at once except `shutdown`; on a busy machine that is still well under this. */
const replyTimeoutMs = 10_000;

/** What a backend needs of its keeper. */
export interface Keeper {
  /** Resolves when the keeper is gone and all that it printed was handled. Never rejects. */
  readonly closed: Promise<void>;
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** What happened before is not told again; `nodes` lists it. */
  listen(events: KeeperEvents): void;
  /** @throws HuntError with the keeper's code and message, or when it is gone or silent. */
  request(command: KeeperCommand, timeoutMs?: number): Promise<KeeperReply>;
  /** Ends the keeper at once; the kernel ends its children with it. */
  kill(): void;
  /** Nothing of the keeper is heard any more, and nothing keeps this process from ending. */
  letGo(): void;
}

export interface KeeperEvents {
  onExited(exit: KeeperExited): void;
  onStarted(start: KeeperStarted): void;
  onProbed(news: KeeperProbed): void;
}

interface PendingReply {
  readonly resolve: (reply: KeeperReply) => void;
  readonly reject: (error: unknown) => void;
}

export class KeeperChannel {
  readonly #output: Writable;
  readonly #pending = new Map<number, PendingReply>();
  #events: KeeperEvents | undefined;
  #lastId = 0;
  #goneBecause: HuntError | undefined;

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    // A write to a keeper that has just died; `end` follows and fails whoever waits for a reply.
    output.on("error", () => {});
    // Where one socket is both, readline tells its errors again.
    createInterface({ input })
      .on("error", () => {})
      .on("line", (line) => this.#handle(line));
  }

  listen(events: KeeperEvents): void {
    this.#events = events;
  }

  async request(command: KeeperCommand, timeoutMs = replyTimeoutMs): Promise<KeeperReply> {
    if (this.#goneBecause !== undefined) throw this.#goneBecause;
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<KeeperReply>();
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      reject(
        keeperError(
          "runtime.keeper-silent",
          `the keeper did not answer "${command.op}" within ${timeoutMs / 1000} s`,
        ),
      );
    }, timeoutMs);
    this.#pending.set(id, { resolve, reject });
    this.#output.write(`${JSON.stringify({ id, ...command })}\n`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Fails what waits for a reply, and everything that is asked later. The first reason stays. */
  end(reason: HuntError): void {
    this.#goneBecause ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#goneBecause);
    this.#pending.clear();
  }

  #handle(line: string): void {
    const message = parseKeeperMessage(line);
    if (message.event === "exited") this.#events?.onExited(message);
    else if (message.event === "started") this.#events?.onStarted(message);
    else if (message.event === "probed") this.#events?.onProbed(message);
    else this.#handleReply(message);
  }

  #handleReply(message: KeeperReply): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error === undefined) pending?.resolve(message);
    else pending?.reject(keeperError(`runtime.${message.error.code}`, message.error.message));
  }
}

export function keeperError(code: string, message: string, cause?: unknown): HuntError {
  return new HuntError({
    code,
    exitCode: exitCodes.environment,
    message,
    ...optional({ cause }),
  });
}

export function keeperLost(): HuntError {
  return keeperError(
    "runtime.keeper-lost",
    "the keeper, the parent process of all nodes, is gone, and with it every node",
  );
}
