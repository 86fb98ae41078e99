/**
 * Holds the comparisons of the warm follower against the promise that all members hold the same data.
 * The hashes decide, not the word that was recorded with them. A difference anywhere refutes it; the
 * last comparison, which is made after the load, is the one that can confirm it.
 */

import type { CheckContext, Checker } from "../../../../checkers/checker.ts";
import type { Finding } from "../../../../checkers/finding.ts";
import type { TimelineEvent } from "../../../../recording/timeline/events.ts";
import { guarantees } from "../guarantees.ts";

type ComparisonEvent = Extract<TimelineEvent, { kind: "comparison" }>;

export const followerData: Checker = {
  source: "follower-data.ts",
  guarantees: [guarantees.followers],
  begin: (context) =>
    // Without a warm follower it promised no comparison.
    context.reader.run.lanes[context.lane]?.observers["warmFollower"] === true
      ? { findings: () => [checkFollowerData(context)] }
      : undefined,
};

function checkFollowerData({ reader }: CheckContext): Finding {
  const comparisons = reader.timeline.events.filter((event) => event.kind === "comparison");
  const made = comparisons.filter((event) => event.state !== "unknown");
  const different = made.filter((event) => distinctHashes(event) !== 1);
  const doubt = doubtAbout(comparisons);
  const [first] = different;
  const example = first === undefined ? undefined : story(first);
  return {
    guarantee: guarantees.followers,
    violations: { count: different.length, example },
    checked: made.length,
    of: "comparisons",
    doubts: doubt === undefined ? [] : [doubt],
    isUnbounded: true,
  };
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
