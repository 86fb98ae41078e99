/**
 * After the drain every session that was ever written to is read once more through the read path, and what
 * it says of each device is handed over.
 * Each read asks for at least the revision that was acknowledged, so a proxy that is merely behind
 * is waited for (up to its own bound of a second); one that never gets there is read as it is, and
 * the checker finds what is missing.
 */
import { Agent, get } from "node:http";
import { z } from "zod";

export interface FinalReadRequest {
  readonly player: number;
  /** Acknowledged operations of the session. */
  readonly minRevision: number;
  /** That wrote to it. */
  readonly devices: ReadonlySet<number>;
}

/** What a session's state says of one device; `revision` is that of the session. */
export interface FinalRead {
  readonly player: number;
  readonly device: number;
  readonly found: "found" | "missing" | "unreadable";
  readonly revision: number;
  readonly highest: number;
  readonly count: number;
  readonly checksum: number;
}

export interface FinalReadsOptions {
  /** `host:port` of a snapshot proxy. */
  readonly address: string;
  readonly requests: Iterable<FinalReadRequest>;
  /** Once for each device that wrote to a session, and for each further one that its state knows. */
  readonly onRead: (read: FinalRead) => void;
  readonly signal: AbortSignal;
}

const connections = 32;
/**
 * A read path that answers nobody takes 3 s for each session to say so, and thousands of them minutes:
 * after so many in a row the others are unreadable without having been asked for.
 */
const givenUpAfter = 2 * connections;
const readTimeoutMs = 5_000;

const stateSchema = z.object({
  revision: z.number(),
  devices: z.record(
    z.string().regex(/^\d{1,2}$/),
    z.object({ highest: z.number(), count: z.number(), checksum: z.number() }),
  ),
});

/** Session ids of players: `docs/swarm-protocol.md`. */
function sessionOf(player: number): string {
  return `s-${String(player).padStart(9, "0")}`;
}

/** @returns how many sessions were read. Rejects only when the signal aborts. */
export async function finalReads(options: FinalReadsOptions): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const iterator = options.requests[Symbol.iterator]();
  let count = 0;
  let unreadableInARow = 0;
  const reader = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      options.signal.throwIfAborted();
      const reads =
        unreadableInARow < givenUpAfter
          ? await readSession(options, agent, next.value)
          : empty(next.value, "unreadable");
      const isUnreadable = reads.some(({ found }) => found === "unreadable");
      unreadableInARow = isUnreadable ? unreadableInARow + 1 : 0;
      for (const read of reads) options.onRead(read);
      count += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, reader));
  } finally {
    agent.destroy();
  }
  return count;
}

async function readSession(
  options: FinalReadsOptions,
  agent: Agent,
  request: FinalReadRequest,
): Promise<FinalRead[]> {
  const path = `/v1/sessions/${sessionOf(request.player)}/state`;
  const attempts = [`${path}?minRevision=${request.minRevision}`, path, path];
  for (const attempt of attempts) {
    const answer = await fetchJson(options, agent, attempt);
    if (answer.status === 200) return decode(request, answer.body);
    if (answer.status === 404) return empty(request, "missing");
  }
  return empty(request, "unreadable");
}

function decode(request: FinalReadRequest, body: string): FinalRead[] {
  const state = stateSchema.safeParse(parseJson(body));
  if (!state.success) return empty(request, "unreadable");
  const { revision, devices } = state.data;
  const known = new Set([...request.devices, ...Object.keys(devices).map(Number)]);
  return [...known].map((device) => ({
    player: request.player,
    device,
    found: "found",
    revision,
    ...(devices[String(device)] ?? nothing),
  }));
}

const nothing = { highest: 0, count: 0, checksum: 0 };

function empty(
  { player, devices }: FinalReadRequest,
  found: "missing" | "unreadable",
): FinalRead[] {
  return [...devices].map((device) => ({ player, device, found, revision: 0, ...nothing }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Status 0: no answer (connection refused or lost, or none within the bound). */
function fetchJson(
  options: FinalReadsOptions,
  agent: Agent,
  path: string,
): Promise<{ status: number; body: string }> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(readTimeoutMs)]);
  return new Promise((resolve) => {
    const lost = () => resolve({ status: 0, body: "" });
    const request = get(`http://${options.address}${path}`, { agent, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
      response.on("error", lost);
    });
    request.on("error", lost);
  });
}
