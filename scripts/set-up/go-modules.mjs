/**
 * The programs under native/, one Go module each folder, one program each `cmd/<name>/`. A build lies in
 * the user's cache under the hash of everything that shapes it, so that checkouts and branches share
 * it; `.cache/bin/<name>` links to the one this checkout wants.
 */
import {
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { requireSpace } from "./disk-space.mjs";
import { describeGo } from "./go-toolchain.mjs";
import { hashFile, hashInputs } from "./input-hash.mjs";
import { pruneOldest } from "./prune.mjs";
import { together } from "./together.mjs";

/**
 * Each module and what it must build, the longest build first: a module that lost a program is an error
 * here, not in mid-run.
 */
export const goModules = [
  { name: "k6", programs: ["k6"] },
  { name: "engines", programs: ["etcd", "etcdctl", "etcdutl", "toxiproxy"] },
  { name: "tools", programs: ["disk", "firewall", "keeper", "linearize", "neighbour", "sockets"] },
];

const buildFlags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
const entriesKept = 5;
/** Measured: a cold first start leaves 2.2 GB, most of it in Go's module and build caches. */
const coldBytes = 3e9;
const warmBytes = 500e6;

export async function buildGoModules({ places, report, controller }) {
  const folder = join(places.cache, "native");
  await mkdir(folder, { recursive: true });
  await mkdir(places.bin, { recursive: true });
  // Two at once: downloading for one leaves the processors to the other.
  const waiting = [...goModules];
  const worker = async () => {
    for (let module = waiting.shift(); module; module = waiting.shift()) {
      await provideModule({ places, report, signal: controller.signal, folder, module });
    }
  };
  await together(controller, [worker(), worker()]);
}

async function provideModule({ places, report, signal, folder, module }) {
  const source = join(places.root, "native", module.name);
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off" };
  const go = await describeGo({ source, env, signal });
  const hash = await hashInputs({
    root: places.root,
    paths: [`native/${module.name}`, ...(await replacedBy(module.name, source))],
    facts: [go, ...buildFlags],
    include: (path) => !path.endsWith("_test.go"),
  });
  const entry = join(folder, `${module.name}-${hash.slice(0, 16)}`);
  if (!(await isWhole(entry, module.programs))) {
    const cold = !(await readdir(folder)).some((name) => name.startsWith(`${module.name}-`));
    await requireSpace({
      path: places.cache,
      bytes: cold ? coldBytes : warmBytes,
      purpose: `to build native/${module.name}`,
    });
    await report.step(`${module.programs.join(", ")} built with Go`, () =>
      build({ places, signal, module, source, env, entry }),
    );
  }
  await utimes(entry, new Date(), new Date());
  for (const program of module.programs)
    await pointTo(join(places.bin, program), join(entry, program));
  await pruneOldest(folder, entriesKept, (name) => name.startsWith(`${module.name}-`));
}

async function build({ places, signal, module, source, env, entry }) {
  const temporary = `${entry}.tmp-${process.pid}`;
  try {
    await mkdir(temporary, { recursive: true });
    await runChild({
      what: `build ${module.programs.join(", ")} (native/${module.name})`,
      program: "go",
      args: [
        "build",
        ...buildFlags,
        "-o",
        `${temporary}/`,
        ...module.programs.map((name) => `./cmd/${name}`),
      ],
      cwd: source,
      env,
      logPath: join(places.logs, `go-${module.name}.log`),
      timeoutMs: 1_200_000,
      signal,
      otherwise: { hint: "Mend the source, then run the same command again.", exitCode: 1 },
    });
    await writeFile(
      join(temporary, "manifest.json"),
      await describePrograms(temporary, module.programs),
    );
    await replaceEntry(temporary, entry);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function describePrograms(folder, programs) {
  const manifest = {};
  for (const program of programs) {
    const path = join(folder, program);
    const facts = await stat(path);
    manifest[program] = {
      size: facts.size,
      modifiedAtMs: facts.mtimeMs,
      sha256: await hashFile(path),
    };
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Whether every program is there as it was built. The content is read only if its time has changed. */
async function isWhole(entry, programs) {
  try {
    const manifest = JSON.parse(await readFile(join(entry, "manifest.json"), "utf8"));
    for (const program of programs) {
      const path = join(entry, program);
      const facts = await stat(path);
      const wanted = manifest[program];
      if (facts.size !== wanted.size) return false;
      if (facts.mtimeMs !== wanted.modifiedAtMs && (await hashFile(path)) !== wanted.sha256)
        return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Another checkout may be doing the same; then either's build will do. */
async function replaceEntry(temporary, entry) {
  const broken = `${entry}.broken-${process.pid}`;
  await rename(entry, broken).catch((error) => {
    if (error?.code !== "ENOENT") throw error;
  });
  await rename(temporary, entry).catch((error) => {
    if (error?.code !== "ENOTEMPTY" && error?.code !== "EEXIST") throw error;
  });
  await rm(broken, { recursive: true, force: true });
}

async function pointTo(path, target) {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  const temporary = `${path}.tmp-${process.pid}`;
  await symlink(target, temporary);
  await rename(temporary, path);
}

/** Folders that go.mod replaces modules with: their files shape the build too. */
async function replacedBy(name, source) {
  const text = await readFile(join(source, "go.mod"), "utf8");
  return [...text.matchAll(/=>\s*(\.\.\/\S+)/g)].map((match) => join("native", name, match[1]));
}
