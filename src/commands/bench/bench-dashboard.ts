/**
 * The dashboard of `hunt bench`: `hunt watch` on the same terminal, as a process of its own, from the moment
 * at which the backend is up. It can be slow, hang, crash or be killed, and the run does not notice: bench
 * then says so, and goes on with plain lines. Lines of bench go to the dashboard's log while it is open.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseToBench, type ToDashboard } from "../../dashboard/screen/bench-messages.ts";
import type { Environment } from "../../environment.ts";
import { framesFlag } from "../../flag-values.ts";
import { lowerPriority } from "../../runner/machine/lower-priority.ts";
import { type LiveRun, plainView, type RunView } from "../../runner/run-view.ts";
import { isScreen } from "../watch/screen-flags.ts";
import { KeptTerminal } from "./kept-terminal.ts";

/** To put the screen back; after that it is killed. */
const closeBoundMs = 3000;
/** Of what a dashboard that crashed printed, the last so many characters are shown. */
const lastWordsLength = 2000;

export interface DashboardFlags {
  /** False after `--no-tui`. */
  readonly tui?: boolean;
  readonly json?: boolean;
  readonly frames?: string;
}

/** A dashboard in a terminal, else lines. */
export function benchView(environment: Environment, flags: DashboardFlags): RunView {
  const { stderr } = environment;
  if (flags.frames !== undefined) framesFlag(flags.frames);
  const wanted = flags.tui !== false && flags.json !== true && stderr.isTTY;
  return wanted && isScreen(environment) && inForeground(environment.pid)
    ? new BenchDashboard(environment, flags.frames)
    : plainView(stderr);
}

interface OpenDashboard {
  readonly child: ChildProcess;
  readonly terminal: KeptTerminal;
  readonly ended: Promise<void>;
}

class BenchDashboard implements RunView {
  readonly #environment: Environment;
  readonly #frames: string | undefined;
  readonly #listeners = new Set<() => void>();
  #open: OpenDashboard | undefined;
  #closing = false;

  constructor(environment: Environment, frames: string | undefined) {
    this.#environment = environment;
    this.#frames = frames;
  }

  line(text: string, where?: "timeline"): void {
    if (this.#open === undefined) this.#environment.stderr.write(`${text}\n`);
    else if (where === undefined) this.#tell({ kind: "line", text });
  }

  recording({ folder, note, faults }: LiveRun): void {
    const { nodeBinary, packageRoot, variables } = this.#environment;
    const terminal = new KeptTerminal(this.#environment.stdout);
    const program = join(packageRoot, "dist", "main.js");
    this.#closing = false;
    const frames = this.#frames === undefined ? [] : ["--frames", this.#frames];
    const child = spawn(nodeBinary, [program, "watch", folder.path, "--of-bench", ...frames], {
      stdio: ["inherit", "inherit", "pipe", "ipc"],
      // React is several times as slow without it.
      env: { ...variables, NODE_ENV: "production" },
    });
    if (child.pid !== undefined) lowerPriority(child.pid);
    let lastWords = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-lastWordsLength);
    });
    child.on("message", (message) => {
      const told = parseToBench(message);
      if (told?.kind === "note") note(told.text);
      if (told?.kind === "question") {
        const { number, question } = told;
        void faults(question).then((answer) => this.#tell({ kind: "answer", to: number, answer }));
      }
      if (told?.kind === "stop") for (const listener of this.#listeners) listener();
    });
    const ended = new Promise<void>((resolve) => {
      let over = false;
      const end = (how: string | undefined) => {
        if (over) return;
        over = true;
        this.#open = undefined;
        if (how !== undefined) {
          terminal.restore();
          const words = lastWords.trim() === "" ? "" : `: ${lastWords.trim()}`;
          this.line(`the dashboard ended (${how})${words}`);
        }
        if (!this.#closing) this.line(`lines from here on; hunt watch ${folder.runId} shows more`);
        resolve();
      };
      child.on("error", (error) => end(error.message));
      child.on("close", (code, signal) => end(signal ?? wordOf(code)));
    });
    this.#open = { child, terminal, ended };
  }

  processes() {
    const pid = this.#open?.child.pid;
    return pid === undefined ? [] : [{ nodeId: "dashboard", pid }];
  }

  async over(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#closing = true;
    this.#tell({ kind: "over" });
    const late = setTimeout(() => open.child.kill("SIGKILL"), closeBoundMs);
    await open.ended;
    clearTimeout(late);
  }

  onStop(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(message: ToDashboard): void {
    const child = this.#open?.child;
    // One that does not take messages any more is about to end, and says so itself.
    if (child?.connected === true) child.send(message, () => {});
  }
}

/** Undefined for an end that it chose itself: it has put the terminal back, and there is nothing to tell. */
function wordOf(code: number | null): string | undefined {
  return code === 0 || code === 130 || code === 143 ? undefined : `exit code ${code}`;
}

/** In the background a program that takes the terminal is stopped by it, and all of its group: the bench. */
function inForeground(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const [, , group, , , foreground] = fields;
    return group === foreground;
  } catch {
    return true;
  }
}
