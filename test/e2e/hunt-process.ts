/** A real `bin/hunt` as a child process, with a reports folder of its own; ended with its test. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));
const pollMs = 50;
/** Commands on run folders; the others know nothing of them. */
const ofRuns = ["bench", "report", "verdict"];

export interface HuntEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly command: string;
}

export class HuntProcess {
  readonly reportsDir: string;
  readonly exited: Promise<HuntEnd>;
  readonly #child: ChildProcess;
  #out = "";
  #err = "";

  constructor(
    args: readonly string[],
    reportsDir = temporaryFolder(),
    variables: Readonly<Record<string, string | undefined>> = {},
  ) {
    this.reportsDir = reportsDir;
    const reports = ofRuns.includes(args[0] ?? "") ? ["--reports", reportsDir] : [];
    this.#child = spawn(program, [...args, ...reports], {
      stdio: ["ignore", "pipe", "pipe"],
      // A run that the machine spoiled is judged as it is: a second one would have a second folder.
      env: { ...process.env, HUNT_RETRIES: "0", ...variables },
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#out += chunk.toString();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#err += chunk.toString();
    });
    this.exited = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => resolve({ code, signal }));
    });
    onTestFinished(() => {
      this.#child.kill("SIGKILL");
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("hunt was not started");
    return this.#child.pid;
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Nobody reads hunt's stdout and stderr any more. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Resolves when stderr matches; rejects with what was printed when hunt ends before that. */
  async untilPrinted(pattern: RegExp): Promise<void> {
    let ended = false;
    void this.exited.then(() => {
      ended = true;
    });
    while (!pattern.test(this.#err)) {
      if (ended) throw new Error(`hunt ended before it printed ${pattern}:\n${this.#err}`);
      await sleep(pollMs);
    }
  }

  /** Every process below hunt: the keeper and the nodes. */
  descendants(): ProcessFacts[] {
    return descendantsOf(this.pid);
  }

  /** The nodes whose command line matches. */
  nodes(pattern: RegExp): ProcessFacts[] {
    return this.descendants().filter((each) => pattern.test(each.command));
  }

  /** The only run folder. */
  runFolder(): string {
    const [name, ...others] = readdirSync(this.reportsDir);
    if (name === undefined || others.length > 0) throw new Error("expected one run folder");
    return join(this.reportsDir, name);
  }

  runDocument(): { state: { kind: string; reason?: string }; runId: string } {
    return JSON.parse(readFileSync(join(this.runFolder(), "run.json"), "utf8"));
  }
}

/** Resolves when none of the processes exists any more; rejects after the bound, naming what is left. */
export async function untilGone(
  processes: readonly ProcessFacts[],
  boundMs: number,
): Promise<void> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    const left = processes.filter(isAlive);
    if (left.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(
        `still there after ${boundMs} ms: ${left.map((each) => each.command).join("; ")}`,
      );
    }
    await sleep(pollMs);
  }
}

/** The same pid with another command line is another process. */
function isAlive(facts: ProcessFacts): boolean {
  return commandOf(facts.pid) === facts.command;
}

export function descendantsOf(root: number): ProcessFacts[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const below = (pid: number): number[] => {
    const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
    return children.flatMap((child) => [child, ...below(child)]);
  };
  return below(root).map(processFacts);
}

export function processFacts(pid: number): ProcessFacts {
  return { pid, command: commandOf(pid) };
}

function parentOf(pid: number): number | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[1] === undefined ? undefined : Number(fields[1]);
}

function commandOf(pid: number): string {
  return readOrUndefined(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ").trim() ?? "";
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
