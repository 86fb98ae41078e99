/** How the sessions lane's services are started, and how hunt knows that they serve: `docs/services.md`. */
import { join } from "node:path";
import type { NodeProgram, ProgramContext } from "../../../runtime/runtime.ts";
import { nodesOf } from "../../../topology/topology.ts";
import type { ServiceFiles } from "../../lane.ts";

/**
 * V8 lets a heap that is mostly garbage grow to a multiple of what lives in it before it looks, over
 * minutes: a proxy with 24 MB alive stood at 350 MB. Half as much again is where these collect, so
 * that memory shows within a minute what it is going to be. What lives for a request dies in a young
 * generation that is twice V8's own.
 */
const steadyHeap = ["--heap-growing-percent=50", "--max-semi-space-size=32"];

export function sessionsPrograms(files: ServiceFiles): Readonly<Record<string, NodeProgram>> {
  return {
    gateway: service(files, "gateway", "admin", (context) => [
      "--listen",
      context.addresses.address(context.node.id, "grpc"),
      "--admin",
      context.addresses.address(context.node.id, "admin"),
      "--gateways",
      String(context.node.settings["gateways"]),
      ...flagOf(context, "foldTailKb", "--fold-tail-kb"),
      ...flagOf(context, "sessionTtlS", "--session-ttl-s"),
      ...flagOf(context, "sabotage", "--sabotage"),
    ]),
    proxy: service(files, "proxy", "http", (context) => [
      "--listen",
      context.addresses.address(context.node.id, "http"),
      "--grpc",
      context.addresses.address(context.node.id, "grpc"),
      ...flagOf(context, "sabotage", "--sabotage"),
    ]),
  };
}

/** A setting that is absent keeps the service's own default. */
function flagOf({ node }: ProgramContext, setting: string, flag: string): string[] {
  const value = node.settings[setting];
  return value === undefined ? [] : [flag, String(value)];
}

function service(
  files: ServiceFiles,
  name: "gateway" | "proxy",
  healthPort: string,
  ownArgs: (context: ProgramContext) => readonly string[],
): NodeProgram {
  return {
    command: (context) => ({
      program: files.nodeBinary,
      args: [
        "--enable-source-maps",
        ...steadyHeap,
        join(files.packageRoot, "dist", "reference-backend", "sessions", name, "main.js"),
        "--name",
        context.node.id,
        "--design",
        String(context.node.settings["design"]),
        "--etcd",
        etcdAddresses(context).join(","),
        ...ownArgs(context),
      ],
      env: {},
    }),
    checkReady: async (context, signal) => {
      const address = context.addresses.address(context.node.id, healthPort);
      const response = await fetch(`http://${address}/healthz`, { signal });
      const body = await response.text();
      if (!response.ok) throw new Error(`/healthz answered ${response.status}: ${body.trim()}`);
    },
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 5_000,
  };
}

function etcdAddresses(context: ProgramContext): string[] {
  return nodesOf(context.topology)
    .filter((node) => node.kind === "etcd")
    .map((node) => context.addresses.linkAddress(context.node.id, node.id, "client"));
}
