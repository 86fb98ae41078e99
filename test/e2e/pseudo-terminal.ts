/** A shell command in a terminal that ends with its test, and how the command left that terminal. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { Terminal, type TerminalSize } from "../fixtures/terminal.ts";

export class PseudoTerminal {
  readonly #terminal: Terminal;
  readonly #notes = temporaryFolder();

  constructor(command: string, size: TerminalSize) {
    const script = [
      `tty > '${this.#note("tty")}'`,
      command,
      "code=$?",
      `stty -a > '${this.#note("modes")}'`,
      "exit $code",
    ];
    this.#terminal = new Terminal(script.join("\n"), size);
    onTestFinished(() => this.#terminal.kill());
  }

  get pid(): number {
    return this.#terminal.pid;
  }

  /** The command's exit code. */
  get exited(): Promise<number | null> {
    return this.#terminal.exited;
  }

  get out(): string {
    return this.#terminal.out;
  }

  /** After the command: what `stty -a` said. */
  get modes(): string {
    return readFileSync(this.#note("modes"), "utf8");
  }

  type(keys: string): void {
    this.#terminal.type(keys);
  }

  resize(columns: number, rows: number): void {
    const tty = readFileSync(this.#note("tty"), "utf8").trim();
    execFileSync("stty", ["-F", tty, "rows", `${rows}`, "cols", `${columns}`]);
  }

  /** Waits until what was written after `from` matches, and returns where the match ends. */
  async until(pattern: RegExp, from = 0): Promise<number> {
    return vi.waitFor(
      () => {
        const match = pattern.exec(this.out.slice(from));
        if (match === null) throw new Error(`no ${pattern} in: ${this.out.slice(-2000)}`);
        return from + match.index + match[0].length;
      },
      { timeout: 30_000, interval: 50 },
    );
  }

  #note(name: string): string {
    return join(this.#notes, name);
  }
}
