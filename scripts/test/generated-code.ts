/**
 * Finds generated code that is not what its protocol files give: generates all of it into a folder
 * of its own and compares, so that the check changes nothing in the checkout.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { runCommand, toolEnvironment } from "./command.ts";

const templates = ["buf.gen.yaml", "native/k6/buf.gen.yaml"];

/** @returns one line per file that differs, is missing or is left over; empty when all is current */
export async function findDrift(
  root: string,
  workDir: string,
  logPath: string | undefined,
): Promise<readonly string[]> {
  const fresh = join(workDir, "generated");
  await rm(fresh, { recursive: true, force: true });
  for (const template of templates) {
    const code = await runCommand({
      program: "buf",
      args: ["generate", "--template", template, "-o", fresh],
      cwd: root,
      env: toolEnvironment(root),
      logPath,
      timeoutMs: 300_000,
    });
    if (code !== 0) return [`buf generate --template ${template} ended with exit code ${code}`];
  }
  const files = await listFiles(fresh);
  if (files.length === 0) return ["buf generated nothing"];
  const drift: string[] = [];
  for (const file of files) {
    const committed = await readFile(join(root, file), "utf8").catch(() => undefined);
    if (committed === undefined) drift.push(`${file} is missing`);
    else if (committed !== (await readFile(join(fresh, file), "utf8")))
      drift.push(`${file} differs`);
  }
  for (const folder of new Set(files.map(topGeneratedFolder))) {
    for (const file of await listFiles(join(root, folder))) {
      if (!files.includes(join(folder, file))) drift.push(`${join(folder, file)} is left over`);
    }
  }
  return drift;
}

/** The folder that holds nothing but generated files: `.../gen` for TypeScript, the file's own for Go. */
function topGeneratedFolder(file: string): string {
  const parts = file.split("/");
  const index = parts.indexOf("gen");
  return index === -1 ? dirname(file) : parts.slice(0, index + 1).join("/");
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
