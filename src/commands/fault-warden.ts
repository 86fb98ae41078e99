/**
 * A fault's time to live, by hand: whoever injects it heals it when its time is over, and if that hunt was
 * killed, the warden does. It is `hunt heal --overdue`, a child of the backend's keeper from the moment the
 * fault bit, so it outlives the hunt that injected and nothing else.
 */
import { join } from "node:path";
import type { Environment } from "../environment.ts";
import type { AttachedBackend } from "../runtime/runtime.ts";
import type { TopologyNode } from "../topology/topology.ts";

/** What the hunt that injected has for healing by itself. */
const graceS = 2;
const stopTimeoutMs = 1_000;
/** What `hunt` must know of its surroundings to find the backend and its programs. */
const variables = ["XDG_STATE_HOME", "HUNT_BIN_DIR"];

/** @returns what ends it; the fault was healed. */
export async function startWarden(
  environment: Environment,
  backend: AttachedBackend,
  fault: { readonly id: string; readonly forS: number },
): Promise<() => Promise<void>> {
  const node: TopologyNode = {
    id: `warden/${fault.id}`,
    kind: "tool",
    zone: "",
    ports: [],
    settings: {},
  };
  const { nodeBinary, packageRoot } = environment;
  const env = variables.flatMap((name) => {
    const value = environment.variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const heal = ["heal", "--overdue", "--name", backend.name, "--after", `${fault.forS + graceS}s`];
  await backend.startNode(
    node,
    {
      program: nodeBinary,
      args: [join(packageRoot, "dist", "main.js"), ...heal],
      env: Object.fromEntries(env),
    },
    stopTimeoutMs,
  );
  return async () => {
    await backend.stopNode(node.id);
  };
}
