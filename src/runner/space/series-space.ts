/** The room that all runs of one command need: their data one after the other, their recordings together. */

import type { LaneSpace, PlayedOn, SpacePart } from "../../lanes/lane-space.ts";
import { topologyOf } from "../../lanes/topology-of.ts";
import { designsInTurn, type SeriesRequest } from "../play-series.ts";
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

/** Of one run, with the design of each lane. */
function spaceOf(
  { lanes, scenario }: SpaceRequest,
  designs: Readonly<Record<string, string>>,
): LaneSpace {
  const each = lanes.map(({ lane, settings, observers }) => {
    const run: PlayedOn = {
      plan: scenario.plans[lane.id] ?? scenario.plan,
      warmFollower: observers["warmFollower"] === true,
      faults: scenario.faults.map(({ kind }) => kind),
    };
    const design = designs[lane.id] ?? lane.defaultDesign;
    return lane.space(topologyOf([{ lane, options: { ...settings, design } }]), run);
  });
  const recordedBytes = recordedBytesPerS * scenario.plan.durationS + recordedAtEndBytes;
  return {
    temp: [
      ...each.flatMap(({ temp }) => temp),
      { what: "the probe of the disk", bytes: diskProbeBytes },
    ],
    reports: [
      { what: "timeline, histograms and logs", bytes: recordedBytes },
      ...each.flatMap(({ reports }) => reports),
    ],
  };
}

function sum(parts: readonly SpacePart[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}
