/** The room that all runs of one command need: their data one after the other, their recordings together. */

import type { SeriesRequest } from "../play-series.ts";
import type { SpacePlace } from "./check-space.ts";
import { reportsNeeded, type SpacePart, tempNeeded } from "./space-needed.ts";

export function seriesSpace(series: SeriesRequest, tmpDir: string): SpacePlace[] {
  const { scenario, topology, warmFollower } = series;
  const perDesign = series.designs.map(({ storeBytesPerDig }) =>
    tempNeeded({
      members: topology.etcdSize,
      quotaBytes: topology.quotaBytes,
      run: {
        plan: scenario.plan,
        storeBytesPerDig,
        warmFollower,
        filled: scenario.faults.some(({ kind }) => kind === "space-alarm"),
      },
    }),
  );
  const runs = series.designs.length * series.repeat;
  const recorded = reportsNeeded(scenario.plan).map(({ what, bytes }) => ({
    what: runs === 1 ? what : `${what} of ${runs} runs`,
    bytes: runs * bytes,
  }));
  const [largest = []] = perDesign.toSorted((left, right) => sum(right) - sum(left));
  return [
    { folder: tmpDir, movedBy: "TMPDIR", parts: largest },
    { folder: series.reportsDir, movedBy: "--reports or HUNT_REPORTS", parts: recorded },
  ];
}

function sum(parts: readonly SpacePart[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}
