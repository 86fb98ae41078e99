/**
 * `run.json`, without which nothing else in the folder can be judged. Tells apart a folder that is no
 * run (a wrong name: exit code 2), one of a newer hunt (2: nothing in it is guessed at), and a run whose
 * run.json is damaged (4: whatever happened can't be told any more).
 */
import { readdir, readFile } from "node:fs/promises";
import { ZodError } from "zod";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { type RunDocument, runDocumentSchema, runSchemaVersion } from "./run-document.ts";
import { folderAt, isOfRunFolder, type RunFolder, runFile, runFiles } from "./run-folder.ts";
import { fileProblem, isMissing } from "./timeline/recorded-lines.ts";
import { upgradedEvent, upgradedRunDocument } from "./version-1.ts";

export interface RunEntry {
  /** With the places of its lanes' files. */
  readonly folder: RunFolder;
  /** As this hunt would write it, whichever made it. */
  readonly run: RunDocument;
  /** What a line of its timeline would be today. */
  readonly upgradedEvent?: (value: unknown) => unknown;
}

/** @param path a run folder. @throws HuntError, as above. */
export async function readRunEntry(path: string): Promise<RunEntry> {
  const folder = folderAt(path);
  const document = await readJson(folder);
  const version = versionOf(document);
  if (version !== undefined && version > runSchemaVersion) {
    throw new HuntError({
      code: "recording.newer-version",
      message: `${folder.path} was made by a newer hunt (schema ${version}, this one reads ${runSchemaVersion}).`,
      exitCode: exitCodes.usage,
      hint: "Use the hunt that made it, or a newer one.",
    });
  }
  try {
    if (version !== 1) return { folder, run: runDocumentSchema.parse(document) };
    const run = upgradedRunDocument(document);
    return { folder: { ...folder, isFlat: true }, run, upgradedEvent };
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const [issue] = error.issues;
    const problem = `it is not what hunt writes: ${issue?.path.join(".")}: ${issue?.message}`;
    throw await unusable(folder, problem);
  }
}

async function readJson(folder: RunFolder): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(runFile(folder, "run"), "utf8");
  } catch (error) {
    const problem = isMissing(error)
      ? "it is missing"
      : fileProblem("it", error).replace(/\.$/, "");
    throw await unusable(folder, problem, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw await unusable(folder, "it is not JSON, or was cut off", error);
  }
}

function versionOf(document: unknown): number | undefined {
  if (typeof document !== "object" || document === null || !("schemaVersion" in document)) return;
  return typeof document.schemaVersion === "number" ? document.schemaVersion : undefined;
}

async function unusable(folder: RunFolder, problem: string, cause?: unknown): Promise<HuntError> {
  const entries = await readdir(folder.path).catch(() => undefined);
  const others = (entries ?? []).filter(isEvidence);
  if (others.length === 0) {
    const what = entries === undefined ? "there is no such folder" : `${runFiles.run}: ${problem}`;
    return new HuntError({
      code: "recording.not-a-run",
      message: `${folder.path} is not a run folder: ${what}.`,
      exitCode: exitCodes.usage,
      hint: "Name a run id, or a folder under reports/.",
      cause,
    });
  }
  return new HuntError({
    code: "recording.damaged",
    message: `${folder.path} cannot be judged: ${runFiles.run} says what was run, on what and how it ended, and ${problem}.`,
    exitCode: exitCodes.inconclusive,
    hint: `Still there: ${others.join(", ")}.${await recordedVerdict(folder)}`,
    cause,
  });
}

function isEvidence(name: string): boolean {
  return name !== runFiles.run && name !== "logs" && isOfRunFolder(name);
}

/** What the summary of the time says; a report is never made from it, since nobody could check it. */
async function recordedVerdict(folder: RunFolder): Promise<string> {
  const text = await readFile(runFile(folder, "summary"), "utf8").catch(() => "");
  const outcome = /"outcome": "(pass|breach|broken|inconclusive)"/.exec(text)?.[1];
  return outcome === undefined
    ? ""
    : ` At the end of the run the verdict in ${runFiles.summary} was: ${outcome}.`;
}
