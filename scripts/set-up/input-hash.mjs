/**
 * One hash over the files that something is built from, so that "is it current?" is answered by what
 * the inputs are and not by when they were written.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/**
 * @param {{ root: string, paths: string[], facts: string[], include: (path: string) => boolean }} options
 *   `paths`: files and folders below root; `facts`: versions and flags that shape the output as well
 * @returns {Promise<string>} 64 hex digits
 */
export async function hashInputs({ root, paths, facts, include }) {
  const hash = createHash("sha256");
  for (const fact of facts) hash.update(`fact ${fact}\0`);
  for (const path of paths) {
    for (const file of await listFiles(join(root, path))) {
      const name = relative(root, file);
      if (!include(name)) continue;
      const content = createHash("sha256").update(await readFile(file));
      hash.update(`file ${name}\0${content.digest("hex")}\0`);
    }
  }
  return hash.digest("hex");
}

/** All files below a folder, sorted; a file is its own list. */
async function listFiles(path) {
  let entries;
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (error?.code === "ENOTDIR") return [path];
    throw error;
  }
  const lists = await Promise.all(
    entries.map((entry) => {
      const child = join(path, entry.name);
      return entry.isDirectory() ? listFiles(child) : [child];
    }),
  );
  return lists.flat().sort();
}

/** SHA-256 of a file that may be large. */
export async function hashFile(path) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
