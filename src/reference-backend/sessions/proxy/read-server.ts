/**
 * The read path: `GET /v1/sessions/{id}/state` from memory, the admin routes beside it. A read that
 * asks for a revision not yet seen, or comes while heartbeats are missing, waits up to a second.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { SessionSnapshot } from "./session-index.ts";
import type { StoreFollower } from "./store-follower.ts";

const WAIT_MS = 1000;
const WAITING_MAX = 20_000;
const ASKING_STORE_MAX = 1000;
const STATE_PATH = /^\/v1\/sessions\/([^/]{1,600})\/state$/;

interface WaitingRead {
  readonly session: string;
  readonly minRevision: number;
  readonly startMs: number;
  readonly response: ServerResponse;
  timer: NodeJS.Timeout;
}

export class ReadServer {
  readonly totals = { reads: 0, bytes: 0 };
  private readonly waiting = new Map<string, Set<WaitingRead>>();
  private waitingCount = 0;
  private askingStore = 0;
  private readonly follower: StoreFollower;
  private readonly onRead: (durationUs: number) => void;

  constructor(follower: StoreFollower, onRead: (durationUs: number) => void) {
    this.follower = follower;
    this.onRead = onRead;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const startMs = performance.now();
    const read = parseRead(request);
    if ("error" in read) {
      refuse(response, read.status, read.error);
      return;
    }
    const { session, minRevision } = read;
    if (!this.follower.fresh || this.revision(session) < minRevision) {
      this.wait({ session, minRevision, startMs, response });
      return;
    }
    this.answer(session, startMs, response);
  }

  /** Answers the waiting reads that need wait no longer. */
  changed(sessions: Iterable<string> | "all"): void {
    if (this.waitingCount === 0 || !this.follower.fresh) return;
    for (const session of sessions === "all" ? [...this.waiting.keys()] : sessions) {
      const revision = this.revision(session);
      for (const read of this.waiting.get(session) ?? []) {
        if (revision < read.minRevision) continue;
        this.forget(read);
        this.answer(session, read.startMs, read.response);
      }
    }
  }

  private revision(session: string): number {
    return this.follower.index?.revision(session) ?? 0;
  }

  private wait(read: Omit<WaitingRead, "timer">): void {
    if (this.waitingCount >= WAITING_MAX) {
      refuse(read.response, 503, `${WAITING_MAX} reads are waiting`);
      return;
    }
    const waiting: WaitingRead = { ...read, timer: setTimeout(() => this.late(waiting), WAIT_MS) };
    const others = this.waiting.get(read.session);
    if (others === undefined) this.waiting.set(read.session, new Set([waiting]));
    else others.add(waiting);
    this.waitingCount++;
    read.response.once("close", () => this.forget(waiting));
  }

  private late(read: WaitingRead): void {
    this.forget(read);
    if (this.follower.fresh) {
      const revision = this.revision(read.session);
      refuse(
        read.response,
        504,
        `revision ${read.minRevision} was not reached within ${WAIT_MS} ms; it is ${revision}`,
      );
    } else {
      refuse(read.response, 503, this.follower.index === undefined ? "starting" : "stale");
    }
  }

  private forget(read: WaitingRead): void {
    clearTimeout(read.timer);
    const others = this.waiting.get(read.session);
    if (others === undefined || !others.delete(read)) return;
    this.waitingCount--;
    if (others.size === 0) this.waiting.delete(read.session);
  }

  private answer(session: string, startMs: number, response: ServerResponse): void {
    const { index } = this.follower;
    const snapshot = index?.read(session);
    if (snapshot !== undefined) this.send(snapshot, startMs, response);
    else if (index?.revision(session) === undefined) refuse(response, 404, "no such session");
    else void this.answerFromStore(session, startMs, response);
  }

  private async answerFromStore(
    session: string,
    startMs: number,
    response: ServerResponse,
  ): Promise<void> {
    if (this.askingStore >= ASKING_STORE_MAX) {
      refuse(response, 503, `${ASKING_STORE_MAX} reads are waiting for the store`);
      return;
    }
    this.askingStore++;
    try {
      const snapshot = await this.follower.readAgain(session, startMs + WAIT_MS);
      if (snapshot === undefined) refuse(response, 404, "no such session");
      else this.send(snapshot, startMs, response);
    } catch (error) {
      refuse(response, 503, error instanceof Error ? error.message : String(error));
    } finally {
      this.askingStore--;
    }
  }

  private send(
    { bytes, revision }: SessionSnapshot,
    startMs: number,
    response: ServerResponse,
  ): void {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": bytes.length,
      "session-revision": revision,
    });
    response.end(bytes, () => this.onRead((performance.now() - startMs) * 1000));
    this.totals.reads++;
    this.totals.bytes += bytes.length;
  }
}

type ParsedRead =
  | { readonly session: string; readonly minRevision: number }
  | { readonly status: number; readonly error: string };

function parseRead({ url = "", method }: IncomingMessage): ParsedRead {
  const [path = "", query = ""] = url.split("?", 2);
  const encoded = STATE_PATH.exec(path)?.[1];
  const session = encoded === undefined ? undefined : decoded(encoded);
  if (session === undefined) return { status: 404, error: "no such route" };
  if (method !== "GET") return { status: 405, error: "only GET is served" };
  const text = query === "" ? "0" : (new URLSearchParams(query).get("minRevision") ?? "0");
  if (!/^\d{1,15}$/.test(text)) return { status: 400, error: "minRevision takes an integer" };
  return { session, minRevision: Number(text) };
}

function refuse(response: ServerResponse, status: number, error: string): void {
  const body = JSON.stringify({ error });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
