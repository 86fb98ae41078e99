/**
 * Compiles src/ to dist/. Types are not checked here: `bin/test` does that, and somebody who only wants
 * to run hunt need not wait for it. The output is built beside dist/, at the same depth because source
 * maps point at ../src, and swapped in whole.
 */
import { cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { hashInputs } from "./input-hash.mjs";
import { isRunning } from "./prune.mjs";

const hashFileName = ".built-from";
const isTest = (path) => /\.test\.tsx?$/.test(path);
const isCompiled = (path) => /\.tsx?$/.test(path);

/** @returns {Promise<boolean>} whether it had to build */
export async function buildDist({ places, report, signal, nodePath }) {
  const hash = await hashInputs({
    root: places.root,
    paths: ["src", "tsconfig.json", "package-lock.json"],
    facts: [],
    include: (path) => !isTest(path),
  });
  const built = await readFile(join(places.dist, hashFileName), "utf8").catch(() => "");
  if (built === hash) return false;
  await report.step("TypeScript compiled", async () => {
    const temporary = `${places.dist}.tmp-${process.pid}`;
    const old = `${places.dist}.old-${process.pid}`;
    await removeAbandoned(places.root);
    try {
      await compile({ places, signal, nodePath, temporary });
      await copyRest(join(places.root, "src"), temporary);
      await writeFile(join(temporary, hashFileName), hash);
      await rename(places.dist, old).catch(ignoreMissing);
      await rename(temporary, places.dist);
    } finally {
      await rm(temporary, { recursive: true, force: true });
      await rm(old, { recursive: true, force: true });
    }
  });
  // Bounded by being emptied: V8 keeps an entry for every version of every file it ever ran.
  await rm(places.compiled, { recursive: true, force: true });
  return true;
}

function compile({ places, signal, nodePath, temporary }) {
  const tsc = join(places.root, "node_modules", "typescript", "bin", "tsc");
  return runChild({
    what: "compile src/",
    program: nodePath,
    // The type packages are those of the tests: nothing here needs them.
    args: [tsc, "-p", "tsconfig.json", "--noCheck", "--types", "null", "--outDir", temporary],
    cwd: places.root,
    logPath: join(places.logs, "tsc.log"),
    timeoutMs: 300_000,
    signal,
    otherwise: { hint: "Mend the source, then run the same command again.", exitCode: 1 },
  });
}

/** What tsc leaves behind and the program reads at run time: k6 scripts and data files. */
async function copyRest(source, target) {
  await cp(source, target, {
    recursive: true,
    filter: (path) => !isCompiled(path) && !path.endsWith(".proto"),
  });
}

async function removeAbandoned(root) {
  for (const name of await readdir(root)) {
    const owner = /^dist\.(?:tmp|old)-(\d+)$/.exec(name);
    if (owner && !isRunning(Number(owner[1]))) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
}

function ignoreMissing(error) {
  if (error?.code !== "ENOENT") throw error;
}
