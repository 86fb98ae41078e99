/**
 * Reads a run folder. What cannot be read is left out and named: in `problems` where evidence is gone, so
 * that a run that was killed can still be judged as far as it goes; in `notes` where nothing is lost by
 * it. A folder of a newer hunt is refused.
 *
 * Ledger and observations are not loaded here: they are streamed by `ledger-file.ts` and
 * `observed-file.ts`.
 */
import { readFile, stat } from "node:fs/promises";
import { decodeBuckets, type HistogramBuckets } from "../metrics/histogram-encoding.ts";
import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import { contains, type SecondWindow } from "../metrics/seconds.ts";
import { parseTimelineEvent } from "./events.ts";
import { FrameReplay, type RecordedFrame } from "./frame-replay.ts";
import { parseFrameMark, parseLatencyLine } from "./latency-log.ts";
import { readRunDocument } from "./read-run-document.ts";
import { eachLine, fileProblem } from "./recorded-lines.ts";
import type { RunDocument } from "./run-document.ts";
import { folderAt, type RunFolder, runFile, runFiles } from "./run-folder.ts";
import { Timeline } from "./timeline.ts";

/** A run whose files were written to within this time is going on. The timeline grows every second. */
const liveWithinMs = 4_000;

interface StoredHistogram {
  readonly second: number;
  readonly buckets: HistogramBuckets;
}

/** The two files that are read whole. */
export type DamagedFile = "timeline" | "latency";

export interface RecordingReader {
  readonly folder: RunFolder;
  readonly run: RunDocument;
  readonly timeline: Timeline;
  /** What is missing or cannot be read, in sentences; empty for a whole recording. */
  readonly problems: readonly string[];
  /** What was odd but took no evidence away, in sentences. */
  readonly notes: readonly string[];
  /** Which files `problems` are about. */
  readonly damaged: ReadonlySet<DamagedFile>;
  /** The run is still being written: what is not there yet is not missing. */
  readonly live: boolean;
  /** Tags of `latency.hlog`. */
  readonly histogramSeries: readonly string[];
  /** Exact merge over the seconds of the window; empty for a series that does not exist. */
  histogram(series: readonly string[], window: SecondWindow): LatencyHistogram;
  /** The generator's seconds in the order in which they came in, each with what it brought. */
  frames(): readonly RecordedFrame[];
}

export interface OpenOptions {
  /** Now, in Unix milliseconds, to tell a run that is going on from one that was killed. */
  readonly nowMs?: number;
}

/**
 * @param path a run folder.
 * @throws HuntError when it is no run folder, or one of a newer hunt (exit code 2), or one whose
 * run.json is gone or unreadable (exit code 4).
 */
export async function openRecording(
  path: string,
  options: OpenOptions = {},
): Promise<RecordingReader> {
  const folder = folderAt(path);
  const run = await readRunDocument(folder);
  const live = run.state.kind === "running" && (await writtenLately(folder, options.nowMs));
  const problems: string[] = [];
  const damaged = new Set<DamagedFile>();
  const notes: string[] = [];
  const replay = new FrameReplay();
  const timeline = new Timeline();
  const unknownKinds = new Map<string, number>();
  const files = { folder, live, problems, damaged };
  await readLines(files, "timeline", (line) => {
    const event = parseTimelineEvent(line);
    if ("unknownKind" in event) {
      unknownKinds.set(event.unknownKind, (unknownKinds.get(event.unknownKind) ?? 0) + 1);
      return;
    }
    timeline.add(event);
    replay.addEvent(event);
  });
  for (const [kind, count] of unknownKinds) {
    notes.push(`${runFiles.timeline}: ${count} events of the unknown kind "${kind}" were skipped.`);
  }
  const stored = new Map<string, StoredHistogram[]>();
  await readLines(files, "latency", (line) => {
    const frame = parseFrameMark(line);
    if (frame !== undefined) replay.endLatencyFrame(frame);
    const parsed = parseLatencyLine(line);
    if (parsed === undefined) return;
    const { series, second } = parsed;
    const buckets = decodeBuckets(parsed.hdr);
    const histograms = stored.get(series) ?? [];
    stored.set(series, histograms);
    histograms.push({ second, buckets });
    replay.addHistogram({ series, second, buckets });
  });
  return {
    folder,
    run,
    timeline,
    problems,
    notes,
    damaged,
    live,
    histogramSeries: [...stored.keys()],
    histogram: (series, window) => {
      const merged = new LatencyHistogram();
      for (const histogram of series.flatMap((name) => stored.get(name) ?? [])) {
        if (contains(window, histogram.second)) merged.add(histogram.buckets);
      }
      return merged;
    },
    frames: () => replay.frames(),
  };
}

async function writtenLately(folder: RunFolder, nowMs: number | undefined): Promise<boolean> {
  if (nowMs === undefined) return false;
  const files = (["run", "timeline", "latency", "ledger"] as const).map((name) =>
    stat(runFile(folder, name)).catch(() => undefined),
  );
  const found = await Promise.all(files);
  return found.some((file) => file !== undefined && nowMs - file.mtimeMs < liveWithinMs);
}

interface Reading {
  readonly folder: RunFolder;
  readonly live: boolean;
  readonly problems: string[];
  readonly damaged: Set<DamagedFile>;
}

async function readLines(
  { folder, live, problems, damaged }: Reading,
  name: DamagedFile,
  visit: (line: string) => void,
): Promise<void> {
  let found: readonly string[];
  try {
    const text = await readFile(runFile(folder, name), "utf8");
    found = eachLine(text, { name: runFiles[name], live, visit });
  } catch (error) {
    found = [fileProblem(runFiles[name], error)];
  }
  problems.push(...found);
  if (found.length > 0) damaged.add(name);
}
