/**
 * Sets a checkout up, or finds that it is: Node 24, npm packages, dist/, the Go programs. Each step looks
 * at its inputs and does nothing when they have not changed, builds beside its target and renames, so that
 * an end at any moment leaves nothing half-built. Runs on Node 18 and newer without any package.
 *
 *   node, npm packages ──▶ dist/ ──┐
 *   go: engines, tools, k6 ────────┴──▶ stamp (what bin/hunt looks at)
 */
import { existsSync } from "node:fs";
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { readChild } from "./set-up/child.mjs";
import { SetUpFailure } from "./set-up/failure.mjs";
import { buildGoModules, goModules } from "./set-up/go-modules.mjs";
import { takeLock } from "./set-up/lock.mjs";
import { provideNode } from "./set-up/node-runtime.mjs";
import { installPackages } from "./set-up/packages.mjs";
import { findPlaces } from "./set-up/places.mjs";
import { createReport } from "./set-up/report.mjs";
import { together } from "./set-up/together.mjs";
import { buildDist } from "./set-up/typescript.mjs";

const lockWaitMs = 1_800_000;
/** File times come from a clock that ticks up to 10 ms late: a change just before the start counts as newer. */
const clockTickMs = 20;

async function setUp({ root, controller, report }) {
  const places = findPlaces(root, process.env);
  await mkdir(places.logs, { recursive: true });
  const release = await takeLock(places.lock, {
    waitMs: lockWaitMs,
    signal: controller.signal,
    onWait: (pid) =>
      report.say(`another set-up of this checkout is running (process ${pid}); waiting for it`),
  });
  try {
    const startedAtMs = Date.now();
    if (!existsSync(places.stamp)) report.announceFirst();
    const nodePath = await runSteps({ places, controller, report });
    if (report.hasSteps()) await settleDisk({ root, controller, report });
    await writeStamp({ places, nodePath, startedAtMs });
    report.end();
  } finally {
    await release();
  }
}

/**
 * Compilers leave gigabytes that the kernel writes out in the minutes after them. etcd's syncs would wait
 * behind these, and the first bench would measure that.
 */
async function settleDisk({ root, controller, report }) {
  await report.step("what was built written to disk", () =>
    readChild("sync", [], { cwd: root, env: process.env, signal: controller.signal }),
  );
}

async function runSteps({ places, controller, report }) {
  const context = { places, report, signal: controller.signal };
  const node = {
    version: process.versions.node,
    path: process.execPath,
    platform: process.platform,
    arch: process.arch,
  };
  const javascript = async () => {
    const [nodePath] = await together(controller, [
      provideNode({ ...context, node }),
      installPackages(context),
    ]);
    await buildDist({ ...context, nodePath });
    return nodePath;
  };
  const [nodePath] = await together(controller, [
    javascript(),
    buildGoModules({ ...context, controller }),
  ]);
  return nodePath;
}

/** First line: the Node to use. Then the files without which the checkout is not set up. */
async function writeStamp({ places, nodePath, startedAtMs }) {
  const programs = goModules.flatMap((module) =>
    module.programs.map((name) => `.cache/bin/${name}`),
  );
  const lines = [nodePath, "dist/main.js", "node_modules/.package-lock.json", ...programs];
  const temporary = `${places.stamp}.tmp-${process.pid}`;
  await writeFile(temporary, `${lines.join("\n")}\n`);
  const at = new Date(startedAtMs - clockTickMs);
  await utimes(temporary, at, at);
  await rename(temporary, places.stamp);
}

async function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const controller = new AbortController();
  let interruptedBy;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(name, () => {
      interruptedBy ??= name;
      controller.abort(new Error(name));
    });
  }
  const report = createReport((text) => process.stderr.write(text));
  try {
    await setUp({ root, controller, report });
    return 0;
  } catch (error) {
    report.abandon();
    if (interruptedBy) {
      process.stderr.write(
        "hunt: set-up interrupted; nothing half-built is left, run again to go on\n",
      );
      return 128 + constants.signals[interruptedBy];
    }
    const failure = asFailure(error);
    if (failure === undefined) throw error;
    process.stderr.write(failure.toText());
    return failure.exitCode;
  }
}

/** A full disk or a folder that can't be written shows itself in our own calls too. */
function asFailure(error) {
  if (error instanceof SetUpFailure) return error;
  const full = error?.code === "ENOSPC" || error?.code === "EDQUOT";
  const closed = error?.code === "EACCES" || error?.code === "EROFS" || error?.code === "EPERM";
  if (!full && !closed) return undefined;
  return new SetUpFailure(
    `could not write ${error.path ?? "a file"}: ${full ? "the disk is full" : "not permitted"}`,
    {
      hint: full
        ? "Free some space (a first set-up takes about 3 GB), then run the same command again."
        : "Make that folder writable (HUNT_CACHE_DIR moves hunt's own cache), then run the same command again.",
    },
  );
}

process.exitCode = await main();
