/**
 * Reads a run folder. What was cut off in mid-write is left out and named in `problems`, so that a run
 * that was killed can still be judged as far as it goes; a folder of a newer hunt is refused.
 *
 * Ledger and observations are not loaded here: they are streamed by `ledger-file.ts` and
 * `observed-file.ts`.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import {
  decodeBuckets,
  type HistogramBuckets,
  LatencyHistogram,
} from "../metrics/latency-histogram.ts";
import { contains, type SecondWindow } from "../metrics/seconds.ts";
import { parseTimelineEvent } from "./events.ts";
import { parseLatencyLine } from "./latency-log.ts";
import { type RunDocument, runDocumentSchema, runSchemaVersion } from "./run-document.ts";
import { type RunFolder, runFile, runFiles } from "./run-folder.ts";
import { Timeline } from "./timeline.ts";

interface StoredHistogram {
  readonly second: number;
  readonly buckets: HistogramBuckets;
}

export interface RecordingReader {
  readonly folder: RunFolder;
  readonly run: RunDocument;
  readonly timeline: Timeline;
  /** What is missing or cut off, in sentences; empty for a whole recording. */
  readonly problems: readonly string[];
  /** Tags of `latency.hlog`. */
  readonly histogramSeries: readonly string[];
  /** Exact merge over the seconds of the window; empty for a series that does not exist. */
  histogram(series: readonly string[], window: SecondWindow): LatencyHistogram;
}

/**
 * @param path a run folder.
 * @throws HuntError (exit code 2) when it is no run folder, or one of a newer hunt.
 */
export async function openRecording(path: string): Promise<RecordingReader> {
  const folder = folderAt(path);
  const run = parseRun(await readRun(folder), folder);
  const problems: string[] = [];
  const timeline = new Timeline();
  const timelineText = await readText(folder, "timeline", problems);
  eachLine(timelineText, runFiles.timeline, problems, (line) => {
    timeline.add(parseTimelineEvent(line));
  });
  const stored = new Map<string, StoredHistogram[]>();
  eachLine(await readText(folder, "latency", problems), runFiles.latency, problems, (line) => {
    const parsed = parseLatencyLine(line);
    if (parsed === undefined) return;
    const buckets = decodeBuckets(parsed.hdr);
    const histograms = stored.get(parsed.series) ?? [];
    stored.set(parsed.series, histograms);
    histograms.push({ second: parsed.second, buckets });
  });
  return {
    folder,
    run,
    timeline,
    problems,
    histogramSeries: [...stored.keys()],
    histogram: (series, window) => {
      const merged = new LatencyHistogram();
      for (const histogram of series.flatMap((name) => stored.get(name) ?? [])) {
        if (contains(window, histogram.second)) merged.add(histogram.buckets);
      }
      return merged;
    },
  };
}

function folderAt(path: string): RunFolder {
  const full = resolve(path);
  return { runId: basename(full), path: full, logsDir: resolve(full, "logs") };
}

async function readRun(folder: RunFolder): Promise<unknown> {
  try {
    return JSON.parse(await readFile(runFile(folder, "run"), "utf8"));
  } catch (error) {
    throw new HuntError({
      code: "recording.not-a-run",
      message: `${folder.path} is not a run folder: ${runFiles.run} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
      exitCode: exitCodes.usage,
      hint: "Name a folder under reports/, such as reports/<run-id>.",
      cause: error,
    });
  }
}

function parseRun(document: unknown, folder: RunFolder): RunDocument {
  const version =
    typeof document === "object" && document !== null && "schemaVersion" in document
      ? document.schemaVersion
      : undefined;
  if (typeof version === "number" && version > runSchemaVersion) {
    throw new HuntError({
      code: "recording.newer-version",
      message: `${folder.path} has schema version ${version}; this hunt reads up to ${runSchemaVersion}.`,
      exitCode: exitCodes.usage,
      hint: "Use the hunt that made it, or a newer one.",
    });
  }
  const parsed = runDocumentSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HuntError({
    code: "recording.not-a-run",
    message: `${runFile(folder, "run")} is not what hunt writes: ${issue?.path.join(".")}: ${issue?.message}.`,
    exitCode: exitCodes.usage,
  });
}

async function readText(
  folder: RunFolder,
  name: "timeline" | "latency",
  problems: string[],
): Promise<string> {
  const path = runFile(folder, name);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    problems.push(`${runFiles[name]} is missing.`);
    return "";
  }
  return readFile(path, "utf8");
}

/** An unreadable last line is what a killed writer leaves; any other one is counted and named. */
function eachLine(
  text: string,
  name: string,
  problems: string[],
  visit: (line: string) => void,
): void {
  const lines = text.split("\n");
  const last = lines.length - 1;
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    // A writer ends each line; one without an end may be cut off and still look whole.
    if (index === last) {
      problems.push(`${name}: the last line is cut off and was left out.`);
      continue;
    }
    try {
      visit(line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push(`${name}: line ${index + 1} was left out: ${reason}.`);
    }
  }
}
