/** Runs `bin/hunt` as its user does, for the JSON document that it prints or for its recordings. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRecording, type RecordingReader } from "../src/recording/recording-reader.ts";

const program = fileURLToPath(new URL("../bin/hunt", import.meta.url));

/** @throws Error when hunt prints no document; a breached budget or a broken guarantee is a result. */
export async function huntJson<T>(args: readonly string[]): Promise<T> {
  return withReports((reports) => playInto<T>(reports, args));
}

/**
 * The document, and every recording in the order of the runs.
 * @param read Called while the recordings exist; they are removed when it is done.
 */
export async function huntRecordings<T, R>(
  args: readonly string[],
  read: (document: T, recordings: readonly RecordingReader[]) => R | Promise<R>,
): Promise<R> {
  return withReports(async (reports) => {
    const document = await playInto<T>(reports, args);
    const folders = readdirSync(reports).sort();
    const recordings: RecordingReader[] = [];
    for (const folder of folders) recordings.push(await openRecording(join(reports, folder)));
    return read(document, recordings);
  });
}

async function withReports<R>(use: (reports: string) => Promise<R>): Promise<R> {
  const reports = mkdtempSync(join(tmpdir(), "hunt-bench-"));
  try {
    return await use(reports);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function playInto<T>(reports: string, args: readonly string[]): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const child = execFile(
      program,
      [...args, "--json", "--reports", reports],
      { maxBuffer: 64 * 1024 * 1024 },
      (_, stdout) => {
        try {
          const document = JSON.parse(stdout) as T & {
            readonly error?: { readonly message: string };
          };
          if (document.error === undefined) resolve(document);
          else reject(new Error(`hunt ${args.join(" ")}: ${document.error.message}`));
        } catch (error) {
          reject(error);
        }
      },
    );
    child.stderr?.pipe(process.stderr);
  });
}
