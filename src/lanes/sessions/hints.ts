/** Commands at a backend of sessions, and what etcdctl finds in its environment there. */
import { nodesOf } from "../../topology/topology.ts";
import type { HintOptions, LaneHints } from "../lane-hints.ts";
import { sampleSession } from "./backend/sample-session.ts";

export const sessionsHints: LaneHints = {
  next,
  program: "etcdctl",
  variables(node, topology, addresses) {
    const members = nodesOf(topology).filter((each) => each.kind === "etcd");
    const endpoints = (node.kind === "etcd" ? [node] : members).map((member) =>
      addresses.address(member.id, "client"),
    );
    return { ETCDCTL_ENDPOINTS: endpoints.join(",") };
  },
};

async function next({ nodes, nameFlag, program }: HintOptions): Promise<readonly string[]> {
  const member = nodes.find((node) => node.kind === "etcd");
  const gateway = nodes.find((node) => node.kind === "gateway");
  const proxy = nodes.find((node) => node.kind === "proxy");
  const endpoints = nodes.flatMap((node) =>
    node.kind === "etcd" && node.state !== "dead" ? (node.addresses["client"] ?? []) : [],
  );
  const reads = proxy?.addresses["http"];
  const serves = nodes.find((node) => node.kind === "proxy" && node.health === "ok");
  const served = serves?.addresses["http"];
  const session = served === undefined ? undefined : await sampleSession(served);
  const lines = [
    endpoints.length > 0 &&
      `${program("etcdctl")} --endpoints ${endpoints.join(",")} endpoint status --write-out table`,
    member &&
      `hunt exec${nameFlag} ${member.id} -- etcdctl get --prefix /hunt --keys-only --limit 20`,
    gateway && `curl -s http://${gateway.addresses["admin"]}/metrics`,
    reads && `curl -s http://${reads}/healthz`,
    reads && session && `curl -s http://${reads}/v1/sessions/${session}/state`,
  ];
  return lines.flatMap((line) => (typeof line === "string" && line !== "" ? [line] : []));
}
