/** A start of a program for a node, as the keeper is asked for it. */
import { join } from "node:path";
import { optional } from "../../../optional.ts";
import { nodeFileName } from "../../../topology/topology.ts";
import type { NodeCommand, NodeProgram, Probe, ProgramContext } from "../../runtime.ts";
import { readyBoundMs } from "../nodes/readiness.ts";
import type { KeeperCommand, KeeperProbe } from "./keeper-messages.ts";

export type StartRequest = Extract<KeeperCommand, { op: "start" }>;

interface StartOptions {
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly logsDir: string;
  /** By node kind. */
  readonly programs: Readonly<Record<string, NodeProgram>>;
  /** That have to be free. */
  readonly tcpPorts: readonly number[];
}

export function startRequest(
  { node, dataDir }: Pick<ProgramContext, "node" | "dataDir">,
  command: NodeCommand,
  { baseEnv, logsDir, programs, tcpPorts }: StartOptions,
): Exclude<StartRequest, { program?: never }> {
  const { program, args, env, nice, client, unprivileged, stopSignal } = command;
  const kind = programs[node.kind];
  const stopTimeoutMs = kind?.stopTimeoutMs;
  const graceMs = kind === undefined ? 0 : readyBoundMs(kind, node);
  const liveness = probeOf(command.liveness, graceMs);
  const readiness = probeOf(command.readiness, graceMs);
  return {
    op: "start",
    node: node.id,
    program,
    args,
    env: { ...baseEnv, ...env },
    dir: dataDir,
    log: logPathOf(logsDir, node.id),
    tcpPorts,
    ...optional({ nice, client, unprivileged, stopSignal, liveness, readiness, stopTimeoutMs }),
  };
}

/** A node that starts is given the time in which it has to serve. */
function probeOf(probe: Probe | undefined, graceMs: number): KeeperProbe | undefined {
  if (probe === undefined) return undefined;
  const { ask, ...rest } = { graceMs, ...probe };
  return "http" in ask ? { ...rest, http: `http://${ask.http}` } : { ...rest, ...ask };
}

export function logPathOf(logsDir: string, nodeId: string): string {
  return join(logsDir, `${nodeFileName(nodeId)}.log`);
}
