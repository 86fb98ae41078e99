/**
 * The warden as a node: a child of the backend's keeper, and a client of it. It stands before a fault is
 * injected and outlives the hunt that injects; it needs nothing of the operator's environment.
 */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { binaryFile } from "../engines/programs/binaries.ts";
import { namedVariables } from "../engines/programs/named-programs.ts";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { identityOf, processIdentitySchema } from "../runtime/local/keeper/process-identity.ts";
import { handoverSchema } from "../runtime/local/kept/handed-backend.ts";
import type { Backend } from "../runtime/runtime.ts";
import type { TopologyNode } from "../topology/topology.ts";

const stopTimeoutMs = 1_000;
/** It starts in half a second; a machine under load takes a multiple of it. */
const readyBoundMs = 15_000;
const pollEveryMs = 25;
const lastLineCount = 3;

/** Its whole task, as JSON in this variable. */
export const taskVariable = "HUNT_WARDEN_TASK";
export const taskSchema = z.object({
  backend: handoverSchema,
  journalFolder: z.string(),
  injector: processIdentitySchema,
  packageRoot: z.string(),
});
export const readyLine = "ready";

export interface WardenFiles {
  readonly nodeBinary: string;
  /** The folder that holds `dist/`. */
  readonly packageRoot: string;
  readonly journalFolder: string;
  /** Another program than the one of this package, which knows the lanes that ship. */
  readonly program?: string | undefined;
}

export class Warden {
  readonly #backend: Backend;
  readonly #node: TopologyNode;
  readonly #files: WardenFiles;
  #standing: Promise<void> | undefined;

  /** @param id `warden/...`, one of the backend's for each hunt that injects. */
  constructor(backend: Backend, id: string, files: WardenFiles) {
    this.#backend = backend;
    this.#node = { id, kind: "tool", zone: "", ports: [], settings: {} };
    this.#files = files;
  }

  /** Resolves when it guards. @throws HuntError (exit code 3): it does not start. */
  async stand(): Promise<void> {
    await this.#standing?.catch(() => {});
    if (this.#standing !== undefined && this.#runs()) return;
    // Of a hunt that is dead, and on its way out: a fault of its id would still be in the journal.
    await this.end();
    this.#standing = this.#start();
    await this.#standing;
  }

  /** Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#runs()) await this.#backend.stopNode(this.#node.id);
  }

  #runs(): boolean {
    const found = this.#backend.status().find(({ nodeId }) => nodeId === this.#node.id);
    return found !== undefined && found.state !== "exited";
  }

  async #start(): Promise<void> {
    const backend = this.#backend;
    const { nodeBinary, packageRoot, journalFolder } = this.#files;
    const { program = join(packageRoot, "dist", "warden", "main.js") } = this.#files;
    const injector = await identityOf(process.pid);
    const task = { backend: backend.handover(), journalFolder, injector, packageRoot };
    const { pid } = await backend.startNode(
      this.#node,
      {
        program: nodeBinary,
        args: ["--enable-source-maps", program, `--of=${injector.pid}`],
        env: {
          [taskVariable]: JSON.stringify(task satisfies z.infer<typeof taskSchema>),
          HUNT_BIN_DIR: dirname(binaryFile("etcd", process.env)),
          ...namedVariables(process.env),
        },
        client: true,
      },
      stopTimeoutMs,
    );
    const bound = AbortSignal.timeout(readyBoundMs);
    for (;;) {
      const lines = await backend.lastLines(this.#node.id, lastLineCount);
      if (lines.includes(`${readyLine} ${pid}`)) return;
      if (bound.aborted || !this.#runs()) throw doesNotStand(this.#node.id, lines);
      await sleep(pollEveryMs);
    }
  }
}

function doesNotStand(id: string, lines: readonly string[]): HuntError {
  const words = lines.length === 0 ? "it printed nothing" : lines.join("\n  ");
  return new HuntError({
    code: "fault.no-warden",
    exitCode: exitCodes.environment,
    message: `${id}, which undoes a fault if hunt can't, was not ready within ${readyBoundMs / 1000} s: ${words}`,
    hint: "Nothing was injected.",
  });
}
