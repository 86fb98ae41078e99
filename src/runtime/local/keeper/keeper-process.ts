/**
 * The keeper as a child process of hunt: its control pipe, its replies and its end. It runs in a
 * session of its own, so that a Ctrl-C in the terminal reaches hunt only. That pipe is what makes it
 * end everything when hunt dies: no other process may hold it, which Node sees to (close-on-exec).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import {
  type Keeper,
  KeeperChannel,
  type KeeperEvents,
  keeperError,
  keeperLost,
} from "./keeper-channel.ts";
import type { KeeperCommand, KeeperReply } from "./keeper-messages.ts";

export interface KeeperOptions {
  readonly program: string;
  /** The whole environment of the keeper. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the keeper's own complaints go. */
  readonly logPath: string;
}

export class KeeperProcess implements Keeper {
  readonly closed: Promise<void>;
  readonly #process: ChildProcess;
  readonly #channel: KeeperChannel;

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
    const { stdin, stdout } = this.#process;
    if (stdin === null || stdout === null) throw new Error("the keeper has no pipes");
    this.#channel = new KeeperChannel(stdout, stdin);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#process.on("error", (error) => {
      this.#channel.end(keeperError("runtime.keeper-failed", `keeper: ${error.message}`, error));
      resolve();
    });
    this.#process.on("close", () => {
      this.#channel.end(keeperLost());
      resolve();
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  listen(events: KeeperEvents): void {
    this.#channel.listen(events);
  }

  request(command: KeeperCommand, timeoutMs?: number): Promise<KeeperReply> {
    return this.#channel.request(command, timeoutMs);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  letGo(): void {
    this.#process.stdin?.destroy();
    this.#process.stdout?.destroy();
    this.#process.unref();
  }
}
