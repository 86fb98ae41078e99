/** How a node says that it serves: through its lane, or, of one that is shared, in the one way that there is. */
import { readLinks } from "../metrics/links.ts";
import type { ProgramContext } from "../runtime/runtime.ts";
import type { Lane, NodeHealth } from "./lane.ts";
import { laneOf } from "./topology-of.ts";

/** One real call. Rejects, like fetch, when the node does not answer. */
export async function nodeHealth(
  lanes: readonly Lane[],
  context: ProgramContext,
  signal: AbortSignal,
): Promise<NodeHealth> {
  const lane = laneOf(context.node, lanes);
  if (lane !== undefined) return lane.health(context, signal);
  if (context.node.kind === "toxiproxy") return linkProxyHealth(context, signal);
  return { healthy: true, detail: "nothing can be asked of it" };
}

async function linkProxyHealth(context: ProgramContext, signal: AbortSignal): Promise<NodeHealth> {
  const links = await readLinks(context.addresses.address(context.node.id, "api"), signal);
  const changed = links.filter(({ profile }) => profile !== null).length;
  const detail = changed === 0 ? "all as they are" : `${changed} under a fault`;
  return { healthy: true, detail: `${links.length} links, ${detail}` };
}
