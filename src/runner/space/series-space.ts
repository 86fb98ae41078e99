/** The room that all runs of one command need: their data one after the other, their recordings together. */

import type { LaneSpace, SpacePart } from "../../lanes/lane-space.ts";
import { topologyOf } from "../../lanes/topology-of.ts";
import { type DesignNames, designsInTurn, type SeriesRequest } from "../play-series.ts";
import type { SpacePlace } from "./check-space.ts";

/** `native/tools/cmd/disk` begins its file anew there. */
const diskProbeBytes = 16e6;
/** Timeline, histograms and logs; measured 56 KB. */
const recordedBytesPerS = 60e3;
/** Final reads, summary, renderings. */
const recordedAtEndBytes = 1e6;

type SpaceRequest = Pick<SeriesRequest, "lanes" | "scenario" | "repeat" | "reportsDir">;

export function seriesSpace(series: SpaceRequest, tmpDir: string): SpacePlace[] {
  const needed = designsInTurn(series.lanes).map((designs) => spaceOf(series, designs));
  const [largest] = needed.toSorted((left, right) => sum(right.temp) - sum(left.temp));
  const runs = needed.length * series.repeat;
  const reports = (largest?.reports ?? []).map(({ what, bytes }) => ({
    what: runs === 1 ? what : `${what} of ${runs} runs`,
    bytes: runs * bytes,
  }));
  return [
    { folder: tmpDir, movedBy: "TMPDIR", parts: largest?.temp ?? [] },
    { folder: series.reportsDir, movedBy: "--reports or HUNT_REPORTS", parts: reports },
  ];
}

/** Of one run. */
function spaceOf({ lanes, scenario }: SpaceRequest, designs: DesignNames): LaneSpace {
  const { plan, plans } = scenario;
  const faults = scenario.faults.map(({ kind }) => kind);
  const topology = topologyOf(
    lanes.map(({ lane, settings }) => ({
      lane,
      options: { ...settings, design: designs[lane.id] ?? lane.defaultDesign },
    })),
  );
  const needed = lanes.map(({ lane, observers }) =>
    lane.space(topology, { plan: plans[lane.id] ?? plan, observers, faults }),
  );
  const recordedBytes = recordedBytesPerS * plan.durationS + recordedAtEndBytes;
  return {
    temp: [
      ...needed.flatMap(({ temp }) => temp),
      { what: "the probe of the disk", bytes: diskProbeBytes },
    ],
    reports: [
      { what: "timeline, histograms and logs", bytes: recordedBytes },
      ...needed.flatMap(({ reports }) => reports),
    ],
  };
}

function sum(parts: readonly SpacePart[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}
