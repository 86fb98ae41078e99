/** A start of a program for a node, as the keeper is asked for it. */
import { join } from "node:path";
import { optional } from "../../optional.ts";
import { nodeFileName } from "../../topology/topology.ts";
import type { NodeCommand, ProgramContext } from "../runtime.ts";
import type { KeeperCommand } from "./keeper-messages.ts";

export type StartRequest = Extract<KeeperCommand, { op: "start" }>;

export function startRequest(
  { node, dataDir }: Pick<ProgramContext, "node" | "dataDir">,
  command: NodeCommand,
  {
    baseEnv,
    log,
    tcpPorts,
  }: {
    readonly baseEnv: Readonly<Record<string, string>>;
    readonly log: string;
    readonly tcpPorts: readonly number[];
  },
): Exclude<StartRequest, { program?: never }> {
  const { program, args, env, nice, client, unprivileged, stopSignal } = command;
  return {
    op: "start",
    node: node.id,
    program,
    args,
    env: { ...baseEnv, ...env },
    dir: dataDir,
    log,
    tcpPorts,
    ...optional({ nice, client, unprivileged, stopSignal }),
  };
}

export function logPathOf(logsDir: string, nodeId: string): string {
  return join(logsDir, `${nodeFileName(nodeId)}.log`);
}
