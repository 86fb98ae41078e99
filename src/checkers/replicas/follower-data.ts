/**
 * Holds the comparisons of the warm follower against the promise that all members hold the same data.
 * The hashes decide, not the word that was recorded with them. A difference anywhere refutes it; the
 * last comparison, which is made after the load, is the one that can confirm it.
 */

import { optional } from "../../optional.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { LaneFinding } from "../../verdict/summary-document.ts";
import { guarantees } from "../guarantees.ts";

type ComparisonEvent = Extract<TimelineEvent, { kind: "comparison" }>;

/** Nothing for a run without a warm follower: it promised no comparison. */
export function checkFollowerData({ run, timeline }: RecordingReader): LaneFinding[] {
  if (run.lanes["sessions"]?.observers["warmFollower"] !== true) return [];
  const comparisons = timeline.events.filter((event) => event.kind === "comparison");
  const made = comparisons.filter((event) => event.state !== "unknown");
  const different = made.filter((event) => distinctHashes(event) !== 1);
  const doubt = doubtAbout(comparisons);
  const [first] = different;
  return [
    {
      ...guarantees.followers,
      outcome: first !== undefined ? "broken" : doubt === undefined ? "held" : "unknown",
      checked: made.length,
      of: "comparisons",
      violations: different.length,
      upperBound95: null,
      ...(first === undefined ? {} : { example: story(first) }),
      ...optional({ note: doubt }),
    },
  ];
}

function distinctHashes({ hashes }: ComparisonEvent): number {
  return new Set(Object.values(hashes ?? {})).size;
}

/** Why the last comparison does not confirm that the data is the same at the end. */
function doubtAbout(comparisons: readonly ComparisonEvent[]): string | undefined {
  const last = comparisons.at(-1);
  if (last === undefined) return "no snapshot was compared";
  if (last.state === "unknown") {
    return `the last comparison could not be made: ${last.detail ?? "no reason is known"}`;
  }
  return last.drained === true ? undefined : "the run ended before the comparison after its load";
}

/** Whoever differs from most is named first. */
function story({ t, revision, hashes = {} }: ComparisonEvent): string {
  const byHash = new Map<number, string[]>();
  for (const [node, hash] of Object.entries(hashes)) {
    byHash.set(hash, [...(byHash.get(hash) ?? []), node]);
  }
  const groups = [...byHash].sort(([, left], [, right]) => left.length - right.length);
  const words = groups.map(([hash, nodes]) => `${nodes.join(", ")} ${hash.toString(16)}`);
  return `at ${t.toFixed(1)} s the data at revision ${revision} has the hash ${words.join(", but on ")}.`;
}
