/**
 * The provider of programs under native/, one Go module each folder, one program each `cmd/<name>/`. A build lies
 * in the user's cache under the hash of everything that shapes it, so that checkouts and branches share it. Of a
 * module only the programs that are wanted and missing are built, in one go: what they share is compiled once.
 */
import { mkdir, readdir, readFile, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { requireSpace } from "./disk-space.mjs";
import { describeGo } from "./go-toolchain.mjs";
import { hashInputs } from "./input-hash.mjs";
import {
  factsOfFile,
  isUnchanged,
  readManifest,
  replaceEntry,
  writeManifest,
} from "./kept-entry.mjs";
import { pruneOldest } from "./prune.mjs";

const buildFlags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
const entriesKept = 5;
/** Measured: a first build of everything leaves 2.2 GB, most of it in Go's module and build caches. */
const coldBytes = 3e9;
/** Measured: 0.2 GB, since the tools link little; and 0.3 GB for a Go that is older and fetches itself anew. */
const coldToolsBytes = 600e6;
const warmBytes = 500e6;

/** @type {import("./providers.mjs").Provider} */
export const goModuleProvider = {
  // Two at once: downloading for one leaves the processors to the other.
  atOnce: 2,
  batchesOf: (programs, context) =>
    [...new Set(programs.map(({ source }) => source.module))].map((module) => {
      const names = programs
        .filter(({ source }) => source.module === module)
        .map(({ name }) => name);
      return { name: `go-${module}`, provide: () => providePrograms(module, names, context) };
    }),
};

async function providePrograms(module, names, { places, report, controller }) {
  const { signal } = controller;
  const folder = join(places.cache, "programs");
  await mkdir(folder, { recursive: true });
  const source = join(places.root, "native", module);
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off" };
  const go = await describeGo({ source, env, signal });
  const hash = await hashInputs({
    root: places.root,
    paths: [`native/${module}`, ...(await replacedBy(module, source))],
    facts: [go, ...buildFlags],
    include: (path) => !path.endsWith("_test.go"),
  });
  const entryOf = (name) => join(folder, `${name}-${hash.slice(0, 16)}`);
  const missing = [];
  for (const name of names) if (!(await isWhole(entryOf(name), name))) missing.push(name);
  if (missing.length > 0) {
    await requireSpace({
      path: places.cache,
      bytes: await bytesToBuild(folder, module, missing),
      purpose: `to build native/${module}`,
    });
    await report.step(`${missing.join(", ")} built with Go`, () =>
      build({ places, signal, module, programs: missing, source, env, entryOf }),
    );
  }
  for (const name of names) {
    await utimes(entryOf(name), new Date(), new Date());
    await pruneOldest(folder, entriesKept, (entry) => entry.startsWith(`${name}-`));
  }
  return new Map(names.map((name) => [name, join(entryOf(name), name)]));
}

/** A program that was built here once has left its module's dependencies in Go's caches. */
async function bytesToBuild(folder, module, names) {
  const entries = await readdir(folder);
  if (names.some((name) => entries.some((entry) => entry.startsWith(`${name}-`)))) return warmBytes;
  return module === "tools" ? coldToolsBytes : coldBytes;
}

async function build({ places, signal, module, programs, source, env, entryOf }) {
  const temporary = `${entryOf(programs[0])}-build.tmp-${process.pid}`;
  try {
    await mkdir(temporary, { recursive: true });
    await runChild({
      what: `build ${programs.join(", ")} (native/${module})`,
      program: "go",
      args: [
        "build",
        ...buildFlags,
        "-o",
        `${temporary}/`,
        ...programs.map((name) => `./cmd/${name}`),
      ],
      cwd: source,
      env,
      logPath: join(places.logs, `go-${module}.log`),
      timeoutMs: 1_200_000,
      signal,
      otherwise: { hint: "Mend the source, then run the same command again.", exitCode: 1 },
    });
    for (const name of programs) await keep(join(temporary, name), name, entryOf(name));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Put into its place whole, with what tells later whether it still is. */
async function keep(program, name, entry) {
  const temporary = `${entry}.tmp-${process.pid}`;
  try {
    await mkdir(temporary, { recursive: true });
    await rename(program, join(temporary, name));
    await writeManifest(temporary, await factsOfFile(join(temporary, name)));
    await replaceEntry(temporary, entry);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Whether the program is there as it was built. */
async function isWhole(entry, name) {
  const wanted = await readManifest(entry);
  return wanted !== undefined && (await isUnchanged(join(entry, name), wanted));
}

/** Folders that go.mod replaces modules with: their files shape the build too. */
async function replacedBy(module, source) {
  const text = await readFile(join(source, "go.mod"), "utf8");
  return [...text.matchAll(/=>\s*(\.\.\/\S+)/g)].map((match) => join("native", module, match[1]));
}
