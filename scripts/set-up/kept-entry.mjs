/**
 * What providers keep in the user's cache: a folder that is put into its place whole, with a manifest that tells
 * later whether it still is. An entry whose manifest can't be read is taken for damaged.
 */
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashFile } from "./input-hash.mjs";

const manifestName = "manifest.json";

export async function factsOfFile(path) {
  const { size, mtimeMs } = await stat(path);
  return { size, modifiedAtMs: mtimeMs, sha256: await hashFile(path) };
}

/** The content is read only if its time has changed. */
export async function isUnchanged(path, wanted) {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || facts.size !== wanted.size) return false;
  return facts.mtimeMs === wanted.modifiedAtMs || (await hashFile(path)) === wanted.sha256;
}

export async function writeManifest(entry, manifest) {
  await writeFile(join(entry, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Undefined where there is none that can be read. */
export async function readManifest(entry) {
  try {
    return JSON.parse(await readFile(join(entry, manifestName), "utf8"));
  } catch {
    return undefined;
  }
}

/** Another checkout may be doing the same; then either's will do. */
export async function replaceEntry(temporary, entry) {
  const broken = `${entry}.broken-${process.pid}`;
  await rename(entry, broken).catch((error) => {
    if (error?.code !== "ENOENT") throw error;
  });
  await rename(temporary, entry).catch((error) => {
    if (error?.code !== "ENOTEMPTY" && error?.code !== "EEXIST") throw error;
  });
  await rm(broken, { recursive: true, force: true });
}
