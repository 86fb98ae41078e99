/** How a node of the sessions lane says that it serves, and what it is at the moment. */
import type { ProgramContext } from "../../../runtime/runtime.ts";
import type { NodeHealth } from "../../lane.ts";

/** One real call. Rejects, like fetch, when the node does not answer. */
export function sessionsHealth(context: ProgramContext, signal: AbortSignal): Promise<NodeHealth> {
  if (context.node.kind === "etcd") return memberHealth(context, signal);
  if (context.node.kind === "gateway") return serviceHealth(context, "admin", signal);
  if (context.node.kind === "proxy") return serviceHealth(context, "http", signal);
  return Promise.resolve({ healthy: true, detail: "nothing can be asked of it" });
}

/** etcd's maintenance status names the leader; without one the member can't serve. */
async function memberHealth(context: ProgramContext, signal: AbortSignal): Promise<NodeHealth> {
  const address = context.addresses.address(context.node.id, "client");
  const response = await fetch(`http://${address}/v3/maintenance/status`, {
    method: "POST",
    body: "{}",
    signal,
  });
  const status = asRecord(await response.json());
  const leader = String(status["leader"] ?? "0");
  const own = String(asRecord(status["header"])["member_id"] ?? "");
  const errors = Array.isArray(status["errors"]) ? status["errors"].join("; ") : "";
  const facts = `term ${status["raftTerm"]}, applied ${status["raftAppliedIndex"]}`;
  if (leader === "0") return { healthy: false, role: "no leader", detail: errors || facts };
  const follower = status["isLearner"] === true ? "learner" : "follower";
  return {
    healthy: response.ok && errors === "",
    role: leader === own ? "leader" : follower,
    detail: errors || facts,
  };
}

async function serviceHealth(
  context: ProgramContext,
  port: string,
  signal: AbortSignal,
): Promise<NodeHealth> {
  const address = context.addresses.address(context.node.id, port);
  const response = await fetch(`http://${address}/healthz`, { signal });
  const { ready, waitingFor, member } = asRecord(await response.json());
  if (ready !== true) return { healthy: false, detail: `waits for ${waitingFor ?? "?"}` };
  return { healthy: true, detail: member === undefined ? "ready" : `follows etcd at ${member}` };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
