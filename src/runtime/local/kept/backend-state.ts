/**
 * What is written down of a backend that stays, so that a later hunt finds it: one folder per name,
 * mode 0700, with `state.json`, the keeper's socket and, for `hunt up`, the nodes' logs. The folder is
 * made exclusively, so it is also what keeps two backends of one name apart. It is handed to the keeper
 * as soon as there is one, and goes when the keeper goes. docs/a-backend-that-stays.md lists the fields.
 */

import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exitCodes } from "../../../exit-codes.ts";
import { HuntError } from "../../../hunt-error.ts";
import { optional } from "../../../optional.ts";
import { reasonOf } from "../../../reason-of.ts";
import { networkNames } from "../../../topology/networks.ts";
import type { Topology } from "../../../topology/topology.ts";
import {
  isAlive,
  type ProcessIdentity,
  processIdentitySchema,
} from "../keeper/process-identity.ts";

/** 2 since a backend can have several lanes. */
export const stateSchemaVersion = 2;

const nodeSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    lane: z.string().optional(),
    owned: z.enum(["engine", "service"]).optional(),
    zone: z.string(),
    ports: z.array(z.string()),
    settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .transform(({ lane, owned, ...node }) => ({ ...node, ...optional({ lane, owned }) }));

const linkSchema = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    port: z.string(),
    network: z.enum(networkNames).optional(),
  })
  .transform(({ network, ...link }) => ({ ...link, ...optional({ network }) }));

export const topologySchema: z.ZodType<Topology> = z.object({
  lanes: z.array(z.object({ id: z.string(), design: z.string() })),
  stages: z.array(z.array(nodeSchema)),
  links: z.array(linkSchema),
  clusters: z.array(z.object({ name: z.string(), kind: z.string(), roles: z.array(z.string()) })),
});

const backendStateSchema = z.object({
  schemaVersion: z.literal(stateSchemaVersion),
  name: z.string(),
  runId: z.string(),
  /** `starting`: `owner` is the hunt that starts it. `up`: `owner` is the keeper. */
  state: z.enum(["starting", "up"]),
  owner: processIdentitySchema,
  /** ISO 8601. */
  createdAt: z.string(),
  /** The command that started it. */
  startedBy: z.enum(["up", "bench"]),
  topology: topologySchema,
  /** By `<node>:<port name>`; all on 127.0.0.1. Empty while it is starting. */
  ports: z.record(z.string(), z.number()),
  dataRoot: z.string(),
  logsDir: z.string(),
});

const versionSchema = z.object({
  schemaVersion: z.number(),
  owner: processIdentitySchema.optional(),
});

export type BackendState = z.infer<typeof backendStateSchema>;

export interface BackendPlace {
  readonly name: string;
  readonly dir: string;
  readonly socket: string;
}

/** sun_path of unix(7) is 108 bytes with its NUL. */
const socketPathBytesMax = 107;

export function placeOf(root: string, name: string): BackendPlace {
  const dir = join(root, name);
  return { name, dir, socket: join(dir, "keeper.sock") };
}

/** Names of the folders below the root, whatever state they are in. */
export async function knownNames(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** False when the folder exists already. @throws HuntError (exit code 3) when it can't be made. */
export async function makePlace(root: string, place: BackendPlace): Promise<boolean> {
  if (Buffer.byteLength(place.socket) > socketPathBytesMax) {
    throw stateError(
      `the socket's path ${place.socket} is longer than the ${socketPathBytesMax} bytes that Linux allows`,
      "Name a shorter folder for state with XDG_STATE_HOME.",
    );
  }
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await mkdir(place.dir, { mode: 0o700 });
    await chmod(place.dir, 0o700);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw stateError(
      `the folder for the backend's state could not be made: ${reasonOf(error)}`,
      "XDG_STATE_HOME names another place.",
    );
  }
}

export async function writeState(place: BackendPlace, state: BackendState): Promise<void> {
  const path = join(place.dir, "state.json");
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Who holds a backend whose state another version of hunt wrote, by that state; undefined when nobody does. */
export async function holderOfOtherVersion(
  place: BackendPlace,
): Promise<ProcessIdentity | undefined> {
  const text = await readFile(join(place.dir, "state.json"), "utf8").catch(() => "");
  const written = versionSchema.safeParse(parsed(text)).data;
  if (written === undefined || written.schemaVersion === stateSchemaVersion) return undefined;
  const { owner } = written;
  return owner !== undefined && (await isAlive(owner)) ? owner : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `damaged` is a folder without a state that can be understood: it was cut off, or is of another version. */
export async function readState(
  place: BackendPlace,
): Promise<BackendState | "absent" | { readonly damaged: string }> {
  try {
    const text = await readFile(join(place.dir, "state.json"), "utf8");
    const written: unknown = JSON.parse(text);
    const document = backendStateSchema.safeParse(written);
    if (document.success) return document.data;
    const other = versionSchema.safeParse(written).data?.schemaVersion;
    if (other !== undefined && other !== stateSchemaVersion) {
      return {
        damaged: `it is of version ${other}, and this hunt reads version ${stateSchemaVersion}: use the hunt that started it`,
      };
    }
    return {
      damaged: document.error.issues
        .map((issue) => `${issue.path.join(".")}: ${issue.message}`)
        .join("; "),
    };
  } catch (error) {
    const names = await readdir(place.dir).catch(() => undefined);
    if (names === undefined) return "absent";
    return { damaged: reasonOf(error) };
  }
}

export async function removePlace(place: BackendPlace): Promise<void> {
  await rm(place.dir, { recursive: true, force: true });
}

function stateError(message: string, hint: string): HuntError {
  return new HuntError({
    code: "runtime.state-not-writable",
    exitCode: exitCodes.environment,
    message,
    hint,
  });
}
