/** The room that all runs of one command need: their data one after the other, their recordings together. */

import { designsInTurn, type SeriesRequest } from "../play-series.ts";
import type { SpacePlace } from "./check-space.ts";
import { reportsNeeded, type SpacePart, tempNeeded } from "./space-needed.ts";

export function seriesSpace(series: SeriesRequest, tmpDir: string): SpacePlace[] {
  const { scenario } = series;
  const perDesign = series.lanes.flatMap(({ lane, designs, settings, observers }) =>
    designs.map(({ storeBytesPerDig }) =>
      tempNeeded({
        members: Number(settings["etcdSize"] ?? 0),
        quotaBytes: numberOf(settings["quotaBytes"]),
        run: {
          plan: scenario.plans[lane.id] ?? scenario.plan,
          storeBytesPerDig,
          warmFollower: observers["warmFollower"] === true,
          filled: scenario.faults.some(({ kind }) => kind === "space-alarm"),
        },
      }),
    ),
  );
  const runs = designsInTurn(series.lanes).length * series.repeat;
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

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
