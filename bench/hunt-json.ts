/** Runs `bin/hunt` as its user does and returns the JSON document that it prints. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../bin/hunt", import.meta.url));

/** @throws Error when hunt prints no document; a breached budget or a broken guarantee is a result. */
export async function huntJson<T>(args: readonly string[]): Promise<T> {
  const reports = mkdtempSync(join(tmpdir(), "hunt-bench-"));
  try {
    return await new Promise<T>((resolve, reject) => {
      const child = execFile(
        program,
        [...args, "--json", "--reports", reports],
        { maxBuffer: 64 * 1024 * 1024 },
        (_, stdout) => {
          try {
            resolve(JSON.parse(stdout) as T);
          } catch (error) {
            reject(error);
          }
        },
      );
      child.stderr?.pipe(process.stderr);
    });
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}
