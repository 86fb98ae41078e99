/** A shell command in a pseudo-terminal of its own, made by `script` of util-linux; ended with its test. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

export class PseudoTerminal {
  /** The command's exit code. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #notes = temporaryFolder();
  #out = "";

  constructor(command: string, { columns, rows }: { columns: number; rows: number }) {
    const script = [
      `tty > '${this.#note("tty")}'`,
      `stty rows ${rows} cols ${columns}`,
      command,
      "code=$?",
      `stty -a > '${this.#note("modes")}'`,
      "exit $code",
    ].join("\n");
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
    onTestFinished(() => {
      this.#child.kill("SIGKILL");
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("script (of util-linux) was not started");
    return this.#child.pid;
  }

  /** Everything that was written to it, escape sequences included. */
  get out(): string {
    return this.#out;
  }

  /** After the command: what `stty -a` said. */
  get modes(): string {
    return readFileSync(this.#note("modes"), "utf8");
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  resize(columns: number, rows: number): void {
    const tty = readFileSync(this.#note("tty"), "utf8").trim();
    execFileSync("stty", ["-F", tty, "rows", `${rows}`, "cols", `${columns}`]);
  }

  /** Waits until what was written after `from` matches, and returns where the match ends. */
  async until(pattern: RegExp, from = 0): Promise<number> {
    return vi.waitFor(
      () => {
        const match = pattern.exec(this.#out.slice(from));
        if (match === null) throw new Error(`no ${pattern} in: ${this.#out.slice(-2000)}`);
        return from + match.index + match[0].length;
      },
      { timeout: 30_000, interval: 50 },
    );
  }

  #note(name: string): string {
    return join(this.#notes, name);
  }
}
