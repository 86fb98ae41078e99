/** `hunt down`: ends a backend that stays and removes everything of it. Done twice it does no harm. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { holderOfOtherVersion, placeOf } from "../../runtime/local/kept/backend-state.ts";
import {
  clearAway,
  endUnreachableKeeper,
  findBackend,
  sinceText,
} from "../../runtime/local/kept/kept-backends.ts";
import type { NodeExit } from "../../runtime/runtime.ts";
import { backendName, backendsRoot, type NameFlags, openBackend } from "./kept-backend.ts";

export interface DownFlags extends NameFlags {
  readonly json?: boolean;
}

interface Ending {
  readonly found: string;
  readonly stopped: readonly NodeExit[];
  readonly words: string;
}

/** @throws HuntError (2: it is being started; 3: its keeper can't be ended). */
export async function downCommand(environment: Environment, flags: DownFlags): Promise<void> {
  const name = backendName(flags);
  const { found, stopped, words } = await end(environment, flags, name);
  if (flags.json === true) {
    environment.stdout.write(
      `${JSON.stringify({ schemaVersion: 1, name, found, stopped }, null, 2)}\n`,
    );
    return;
  }
  for (const exit of stopped) {
    const how = exit.signal ?? `exit code ${exit.code}`;
    environment.stdout.write(`${exit.nodeId} (pid ${exit.pid}) ended with ${how}\n`);
  }
  environment.stdout.write(`${words}\n`);
}

async function end(environment: Environment, flags: DownFlags, name: string): Promise<Ending> {
  const root = backendsRoot(environment);
  const found = await findBackend(root, name);
  const { kind } = found;
  if (kind === "absent") {
    return { found: kind, stopped: [], words: `no backend "${name}" is up; nothing to do` };
  }
  if (kind === "starting") throw stillStarting(name, found.state.owner.pid);
  if (kind === "damaged") await refuseOther(root, name);
  if (kind === "gone" || kind === "damaged") {
    await clearAway(root, name);
    const why =
      kind === "gone"
        ? `it was not running any more since ${sinceText(found)}`
        : `its state could not be read (${found.why})`;
    const words = `backend "${name}": ${why}; its data, its socket and its state were removed`;
    return { found: kind, stopped: [], words };
  }
  const stopped = await stopBackend(environment, flags);
  await untilAbsent(root, name);
  const words = `backend "${name}" is down: its processes, data, logs of hunt up and state are gone`;
  return { found: kind, stopped, words };
}

/** What another version of hunt started would go on without anybody who can find it. */
async function refuseOther(root: string, name: string): Promise<void> {
  const owner = await holderOfOtherVersion(placeOf(root, name));
  if (owner === undefined) return;
  throw new HuntError({
    code: "usage.backend-of-other-version",
    exitCode: exitCodes.usage,
    message: `backend "${name}" was started by another version of hunt, and its keeper (pid ${owner.pid}) is alive`,
    hint: `Nothing was done. End it with that hunt, or with kill -TERM ${owner.pid}: the keeper then ends its nodes.`,
  });
}

async function stopBackend(
  environment: Environment,
  flags: DownFlags,
): Promise<readonly NodeExit[]> {
  try {
    const backend = await openBackend(environment, flags);
    const ran = backend.status().flatMap(({ nodeId, state }) => (state === "exited" ? [] : nodeId));
    const ended = await backend.stop();
    return ended.filter((exit) => ran.includes(exit.nodeId));
  } catch (error) {
    if (!(error instanceof HuntError)) throw error;
    if (error.code === "runtime.keeper-lost") return [];
    const unheard = ["runtime.keeper-unreachable", "runtime.keeper-silent"];
    if (!unheard.includes(error.code)) throw error;
    await endUnreachableKeeper(backendsRoot(environment), backendName(flags));
    return [];
  }
}

/** The keeper removes the folder as its last act; what it can't, because it was killed, is removed here. */
async function untilAbsent(root: string, name: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const found = await findBackend(root, name);
    if (found.kind === "absent") return;
    if (found.kind === "gone") return clearAway(root, name);
    await sleep(100);
  }
}

function stillStarting(name: string, pid: number): HuntError {
  return new HuntError({
    code: "usage.backend-starting",
    exitCode: exitCodes.usage,
    message: `backend "${name}" is still being started by hunt (pid ${pid})`,
    hint: `Interrupt that hunt (Ctrl-C, or kill -INT ${pid}): it stops what it has started.`,
  });
}
