/** `hunt logs [NODE]`: the last lines of what nodes printed, and what they print from now on. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment, InterruptSignal } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { numberFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import type { BackendState } from "../../runtime/local/kept/backend-state.ts";
import { findBackend, notUp } from "../../runtime/local/kept/kept-backends.ts";
import { LogFollower, readLastLines } from "../../runtime/local/nodes/log-tail.ts";
import { nodeFileName, nodesOf } from "../../topology/topology.ts";
import { backendName, backendsRoot, type NameFlags, unknownNode } from "./kept-backend.ts";

export interface LogsFlags extends NameFlags {
  readonly lines?: string;
  readonly follow?: boolean;
}

const pollMs = 200;

interface Source {
  readonly id: string;
  readonly path: string;
}

/** @returns 0, or 130/143 when following was ended by a signal. @throws HuntError (exit code 2). */
export async function logsCommand(
  environment: Environment,
  nodeId: string | undefined,
  flags: LogsFlags,
): Promise<number> {
  const range = { flag: "--lines", min: 0, max: 10_000, integer: true };
  const count = numberFlag(flags.lines ?? (nodeId === undefined ? "10" : "50"), range);
  const root = backendsRoot(environment);
  const name = backendName(flags);
  const found = await findBackend(root, name);
  // The logs of a backend whose keeper was killed say why.
  if (found.kind !== "up" && found.kind !== "gone") throw await notUp(root, name, found);
  const sources = await sourcesOf(found.state, nodeId);
  const width = Math.max(...sources.map((source) => source.id.length));
  const print = (source: Source, line: string) => {
    const prefix = nodeId === undefined ? `${source.id.padEnd(width)} | ` : "";
    environment.stdout.write(`${prefix}${line}\n`);
  };
  const followers = await Promise.all(
    sources.map(async (source) => {
      const follower = await LogFollower.atEnd(source.path);
      return { source, follower };
    }),
  );
  for (const source of sources) {
    for (const line of count === 0 ? [] : await readLastLines(source.path, count)) {
      print(source, line);
    }
  }
  if (flags.follow !== true) return exitCodes.pass;
  return follow(environment, async () => {
    for (const { source, follower } of followers) {
      for (const line of await follower.newLines()) print(source, line);
    }
    return (await findBackend(root, name)).kind === "up";
  });
}

/** Until a signal, until nobody reads hunt's output, or until the backend is down. */
async function follow(environment: Environment, step: () => Promise<boolean>): Promise<number> {
  const end = new AbortController();
  let signal: InterruptSignal | undefined;
  const offInterrupt = environment.onInterrupt((received) => {
    signal = received;
    end.abort();
  });
  const offClosed = environment.onOutputClosed(() => end.abort());
  try {
    while (!end.signal.aborted) {
      if (!(await step())) {
        environment.stderr.write("the backend is not up any more\n");
        return exitCodes.pass;
      }
      await sleep(pollMs, undefined, { signal: end.signal }).catch(() => {});
    }
  } finally {
    offInterrupt();
    offClosed();
  }
  if (signal === undefined) return exitCodes.pass;
  return signalExitCode(signal);
}

async function sourcesOf(state: BackendState, nodeId: string | undefined): Promise<Source[]> {
  const planned = nodesOf(state.topology).map((node) => node.id);
  const files = await readdir(state.logsDir).catch((): string[] => []);
  const known = [...planned, "k6/1", "keeper"].filter(
    (id) => planned.includes(id) || files.includes(fileOf(id)),
  );
  if (nodeId !== undefined && !known.includes(nodeId)) throw unknownNode(nodeId, known);
  const wanted = nodeId === undefined ? planned : [nodeId];
  const missing = wanted.find((id) => !files.includes(fileOf(id)));
  if (missing === undefined) {
    return wanted.map((id) => ({ id, path: join(state.logsDir, fileOf(id)) }));
  }
  throw new HuntError({
    code: "usage.no-log",
    exitCode: exitCodes.usage,
    message: `${missing} has no log: ${join(state.logsDir, fileOf(missing))} does not exist`,
    hint: "The folder of the run that left this backend may have been moved or removed.",
  });
}

function fileOf(nodeId: string): string {
  return `${nodeFileName(nodeId)}.log`;
}
