/** What the warm followers did, in a sentence or two. */

import { bytes, count, short } from "../../metrics/quantity.ts";
import type { Summary, WarmFollowerResult } from "../../verdict/summary-document.ts";
import { milliseconds } from "./quantity.ts";

/** Empty for a run without one. */
export function warmFollowerText({ lanes }: Summary): string {
  const followed = Object.entries(lanes).flatMap(([lane, { extras }]) =>
    extras.warmFollower === undefined ? [] : [{ lane, text: textOf(extras.warmFollower) }],
  );
  const isAlone = Object.keys(lanes).length === 1;
  return followed.map(({ lane, text }) => (isAlone ? text : `${lane}: ${text}`)).join("; ");
}

function textOf(warmFollower: WarmFollowerResult): string {
  const { snapshots, comparisons, cpuSeconds } = warmFollower;
  const failed = snapshots.failed === 0 ? "" : `, ${count(snapshots.failed)} FAILED`;
  const size =
    snapshots.taken === 0
      ? ""
      : ` (at most ${bytes(snapshots.bytesMax)}, ${milliseconds(snapshots.tookMs.max)} ms)`;
  const states = (["equal", "unequal", "unknown"] as const).flatMap((state) => {
    const found = comparisons.filter((comparison) => comparison.state === state).length;
    if (found === 0) return [];
    return [`${count(found)} ${state === "equal" ? state : state.toUpperCase()}`];
  });
  const restored =
    comparisons.length === 0 ? "none restored and compared" : `compared: ${states.join(", ")}`;
  const noun = snapshots.taken === 1 ? "snapshot" : "snapshots";
  return `${count(snapshots.taken)} ${noun}${size}${failed}; ${restored}; ${short(cpuSeconds)} CPU s`;
}
