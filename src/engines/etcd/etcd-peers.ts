/** Where its peers reach an etcd member; the member itself listens at its port `peer`. */
import type { ProgramContext } from "../../runtime/runtime.ts";
import { peerLink } from "../../topology/topology.ts";

/** As it is advertised: through the member's link where the topology has one. */
export function peerUrl(
  { topology, addresses }: Pick<ProgramContext, "topology" | "addresses">,
  memberId: string,
): string {
  const { id, from, to, port } = peerLink(memberId);
  const linked = topology.links.some((link) => link.id === id);
  return `http://${linked ? addresses.linkAddress(from, to, port) : addresses.address(to, port)}`;
}
