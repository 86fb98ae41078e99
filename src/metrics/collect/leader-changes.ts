/** One event per term of a cluster that had a leader; a deposed one that does not know it yet is none. */
import type { Reading } from "./collector.ts";

export class LeaderChanges {
  readonly #cluster: string;
  #term = -1;

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  observe(node: string, term: number, { t, sink }: Pick<Reading, "t" | "sink">): void {
    if (term <= this.#term) return;
    this.#term = term;
    sink.event({ t, kind: "leader", cluster: this.#cluster, node, term });
  }
}
