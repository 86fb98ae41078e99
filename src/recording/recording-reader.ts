/**
 * Reads a run folder. What cannot be read is left out and named: in `problems` where evidence is gone, so
 * that a run that was killed can still be judged as far as it goes; in `notes` where nothing is lost by
 * it. A folder of a newer hunt is refused.
 *
 * Ledger and observations are not loaded here: they are streamed by `ledger-file.ts` and
 * `observed-file.ts`.
 */
import { stat } from "node:fs/promises";
import type { LatencyHistogram } from "../metrics/histogram/latency-histogram.ts";
import type { SecondRange, SecondWindow } from "../metrics/seconds.ts";
import { parseFrameMark } from "./files/latency-log.ts";
import { FrameReplay, type RecordedFrame } from "./frame-replay.ts";
import { readRunEntry } from "./read-run-document.ts";
import { RecordedHistograms } from "./recorded-histograms.ts";
import type { RunDocument } from "./run-document.ts";
import { laneFile, type RunFolder, runFile, runFiles } from "./run-folder.ts";
import { parseTimelineEvent } from "./timeline/events.ts";
import { eachLine, fileProblem, type LinePlace } from "./timeline/recorded-lines.ts";
import { Timeline } from "./timeline/timeline.ts";

/** A run whose files were written to within this time is going on. The timeline grows every second. */
const liveWithinMs = 4_000;

/** The two files that are read when a recording is opened. */
export type DamagedFile = "timeline" | "latency";

export interface SecondHistogram {
  readonly second: number;
  readonly histogram: LatencyHistogram;
}

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
  /** The histogram of each second of a series that has any; the next one takes its place. */
  histogramsBySecond(series: string, range: SecondRange): Iterable<SecondHistogram>;
  /** How many seconds the generator has handed over. */
  readonly frameCount: number;
  /**
   * The generator's seconds in the order in which they came in, each with what it brought.
   * @param reads Which histograms are wanted.
   */
  frames(reads: (series: string) => boolean): Iterable<RecordedFrame>;
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
  const { folder, run, upgradedEvent } = await readRunEntry(path);
  const live = run.state.kind === "running" && (await writtenLately(folder, run, options.nowMs));
  const problems: string[] = [];
  const damaged = new Set<DamagedFile>();
  const notes: string[] = [];
  const replay = new FrameReplay();
  const timeline = new Timeline();
  const unknownKinds = new Map<string, number>();
  const files = { folder, live, problems, damaged };
  await readLines(files, "timeline", (line) => {
    const event = parseTimelineEvent(line, upgradedEvent);
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
  const histograms = new RecordedHistograms(runFile(folder, "latency"));
  await readLines(files, "latency", (line, place) => {
    const frame = parseFrameMark(line);
    if (frame !== undefined) replay.endLatencyFrame(frame, histograms.length);
    else histograms.addLine(line, place);
  });
  return {
    folder,
    run,
    timeline,
    problems,
    notes,
    damaged,
    live,
    histogramSeries: histograms.series,
    histogram: (series, window) => histograms.merged(series, window),
    histogramsBySecond: (series, range) => histograms.bySecond(series, range),
    frameCount: replay.length,
    frames: (reads) => replay.frames((index) => histograms.at(index, reads)),
  };
}

async function writtenLately(
  folder: RunFolder,
  { lanes }: RunDocument,
  nowMs: number | undefined,
): Promise<boolean> {
  if (nowMs === undefined) return false;
  const files = [
    ...(["run", "timeline", "latency"] as const).map((name) => runFile(folder, name)),
    ...Object.keys(lanes).map((lane) => laneFile(folder, lane, "ledger")),
  ];
  const found = await Promise.all(files.map((path) => stat(path).catch(() => undefined)));
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
  visit: (line: string, place: LinePlace) => void,
): Promise<void> {
  let found: readonly string[];
  try {
    found = await eachLine(runFile(folder, name), { name: runFiles[name], live, visit });
  } catch (error) {
    found = [fileProblem(runFiles[name], error)];
  }
  problems.push(...found);
  if (found.length > 0) damaged.add(name);
}
