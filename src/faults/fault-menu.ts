/** What can be broken in a backend, for somebody who chooses from lists. */
import type { Topology } from "../topology/topology.ts";
import type { FaultKind } from "./fault.ts";
import { selectorsFor } from "./plan/selector.ts";

export interface FaultMenuEntry {
  readonly kind: string;
  readonly description: string;
  readonly targets: readonly string[];
  /** For `with`; an empty one: without. */
  readonly settings: readonly string[];
  /** Empty for one that is over by itself. */
  readonly lengths: readonly string[];
}

/** The first is the one that is proposed. */
const lengths: readonly string[] = ["3s", "1s", "2s", "5s", "10s", "20s", "30s"];

/** Only what has a target here. */
export function faultMenu(
  kinds: readonly FaultKind[],
  topology: Topology,
): readonly FaultMenuEntry[] {
  return kinds.flatMap((kind) => {
    const targets = selectorsFor(kind, topology);
    if (targets.length === 0) return [];
    const bare = kind.settings === undefined || kind.settings(undefined) === undefined ? [""] : [];
    const presets = kind.presets ?? [];
    return [
      {
        kind: kind.name,
        description: kind.description,
        targets,
        settings: presets.length === 0 ? [] : [...bare, ...presets],
        lengths: kind.lasts ? lengths : [],
      },
    ];
  });
}
