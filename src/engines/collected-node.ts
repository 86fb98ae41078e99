/** A node that a collector reads. */
import type { Reading } from "../metrics/collect/collector.ts";

export interface CollectedNode {
  readonly nodeId: string;
  /** `host:port` of the port that is read, past any fault. */
  readonly address: string;
}

/** Puts figures of the node as `node.<id>.<figure>`; what is undefined is a gap. */
export function putFigures(
  nodeId: string,
  { t, sink }: Reading,
  figures: Readonly<Record<string, number | undefined>>,
): void {
  for (const [figure, value] of Object.entries(figures)) {
    if (value !== undefined && !Number.isNaN(value))
      sink.sample(t, `node.${nodeId}.${figure}`, value);
  }
}
