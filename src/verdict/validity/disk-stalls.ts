/**
 * Seconds in which the machine's disk stood still: a sync of 4 KB took the probe (`disk/1`) 50 ms or more.
 * Every commit waits for the same disk, so how long an action took just then says nothing of the backend. Budgets
 * on latencies leave such seconds out, as those of a fault; docs/budgets.md has the argument and the limits:
 *
 *   own writes  a stall stays in when the run's own processes wrote in it, or in the 2 s before, more than 8 MB/s
 *               and more than twice the median second of the 10 s before that: then they may have caused it;
 *               and when they wrote more than 48 MB/s all the time: such a disk is never at rest
 *   share       of more than a third of a budget's seconds none is left out: a disk that is always like that
 */
import { lengthS, type SecondWindow } from "../../metrics/seconds.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import { growth, matchingSeries } from "../series-growth.ts";
import type { DiskStallsResult } from "../summary-document.ts";

/** Of what was held up, the last is answered a moment after the disk moves on. */
const backlogS = 0.25;
const ownWritesBytes = 8e6;
const ownWritesFactor = 2;
/** Logs of 50 MB/s and more were seen to make the disk stand still by themselves; a run that writes little has 8. */
const sustainedBytes = 48e6;
const justBeforeS = 2;
const comparedS = 10;
const leastComparedS = 3;
const maxShare = 1 / 3;
const shownSeconds = 10;

/** @returns null where no probe ran. */
export function diskStalls(reader: RecordingReader): DiskStallsResult | null {
  const { timeline, run } = reader;
  if (timeline.samples("machine.diskSyncMaxMs").length === 0) return null;
  const stalls = timeline.events.flatMap((event) =>
    event.kind === "disk-stall" && event.t >= 0 && event.t < run.durationS ? [event] : [],
  );
  const writtenIn = writtenPerSecond(reader);
  const longest = { atS: 0, forS: 0 };
  const seconds = new Set<number>();
  let ownWrites = 0;
  for (const { t, forS } of stalls) {
    if (forS > longest.forS) Object.assign(longest, { atS: t, forS });
    if (isOwn(t, t + forS, writtenIn)) {
      ownWrites += 1;
      continue;
    }
    for (let second = Math.floor(t); second < t + forS + backlogS; second += 1) seconds.add(second);
  }
  return {
    count: stalls.length,
    ownWrites,
    longest: stalls.length === 0 ? null : longest,
    seconds: [...seconds].toSorted((left, right) => left - right),
  };
}

/** Bytes that all processes of the run wrote in a second; undefined where nobody was looked at. */
function writtenPerSecond({ timeline }: RecordingReader): (second: number) => number | undefined {
  const nodes = matchingSeries(timeline, "node.*.writtenBytes").map((name) =>
    timeline.samples(name),
  );
  const known = new Map<number, number | undefined>();
  return (second) => {
    if (!known.has(second)) {
      const window = [{ startS: second, endS: second + 1 }];
      const parts = nodes.map((samples) => growth(samples, window)).filter((part) => part !== null);
      const sum = parts.reduce((total, part) => total + part, 0);
      known.set(second, parts.length === 0 ? undefined : sum);
    }
    return known.get(second);
  };
}

function isOwn(
  fromS: number,
  toS: number,
  writtenIn: (second: number) => number | undefined,
): boolean {
  const first = Math.floor(fromS) - justBeforeS;
  const during = secondsOf(first, Math.floor(toS) + 1).flatMap((each) => writtenIn(each) ?? []);
  const before = secondsOf(first - comparedS, first).flatMap((each) => writtenIn(each) ?? []);
  if (during.length === 0 || before.length < leastComparedS) return true;
  const median = before.toSorted((left, right) => left - right)[before.length >> 1] ?? 0;
  if (median > sustainedBytes) return true;
  return Math.max(...during) > Math.max(ownWritesBytes, ownWritesFactor * median);
}

function secondsOf(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

export interface UndisturbedWindow {
  readonly window: SecondWindow;
  /** How many seconds were left out. */
  readonly leftOutS: number;
  /** How many would have been, had they not been too many; 0 otherwise. */
  readonly tooManyS: number;
}

/** The window without the seconds in which the disk stood still. */
export function undisturbed(
  whole: SecondWindow,
  stalls: Pick<DiskStallsResult, "seconds"> | null,
): UndisturbedWindow {
  const disturbed = new Set(stalls?.seconds);
  const window = whole.flatMap(({ startS, endS }) =>
    secondsOf(startS, endS)
      .filter((second) => !disturbed.has(second))
      .map((second) => ({ startS: second, endS: second + 1 })),
  );
  const leftOutS = lengthS(whole) - lengthS(window);
  if (leftOutS > maxShare * lengthS(whole)) {
    return { window: whole, leftOutS: 0, tooManyS: leftOutS };
  }
  return { window, leftOutS, tooManyS: 0 };
}

export function diskStallNotes(stalls: DiskStallsResult | null): string[] {
  if (stalls?.longest == null) return [];
  const { count, ownWrites, longest, seconds } = stalls;
  const times = count === 1 ? "once" : `${count} times`;
  const shown = seconds.slice(0, shownSeconds).join(", ");
  const more = seconds.length > shownSeconds ? ` and ${seconds.length - shownSeconds} more` : "";
  const leftOut =
    seconds.length === 0
      ? "No second is left out of budgets for it"
      : `Budgets on latencies leave out ${seconds.length === 1 ? "second" : "the seconds"} ${shown}${more}`;
  const own =
    ownWrites === 0
      ? ""
      : `; in ${ownWrites === count ? "all" : ownWrites} of them the run itself wrote much, so they stay in`;
  return [
    `The machine's disk stood still ${times}, the longest for ${longest.forS.toFixed(2)} s at ${longest.atS.toFixed(1)} s (a sync of 4 KB, by a probe that has no part in the backend). ${leftOut}${own}.`,
  ];
}
