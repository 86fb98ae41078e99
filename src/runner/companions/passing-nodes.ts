/** Nodes of companions that come and go, and say in events what they cost; their ends are no news. */
import type { Companion } from "../../lanes/companion.ts";

export function passingNodes(companions: readonly Companion[]): ReadonlySet<string> {
  const nodes = companions.flatMap((each) => each.nodes ?? []);
  return new Set(nodes.filter(({ endedEarly }) => endedEarly === undefined).map(({ id }) => id));
}
