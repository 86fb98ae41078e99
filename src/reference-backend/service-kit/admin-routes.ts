/** The routes that every service answers for whoever runs it (docs/services.md). */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Address } from "./flags.ts";
import { type Metric, processMetrics, renderMetrics } from "./metrics.ts";
import type { SecondHistograms } from "./second-histograms.ts";

export interface ServiceHealth {
  readonly ready: boolean;
  /** What it waits for, while it is not ready. */
  readonly waitingFor?: string;
}

export interface AdminSources {
  health(): ServiceHealth;
  /** Beside those of the process, which are added. */
  metrics(): readonly Metric[];
  readonly histograms: SecondHistograms;
}

/** True: the request was one of these routes and is answered. */
export type AdminRoutes = (request: IncomingMessage, response: ServerResponse) => boolean;

export function adminRoutes(sources: AdminSources): AdminRoutes {
  const ofProcess = processMetrics();
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://service");
    if (url.pathname === "/healthz") {
      const health = sources.health();
      send(response, health.ready ? 200 : 503, JSON.stringify(health));
    } else if (url.pathname === "/metrics") {
      const text = renderMetrics([...sources.metrics(), ...ofProcess()]);
      send(response, 200, text, "text/plain; version=0.0.4");
    } else if (url.pathname === "/histograms") {
      const after = Number(url.searchParams.get("after") ?? 0);
      if (Number.isSafeInteger(after)) {
        send(response, 200, JSON.stringify(sources.histograms.completed(after)));
      } else send(response, 400, '{"error":"after takes a second of the monotonic clock"}');
    } else return false;
    return true;
  };
}

/** Serves the admin routes alone; resolves once it listens. */
export async function startAdminServer(address: Address, routes: AdminRoutes): Promise<Server> {
  const server = createServer((request, response) => {
    if (!routes(request, response)) send(response, 404, '{"error":"no such route"}');
  });
  return await listen(server, address);
}

/** @throws the system's error, e.g. EADDRINUSE. */
export async function listen(server: Server, { host, port }: Address): Promise<Server> {
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = "application/json",
): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
