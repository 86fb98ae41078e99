/**
 * Who else uses this machine with hunt: runs that go on, and backends that stay. A run holds sockets in the abstract
 * namespace of unix(7), whose names the kernel shows to every user in /proc/net/unix and drops with the process,
 * however that ends. So there is no file to be left behind, and no pid to be mistaken for another's. The run's
 * folder is in the names, in pieces: a run that is late or paused could not be asked. A backend that stays is
 * seen by its keeper's socket, in the same list.
 *
 * Not seen: a hunt in another network namespace (most containers), and one before this version.
 */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { basename, dirname } from "node:path";
import { placeOf, readState } from "./backend-state.ts";

export interface MachineUser {
  /** `backend`: up, without a run of hunt. */
  readonly what: "run" | "backend";
  /** The run's id, or the backend's name. */
  readonly name: string;
  /** Of the hunt that plays the run, or of the backend's keeper; undefined when another user hides it. */
  readonly pid: number | undefined;
  /** The run folder, or the backend's state folder. */
  readonly folder: string;
}

export interface AnnouncedRun {
  readonly pid: number;
  /** Absolute; its last part is the run's id. */
  readonly folder: string;
}

/** sun_path of unix(7) has 108 bytes, one of them the NUL before an abstract name, 27 at most the head below. */
const pieceBytes = 80;

/** Seen by others until it is disposed of, or the process ends. Rejects where there are no such sockets. */
export async function announceRun(run: AnnouncedRun): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  for (const name of socketNames(run)) {
    const server = createServer((socket) => void socket.destroy());
    await listen(server, name);
    opened.defer(() => close(server));
  }
  return opened.move();
}

/** All but the run of that id, sorted by kind and name. Rejects when the kernel does not tell. */
export async function otherUsers(ownRunId: string): Promise<readonly MachineUser[]> {
  const names = listening(await readFile("/proc/net/unix", "utf8"));
  const runs = runsIn(names);
  const running = new Set(runs.map(({ name }) => name));
  const backends = names
    .filter((name) => name.endsWith("/keeper.sock"))
    .map((socket) => backendAt(dirname(socket), running));
  const found = [...runs, ...(await Promise.all(backends)).flatMap((backend) => backend ?? [])];
  return found
    .filter(({ name }) => name !== ownRunId)
    .toSorted((a, b) => `${a.what} ${a.name}`.localeCompare(`${b.what} ${b.name}`));
}

/** The folder in pieces, each with its place and their number. The tag tells two pid namespaces apart. */
function socketNames({ pid, folder }: AnnouncedRun): readonly string[] {
  // The kernel shows a NUL as `@`.
  const text = encodeURI(folder).replaceAll("@", "%40");
  const tag = basename(folder).slice(-4);
  const count = Math.ceil(text.length / pieceBytes);
  return Array.from({ length: count }, (_, index) => {
    const piece = text.slice(index * pieceBytes, (index + 1) * pieceBytes);
    return `hunt/${pid}-${encodeURI(tag)}/${index}/${count}:${piece}`;
  });
}

const socketName = /^@hunt\/((\d+)-[^/]*)\/(\d+)\/(\d+):([^@]*)/;

function runsIn(names: readonly string[]): readonly MachineUser[] {
  const pieces = names.flatMap((name) => {
    const [, key, pid, index, count, piece = ""] = socketName.exec(name) ?? [];
    return key === undefined
      ? []
      : [{ key, pid: Number(pid), index: Number(index), count: Number(count), piece }];
  });
  return [...Map.groupBy(pieces, ({ key }) => key).values()].flatMap((found): MachineUser[] => {
    const [first] = found;
    // The others come, or went, within this moment.
    if (first === undefined || found.length !== first.count) return [];
    const sorted = found.toSorted((a, b) => a.index - b.index);
    const folder = decodeURIComponent(sorted.map(({ piece }) => piece).join(""));
    return [{ what: "run", name: basename(folder), pid: first.pid, folder }];
  });
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

async function listen(server: Server, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: `\0${name}` }, resolve);
  });
  server.unref();
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
