/** The read path over HTTP: `GET /v1/sessions/{id}/state` (docs/session-log-format.md). */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProxyProcess } from "../proxy-process.ts";
import type { ReadAnswer, RefusedWhy } from "./session-reads.ts";

const statePath = /^\/v1\/sessions\/([^/]{1,600})\/state$/;
const status: Readonly<Record<RefusedWhy, number>> = {
  "not-found": 404,
  late: 504,
  unavailable: 503,
};

export interface ReadCounters {
  readonly totals: { reads: number; bytes: number };
  onRead(durationUs: number): void;
}

export function httpReads(
  proxy: ProxyProcess,
  counters: ReadCounters,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const startMs = performance.now();
    const read = parseRead(request);
    if ("error" in read) {
      refuse(response, read.status, read.error);
      return;
    }
    const waiting = proxy.read(read.session, read.minRevision, (answer) =>
      send(answer, startMs, response, counters),
    );
    if (waiting !== undefined) response.once("close", () => proxy.forget(waiting));
  };
}

function send(
  answer: ReadAnswer,
  startMs: number,
  response: ServerResponse,
  counters: ReadCounters,
): void {
  if (answer.type === "refused") {
    refuse(response, status[answer.why], answer.reason);
    return;
  }
  const { bytes, revision } = answer.snapshot;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": bytes.length,
    "session-revision": revision,
  });
  response.end(bytes, () => counters.onRead((performance.now() - startMs) * 1000));
  counters.totals.reads += 1;
  counters.totals.bytes += bytes.length;
}

type ParsedRead =
  | { readonly session: string; readonly minRevision: number }
  | { readonly status: number; readonly error: string };

function parseRead({ url = "", method }: IncomingMessage): ParsedRead {
  const [path = "", query = ""] = url.split("?", 2);
  const encoded = statePath.exec(path)?.[1];
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
