/**
 * The keeper as a child process of hunt: its control pipe, its replies and its end. It runs in a
 * session of its own, so that a Ctrl-C in the terminal reaches hunt only. That pipe is what makes it
 * end everything when hunt dies: no other process may hold it, which Node sees to (close-on-exec).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import {
  type KeeperCommand,
  type KeeperExited,
  type KeeperReply,
  parseKeeperMessage,
} from "./keeper-messages.ts";

/** Every command is answered at once except `shutdown`; on a busy machine that is still well under this. */
const replyTimeoutMs = 10_000;

interface PendingReply {
  readonly resolve: (reply: KeeperReply) => void;
  readonly reject: (error: unknown) => void;
}

export interface KeeperOptions {
  readonly program: string;
  /** The whole environment of the keeper. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the keeper's own complaints go. */
  readonly logPath: string;
  readonly onExited: (exit: KeeperExited) => void;
}

export class KeeperProcess {
  /** Resolves when the keeper is gone and all that it printed was handled. Never rejects. */
  readonly closed: Promise<void>;
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, PendingReply>();
  #lastId = 0;
  #goneBecause: HuntError | undefined;

  constructor(options: KeeperOptions) {
    const log = openSync(options.logPath, "a");
    try {
      this.#process = spawn(options.program, [], {
        detached: true,
        env: { ...options.env },
        stdio: ["pipe", "pipe", log],
      });
    } finally {
      closeSync(log);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#process.on("error", (error) => {
      this.#end(environmentError("runtime.keeper-failed", `keeper: ${error.message}`, error));
      resolve();
    });
    this.#process.on("close", () => {
      this.#end(
        environmentError(
          "runtime.keeper-lost",
          "the keeper, the parent process of all nodes, is gone, and with it every node",
        ),
      );
      resolve();
    });
    // A write to a keeper that has just died; `close` follows and fails whoever waits for a reply.
    this.#process.stdin?.on("error", () => {});
    if (this.#process.stdout === null) throw new Error("the keeper has no stdout");
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.#handle(parseKeeperMessage(line), options.onExited);
    });
  }

  /** @throws HuntError with the keeper's code and message, or when it is gone or silent. */
  async request(command: KeeperCommand, timeoutMs = replyTimeoutMs): Promise<KeeperReply> {
    if (this.#goneBecause !== undefined) throw this.#goneBecause;
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<KeeperReply>();
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      reject(
        environmentError(
          "runtime.keeper-silent",
          `the keeper did not answer "${command.op}" within ${timeoutMs / 1000} s`,
        ),
      );
    }, timeoutMs);
    this.#pending.set(id, { resolve, reject });
    this.#process.stdin?.write(`${JSON.stringify({ id, ...command })}\n`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the keeper at once; the kernel ends its children with it. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #end(reason: HuntError): void {
    this.#goneBecause ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#goneBecause);
    this.#pending.clear();
  }

  #handle(message: KeeperReply | KeeperExited, onExited: KeeperOptions["onExited"]): void {
    if (message.event === "exited") {
      onExited(message);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error === undefined) pending?.resolve(message);
    else {
      pending?.reject(environmentError(`runtime.${message.error.code}`, message.error.message));
    }
  }
}

function environmentError(code: string, message: string, cause?: unknown): HuntError {
  return new HuntError({
    code,
    exitCode: exitCodes.environment,
    message,
    ...(cause === undefined ? {} : { cause }),
  });
}
