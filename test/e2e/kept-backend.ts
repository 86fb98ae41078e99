/** Folders of a test's own for backends that stay, and hunt commands on them; all of it ends with the test. */
import { readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { operatorsHome } from "../fixtures/operators-home.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { HuntProcess, type ProcessFacts, processFacts } from "./hunt-process.ts";

export interface NodeFacts {
  readonly id: string;
  readonly kind: string;
  readonly role: string | null;
  readonly pid: number | null;
  readonly state: string;
  readonly health: string;
  readonly restarts: number;
  readonly addresses: Readonly<Record<string, string>>;
  readonly logPath: string;
  readonly dataDir: string;
}

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class KeptBackends {
  readonly home = operatorsHome();
  /** Data folders are made below it. */
  readonly tmpDir = temporaryFolder();
  readonly #reportsDir = temporaryFolder();

  constructor() {
    onTestFinished(async () => {
      for (const name of this.names()) await this.run("down", "--name", name);
    });
  }

  start(...args: readonly string[]): HuntProcess {
    return this.startWith({}, ...args);
  }

  startWith(variables: Readonly<Record<string, string>>, ...args: readonly string[]): HuntProcess {
    return new HuntProcess(args, this.#reportsDir, {
      ...this.home.variables,
      TMPDIR: this.tmpDir,
      ...variables,
    });
  }

  async run(...args: readonly string[]): Promise<CommandEnd> {
    const hunt = this.start(...args);
    const { code } = await hunt.exited;
    return { code, out: hunt.out, err: hunt.err };
  }

  /** The command must end well; what it printed on stdout. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    expect(code, `${args.join(" ")}: ${err}`).toBe(0);
    return out;
  }

  async nodes(name = "default"): Promise<readonly NodeFacts[]> {
    return JSON.parse(await this.must("status", "--json", "--name", name)).nodes;
  }

  async node(id: string): Promise<NodeFacts> {
    const node = (await this.nodes()).find((each) => each.id === id);
    if (node === undefined) throw new Error(`status does not show ${id}`);
    return node;
  }

  keeper(name = "default"): ProcessFacts {
    const path = join(this.home.stateDir, "hunt", "backends", name, "state.json");
    return processFacts(JSON.parse(readFileSync(path, "utf8")).owner.pid);
  }

  names(): string[] {
    try {
      return readdirSync(join(this.home.stateDir, "hunt", "backends"));
    } catch {
      return [];
    }
  }

  /** Data folders of backends. */
  dataFolders(): string[] {
    return readdirSync(this.tmpDir).filter((name) => name.startsWith("hunt-"));
  }
}

export function processesOf(nodes: readonly NodeFacts[]): ProcessFacts[] {
  return nodes.flatMap((node) => (node.pid === null ? [] : processFacts(node.pid)));
}

/** Resolves when nothing listens at any address of the nodes. */
export async function expectNoListener(nodes: readonly NodeFacts[]): Promise<void> {
  for (const address of nodes.flatMap((node) => Object.values(node.addresses))) {
    expect(await listens(Number(address.split(":")[1])), address).toBe(false);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
