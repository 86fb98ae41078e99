/** What the live checker knows as of the shown second, and what was found to be broken by then. */
import type { OrderedEvent } from "../../recording/timeline/timeline.ts";
import type { Snapshot } from "./snapshot.ts";
import { eventText } from "./timeline-text.ts";

/** Null: it can't be told. */
export interface LiveFindings {
  readonly lost: number | null;
  readonly twice: number | null;
  readonly order: number | null;
  /** Refused or never sent, and in the log; records that do not follow each other. */
  readonly others: number | null;
  /** Operations that the log holds. */
  readonly delivered: number | null;
  readonly upToS: number | null;
}

/** The checker speaks once a second, at a low priority; a line holds a reading for one more. */
const oldestS = 2;

/**
 * Undefined for a run that is not checked while it goes on, or of an older hunt.
 * @param checks What the series of a lane's checks begin with.
 */
export function liveFindings(snapshot: Snapshot, checks = "check"): LiveFindings | undefined {
  const line = (name: string) => snapshot.line({ kind: "gauge", series: `${checks}.${name}` });
  const last = line("acknowledged").findLastIndex((value) => value !== null);
  if (last === -1 && snapshot.named({ kind: "gauge", series: `${checks}.*` }).length === 0) {
    return undefined;
  }
  // After the load it has said its last word, and that stands.
  const isOver = snapshot.atS >= snapshot.run.durationS;
  const isHeard = last !== -1 && (isOver || snapshot.atS - snapshot.fromS - last <= oldestS);
  const value = (name: string) => (isHeard ? (line(name)[last] ?? null) : null);
  const others = ["refused", "unsent", "records"].map(value);
  return {
    lost: value("lost"),
    twice: value("twice"),
    order: value("order"),
    others: others.includes(null)
      ? null
      : others.reduce((sum: number, each) => sum + (each ?? 0), 0),
    delivered: value("delivered"),
    upToS: value("upToS"),
  };
}

export interface FoundViolations {
  /** `lost, twice`, in the order in which they were found. */
  readonly kinds: string;
  /** Of the first one. */
  readonly story: string;
}

/**
 * Reads that came late are no violation while a fault is on, so those wait for the end.
 * @param severalLanes Each says whose it is.
 */
export function foundViolations(
  events: readonly OrderedEvent[],
  severalLanes = false,
): FoundViolations | undefined {
  const found = events
    .filter((event) => event.kind === "violation" || event.kind === "read-violation")
    .filter((event) => event.kind === "violation" || event.rule !== "late");
  const [first] = found;
  if (first === undefined) return undefined;
  const kinds = found.map((event) => {
    const what = event.kind === "violation" ? event.what : "reads";
    return severalLanes ? `${event.lane} ${what}` : what;
  });
  const story = first.kind === "violation" ? first.story : eventText(first).text;
  return { kinds: [...new Set(kinds)].join(", "), story };
}
