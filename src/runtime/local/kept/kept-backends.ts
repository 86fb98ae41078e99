/**
 * Backends that stay: finding one by its name, taking a name, attaching to one, and clearing away what a
 * dead one left. Whether one lives is asked of the kernel (its keeper's pid, start and boot), never of a
 * file.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "../../../exit-codes.ts";
import { HuntError } from "../../../hunt-error.ts";
import { suggestionFor } from "../../../suggestion.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { AttachedBackend, NodeProgram, RuntimeOptions } from "../../runtime.ts";
import { connectKeeper } from "../keeper/keeper-socket.ts";
import { identityOf, isAlive, readBootId } from "../keeper/process-identity.ts";
import { removeData } from "../keeper/stragglers.ts";
import { nodeEnvironment } from "../nodes/node-environment.ts";
import { AttachedLocalBackend } from "./attached-backend.ts";
import {
  type BackendPlace,
  type BackendState,
  knownNames,
  makePlace,
  placeOf,
  readState,
  removePlace,
  stateSchemaVersion,
  writeState,
} from "./backend-state.ts";

/** A keeper gives its nodes 1 s, and 5 s more to those that hang in the kernel. */
const keeperEndBoundMs = 8_000;

export type FoundBackend =
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly why: string }
  | { readonly kind: "starting" | "up"; readonly state: BackendState }
  | {
      /** Its keeper (or the hunt that was starting it) is dead. */
      readonly kind: "gone";
      readonly state: BackendState;
      /** The machine was started anew after it. */
      readonly rebooted: boolean;
      /** The last moment at which one of its nodes printed something, ISO 8601. */
      readonly lastSignAt: string;
    };

/** Names of all backends of which there is a trace. */
export function backendNames(root: string): Promise<readonly string[]> {
  return knownNames(root);
}

export async function findBackend(root: string, name: string): Promise<FoundBackend> {
  const state = await readState(placeOf(root, name));
  if (state === "absent") return { kind: "absent" };
  if ("damaged" in state) return { kind: "damaged", why: state.damaged };
  if (await isAlive(state.owner)) return { kind: state.state, state };
  return {
    kind: "gone",
    state,
    rebooted: state.owner.bootId !== (await readBootId()),
    lastSignAt: await lastSignOf(state),
  };
}

/** @throws HuntError (exit code 2) when a backend of that name is there already. */
export async function checkNameFree(root: string, name: string): Promise<void> {
  const found = await findBackend(root, name);
  if (found.kind === "absent" || found.kind === "gone") return;
  throw nameTaken(name, found);
}

/** Takes the name for a backend that is about to be started; undefined when it shall not stay. */
export async function reservePlace(
  topology: Topology,
  options: Pick<RuntimeOptions, "stay" | "runId" | "logsDir" | "onProgress"> & { dataRoot: string },
): Promise<BackendPlace | undefined> {
  const { stay } = options;
  if (stay === undefined) return undefined;
  const place = placeOf(stay.root, stay.name);
  const before = await findBackend(stay.root, stay.name);
  if (before.kind === "gone") {
    await clearAway(stay.root, stay.name);
    options.onProgress(`removed what was left of a backend "${stay.name}" that was not stopped`);
  }
  if (!(await makePlace(stay.root, place))) {
    throw nameTaken(stay.name, await findBackend(stay.root, stay.name));
  }
  await writeState(place, {
    schemaVersion: stateSchemaVersion,
    name: stay.name,
    runId: options.runId,
    state: "starting",
    owner: await identityOf(process.pid),
    createdAt: new Date().toISOString(),
    startedBy: stay.startedBy,
    topology,
    ports: {},
    dataRoot: options.dataRoot,
    logsDir: options.logsDir,
  });
  return place;
}

export interface AttachOptions {
  /** Holds one folder per backend that stays. */
  readonly root: string;
  readonly name: string;
  /** For `restartNode` and the bounds of stops, by node kind. */
  programsOf(topology: Topology): Readonly<Record<string, NodeProgram>>;
  /** Of this hunt: nodes that it starts get as much of it as those of `hunt up`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws HuntError (exit code 2) when no such backend is up; 3 when it can't be reached. */
export async function attachBackend(options: AttachOptions): Promise<AttachedBackend> {
  const { root, name } = options;
  const found = await findBackend(root, name);
  if (found.kind !== "up") throw await notUp(root, name, found);
  const { state } = found;
  const place = placeOf(root, name);
  const keeper = await connectKeeper(place.socket, state.owner.pid);
  if (keeper === undefined) {
    throw new HuntError({
      code: "runtime.keeper-unreachable",
      exitCode: exitCodes.environment,
      message: `backend "${name}" runs (keeper pid ${state.owner.pid}), but nobody answers at ${place.socket}`,
      hint: `hunt down${nameFlag(name)} ends it.`,
    });
  }
  const backend = new AttachedLocalBackend(
    {
      topology: state.topology,
      keeper,
      programs: options.programsOf(state.topology),
      dataRoot: state.dataRoot,
      logsDir: state.logsDir,
      baseEnv: nodeEnvironment(options.environment),
      portBase: undefined,
      place,
    },
    state,
  );
  try {
    await backend.findNodes(state.ports);
    return backend;
  } catch (error) {
    backend.detach();
    if (!(error instanceof HuntError) || error.code !== "runtime.keeper-silent") throw error;
    const { code, exitCode, message } = error;
    const hint = `It hangs or is paused (pid ${state.owner.pid}); hunt down${nameFlag(name)} ends it.`;
    throw new HuntError({ code, exitCode, message, hint, cause: error });
  }
}

/**
 * For a keeper that lives but is not heard: SIGTERM, on which it ends everything by itself, then SIGKILL,
 * on which the kernel does.
 * @throws HuntError (exit code 3) when it lives on.
 */
export async function endUnreachableKeeper(root: string, name: string): Promise<void> {
  const found = await findBackend(root, name);
  if (found.kind !== "up") return;
  const { owner } = found.state;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    process.kill(owner.pid, signal);
    for (let waitedMs = 0; waitedMs < keeperEndBoundMs; waitedMs += 100) {
      if (!(await isAlive(owner))) return;
      await sleep(100);
    }
  }
  throw new HuntError({
    code: "runtime.keeper-unreachable",
    exitCode: exitCodes.environment,
    message: `the keeper (pid ${owner.pid}) of backend "${name}" is still there ${keeperEndBoundMs / 1000} s after SIGKILL`,
  });
}

/** Removes the data folder and the state folder of a backend of which nothing runs any more. */
export async function clearAway(root: string, name: string): Promise<void> {
  const place = placeOf(root, name);
  const state = await readState(place);
  if (state !== "absent" && !("damaged" in state)) {
    // Only ever a folder that hunt made under this very name.
    if (basename(state.dataRoot) === `hunt-${state.runId}`) {
      await removeData(state.dataRoot);
    }
  }
  await removePlace(place);
}

export async function notUp(root: string, name: string, found: FoundBackend): Promise<HuntError> {
  const others = (await backendNames(root)).filter((other) => other !== name);
  const hint =
    others.length === 0
      ? "hunt up starts one; hunt bench --keep leaves one behind."
      : `--name: ${suggestionFor(name, others)}`;
  const messages: Readonly<Record<FoundBackend["kind"], string>> = {
    absent: `no backend "${name}" is up`,
    up: `backend "${name}" is up`,
    starting: `backend "${name}" is still being started`,
    damaged: `what is written down of backend "${name}" can't be read: ${found.kind === "damaged" ? found.why : ""}`,
    gone: `backend "${name}" is not running any more${found.kind === "gone" ? `, since ${sinceText(found)}` : ""}`,
  };
  return new HuntError({
    code: `runtime.backend-${found.kind}`,
    exitCode: exitCodes.usage,
    message: messages[found.kind],
    hint: found.kind === "absent" ? hint : `hunt down${nameFlag(name)} removes what is left of it.`,
  });
}

/** `2026-11-23T21:40:00.000Z, when its keeper died`, or the reboot. */
export function sinceText(found: FoundBackend & { readonly kind: "gone" }): string {
  const why = found.rebooted ? "the machine was started anew after that" : "its keeper was killed";
  return `about ${found.lastSignAt} (${why})`;
}

export function nameFlag(name: string): string {
  return name === "default" ? "" : ` --name ${name}`;
}

function nameTaken(name: string, found: FoundBackend): HuntError {
  const flag = nameFlag(name);
  const up = found.kind === "up";
  const message = up
    ? `a backend "${name}" is up already, since ${found.state.createdAt}`
    : found.kind === "starting"
      ? `a backend "${name}" is being started by hunt (pid ${found.state.owner.pid})`
      : `the name "${name}" is taken by a backend whose state can't be read`;
  return new HuntError({
    code: "usage.backend-name-taken",
    exitCode: exitCodes.usage,
    message,
    hint: up
      ? `Nothing was started. hunt status${flag} shows it, hunt down${flag} ends it; --name OTHER starts a second one.`
      : `Nothing was started. hunt down${flag} removes what is left of one that was cut off; --name OTHER starts a second one.`,
  });
}

async function lastSignOf(state: BackendState): Promise<string> {
  const names = await readdir(state.logsDir).catch(() => []);
  const times = names.map(async (name) => {
    const facts = await stat(join(state.logsDir, name)).catch(() => undefined);
    return facts?.mtimeMs ?? 0;
  });
  const newestMs = Math.max(Date.parse(state.createdAt), ...(await Promise.all(times)));
  return new Date(newestMs).toISOString();
}
