/**
 * The folder of one run: its name, its files, and writing the two documents in it so that a reader
 * sees either the old one or the new one, whole.
 */

import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { reasonOf } from "../reason-of.ts";

/** The files that all lanes of a run share, but the logs; `docs/run-folder.md` describes each. */
export const runFiles = {
  run: "run.json",
  timeline: "timeline.ndjson",
  latency: "latency.hlog",
  summary: "summary.json",
  report: "report.md",
  junit: "junit.xml",
} as const;

/** What there is of each lane, below `lanes/<id>/`. */
export const laneFiles = {
  ledger: "ledger.bin",
  observed: "observed.bin",
  audit: "audit.bin",
} as const;

const lanesFolder = "lanes";

export interface RunFolder {
  readonly runId: string;
  readonly path: string;
  readonly logsDir: string;
  /** True: the files of its one lane lie beside run.json, as in recordings of version 1. */
  readonly isFlat?: boolean;
}

/** The folder at a path, whatever is in it. */
export function folderAt(path: string): RunFolder {
  const full = resolve(path);
  return { runId: basename(full), path: full, logsDir: join(full, "logs") };
}

/** The undo journal of the run's faults; there while one of them is not healed. */
export function undoFolder(folder: RunFolder): string {
  return join(folder.path, "faults");
}

/** The path of a file in the folder. */
export function runFile(folder: RunFolder, name: keyof typeof runFiles): string {
  return join(folder.path, runFiles[name]);
}

/** The path of a file of one lane. */
export function laneFile(folder: RunFolder, lane: string, name: keyof typeof laneFiles): string {
  const where = folder.isFlat === true ? folder.path : join(folder.path, lanesFolder, lane);
  return join(where, laneFiles[name]);
}

/** Whether it is the name of something that hunt writes into a run folder. */
export function isOfRunFolder(name: string): boolean {
  const files: readonly string[] = [...Object.values(runFiles), ...Object.values(laneFiles)];
  return name === lanesFolder || name === "logs" || files.includes(name);
}

/**
 * `<date>-<time>-<scenario>-<4 random>`, in UTC, so that names sort by time.
 * @param random a number in [0, 1).
 */
export function newRunId(scenario: string, now: Date, random: number): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  const stamp = `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}`;
  const suffix = Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  const name = scenario.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${stamp}-${name}-${suffix}`;
}

/** Whether a folder is named as `newRunId` names runs. */
export function isRunId(name: string): boolean {
  return /^\d{8}-\d{6}-.*-[0-9a-z]{4}$/.test(name);
}

/**
 * Makes `<reportsDir>/<runId>/` with its `logs/`, and a folder for the files of each lane.
 * @throws HuntError (exit code 3) when the place cannot be written or the run id is taken.
 */
export async function createRunFolder(
  reportsDir: string,
  runId: string,
  lanes: readonly string[],
): Promise<RunFolder> {
  const path = join(reportsDir, runId);
  const logsDir = join(path, "logs");
  try {
    await mkdir(reportsDir, { recursive: true });
    await mkdir(path);
    await mkdir(logsDir);
    for (const lane of lanes) await mkdir(join(path, lanesFolder, lane), { recursive: true });
  } catch (error) {
    throw new HuntError({
      code: "recording.not-writable",
      message: `Cannot make the run folder ${path}: ${reasonOf(error)}.`,
      exitCode: exitCodes.environment,
      hint: "Make the folder writable, or choose another with --reports or HUNT_REPORTS.",
      cause: error,
    });
  }
  return { runId, path, logsDir };
}

/**
 * Writes `document` beside the file and renames it over the old one. On a full disk it overwrites the
 * old one in place, which needs no new block: that is how run.json can still say `disk-full`.
 */
export async function writeDocument(path: string, document: unknown): Promise<void> {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  try {
    await replaceFile(path, text);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    await overwrite(path, text);
  }
}

/** All of the text, or the file as it was: beside it first, then renamed over it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const partial = `${path}.part`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

async function overwrite(path: string, text: string): Promise<void> {
  await using file = await open(path, "r+");
  const { bytesWritten } = await file.write(text, 0);
  await file.truncate(bytesWritten);
}
