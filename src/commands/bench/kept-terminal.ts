/**
 * A terminal as it was before another program took it, for when that program is killed: nobody but us can
 * put it back then.
 */
import { spawnSync } from "node:child_process";
import type { OutputStream } from "../../output-stream.ts";

const sttyBoundMs = 1000;
/** Ends a synchronised update, bracketed paste and the alternate screen; shows the cursor. */
const leave = "\u001b[?2026l\u001b[?2004l\u001b[?1049l\u001b[?25h\u001b[0m";

export class KeptTerminal {
  readonly #stdout: OutputStream;
  readonly #modes: string | undefined;

  constructor(stdout: OutputStream) {
    this.#stdout = stdout;
    this.#modes = stty(["-g"])?.trim();
  }

  restore(): void {
    // Typing can't be seen, and Ctrl-C is not heard, in a terminal that is left in raw mode.
    if (this.#modes !== undefined && this.#modes !== "") stty([this.#modes]);
    this.#stdout.write(leave);
  }
}

/** Undefined where there is no `stty`, or stdin is no terminal: then nobody changed its modes. */
function stty(args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("stty", args, {
    stdio: ["inherit", "pipe", "ignore"],
    encoding: "utf8",
    timeout: sttyBoundMs,
  });
  return status === 0 ? stdout : undefined;
}
