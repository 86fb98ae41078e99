/** What the warm follower did, in a sentence or two. */
import type { Summary } from "../../verdict/summary-document.ts";
import { bytes, count, milliseconds, short } from "./quantity.ts";

/** Empty for a run without one. */
export function warmFollowerText({ warmFollower }: Summary): string {
  if (warmFollower === null) return "";
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
