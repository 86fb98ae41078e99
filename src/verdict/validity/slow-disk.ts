/**
 * Seconds in which the disk held up the nodes of a cluster that commit, with no fault on their lane that explains
 * it: the first thing to look at when a latency is breached. Stores advise a p99 of their syncs below 10 ms; told
 * is ten times that. Which gauge tells it comes from the clusters in run.json.
 */

import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { FaultResult } from "../summary-document.ts";

const toldFromMs = 100;
const shownSeconds = 3;
/** A reading covers the second before it, and what a fault held up ends after it. */
const aroundFaultS = 2;

export function slowDiskNotes(
  { run, timeline }: RecordingReader,
  faults: readonly FaultResult[],
): string[] {
  const seconds = new Map<number, { readonly nodes: string[]; slowestMs: number }>();
  for (const { id, lane, series } of syncingNodes(run)) {
    const ofLane = faults.filter(({ lanes }) => lanes.includes(lane));
    for (const { t, value } of timeline.samples(series)) {
      if (value < toldFromMs || t < 0 || t >= run.durationS || isInFault(ofLane, t)) continue;
      const second = Math.floor(t);
      const found = seconds.get(second) ?? { nodes: [], slowestMs: 0 };
      seconds.set(second, found);
      found.nodes.push(id);
      found.slowestMs = Math.max(found.slowestMs, value);
    }
  }
  const slowest = [...seconds].toSorted((left, right) => right[1].slowestMs - left[1].slowestMs);
  if (slowest.length === 0) return [];
  const told = slowest.slice(0, shownSeconds).map(([second, { nodes, slowestMs }]) => {
    return `${Math.round(slowestMs)} ms at ${second} s on ${nodes.join(", ")}`;
  });
  const more = slowest.length - told.length;
  const others = more === 0 ? "" : `, and over ${toldFromMs} ms in ${more} more`;
  return [
    `Syncs to disk were slow outside of faults, which holds up every commit (a p99 below 10 ms is advised): ${told.join("; ")}${others}.`,
  ];
}

function syncingNodes({ lanes, nodes }: RunDocument) {
  return Object.entries(lanes).flatMap(([lane, { clusters }]) =>
    clusters.flatMap(({ kind, syncMs }) =>
      nodes
        .filter((node) => syncMs !== undefined && node.lane === lane && node.kind === kind)
        .map(({ id }) => ({ id, lane, series: `node.${id}.${syncMs}` })),
    ),
  );
}

function isInFault(faults: readonly FaultResult[], t: number): boolean {
  return faults.some(({ injectedAtS, healedAtS, restoredAtS }) => {
    if (injectedAtS === null) return false;
    const endS = restoredAtS ?? healedAtS ?? Number.POSITIVE_INFINITY;
    return t >= injectedAtS && t <= endS + aroundFaultS;
  });
}
