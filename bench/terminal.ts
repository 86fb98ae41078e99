/** A program in a pseudo-terminal of its own, made by `script` of util-linux. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

const pollMs = 2;

export class Terminal {
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  #out = "";

  /** @param command words without blanks or quotes. */
  constructor(command: readonly string[], { columns, rows }: TerminalSize) {
    const script = `stty rows ${rows} cols ${columns}; exec ${command.join(" ")}`;
    this.#child = spawn("script", ["-qefc", script, "/dev/null"], {
      env: { ...process.env, CI: "", TERM: "xterm-256color", LC_ALL: "C.UTF-8", SHELL: "/bin/sh" },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#out += text;
      });
    }
    this.exited = new Promise((resolve) => {
      this.#child.on("close", resolve);
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("script (of util-linux) was not started");
    return this.#child.pid;
  }

  /** Characters written so far. */
  get length(): number {
    return this.#out.length;
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Milliseconds until what is written after `from` matches. @throws Error after `boundMs`. */
  async until(pattern: RegExp, from: number, boundMs = 20_000): Promise<number> {
    const begunMs = performance.now();
    while (!pattern.test(this.#out.slice(from))) {
      if (performance.now() - begunMs > boundMs) {
        throw new Error(`no ${pattern} within ${boundMs} ms: ${this.#out.slice(-500)}`);
      }
      await sleep(pollMs);
    }
    return performance.now() - begunMs;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
