/**
 * Who else uses this machine with hunt: runs that go on, and backends that stay. A run holds a socket in the abstract
 * namespace of unix(7), whose name the kernel shows to every user in /proc/net/unix and drops with the process,
 * however that ends. So there is no file to be left behind, and no pid to be mistaken for another's. A backend
 * that stays is seen by its keeper's socket, in the same list.
 *
 * Not seen: a hunt in another network namespace (most containers), and one before this version.
 */
import { readFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { placeOf, readState } from "./backend-state.ts";

export interface MachineUser {
  /** `backend`: up, without a run of hunt. */
  readonly what: "run" | "backend";
  /** The run's id, or the backend's name. */
  readonly name: string;
  /** Of the hunt that plays the run, or of the backend's keeper; undefined when another user hides it. */
  readonly pid: number | undefined;
  /** The run folder, or the backend's state folder; undefined when the run does not answer. */
  readonly folder: string | undefined;
}

export interface AnnouncedRun {
  readonly runId: string;
  readonly pid: number;
  readonly folder: string;
}

const socketPrefix = "hunt-run/";
/** sun_path of unix(7), less the NUL before an abstract name. */
const nameBytesMax = 107;
const answerBoundMs = 500;
const answerBytesMax = 16_384;

/** Seen by others until it is disposed of, or the process ends. Rejects where there are no such sockets. */
export async function announceRun(run: AnnouncedRun): Promise<AsyncDisposable> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(JSON.stringify({ folder: run.folder }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: `\0${socketName(run)}` }, resolve);
  });
  server.unref();
  return { [Symbol.asyncDispose]: () => close(server) };
}

/** All but the run of that id, sorted by kind and name. Rejects when the kernel does not tell. */
export async function otherUsers(ownRunId: string): Promise<readonly MachineUser[]> {
  const names = listening(await readFile("/proc/net/unix", "utf8"));
  const runs = names.flatMap((name) => runIn(name) ?? []);
  const running = new Set(runs.map(({ runId }) => runId));
  const others = runs
    .filter(({ runId }) => runId !== ownRunId)
    .map(async (run): Promise<MachineUser> => {
      const folder = await folderOf(run.socket).catch(() => undefined);
      return { what: "run", name: run.runId, pid: run.pid, folder };
    });
  const backends = names
    .filter((name) => name.endsWith("/keeper.sock"))
    .map((socket) => backendAt(dirname(socket), running));
  const found = await Promise.all([...others, ...backends]);
  return found
    .filter((user) => user !== undefined)
    .toSorted((a, b) => `${a.what} ${a.name}`.localeCompare(`${b.what} ${b.name}`));
}

function socketName({ pid, runId }: Pick<AnnouncedRun, "pid" | "runId">): string {
  return `${socketPrefix}${pid}/${runId}`.slice(0, nameBytesMax);
}

/** Names of the sockets that listen; an abstract one begins with `@`. */
function listening(table: string): readonly string[] {
  const accepts = "00010000";
  const names = table.split("\n").flatMap((line) => {
    const [, , , flags, , , , ...path] = line.trim().split(/\s+/);
    return flags === accepts && path.length > 0 ? [path.join(" ")] : [];
  });
  return [...new Set(names)];
}

function runIn(name: string) {
  const [, pid, runId] = /^@hunt-run\/(\d+)\/([^@]+)/.exec(name) ?? [];
  if (pid === undefined || runId === undefined) return undefined;
  return { pid: Number(pid), runId, socket: name.slice(1) };
}

const answerSchema = z.object({ folder: z.string() });

/** Asked of the run itself, since a name has no room for a path. One that is paused does not answer. */
async function folderOf(socket: string): Promise<string> {
  const connection = connect({ path: `\0${socket}` });
  connection.setTimeout(answerBoundMs, () => connection.destroy(new Error("no answer")));
  let text = "";
  for await (const chunk of connection) {
    text += String(chunk);
    if (text.length > answerBytesMax) break;
  }
  return answerSchema.parse(JSON.parse(text)).folder;
}

/** Undefined for the backend of a run that goes on: that run is named itself. */
async function backendAt(
  folder: string,
  running: ReadonlySet<string>,
): Promise<MachineUser | undefined> {
  const name = basename(folder);
  const state = await readState(placeOf(dirname(folder), name));
  const known = state !== "absent" && !("damaged" in state);
  if (known && running.has(state.runId)) return undefined;
  return { what: "backend", name, pid: known ? state.owner.pid : undefined, folder };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
