/**
 * Gets programs by name, all that are missing side by side, and links them into `.cache/bin`:
 *
 *   names ──▶ source (src/engines/programs/programs.ts) ──▶ provider ──▶ batches ──▶ links
 */
import { lutimes, mkdir, readlink, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { programNames, programs } from "../../src/engines/programs/programs.ts";
import { readChild } from "./child.mjs";
import { takeLock } from "./lock.mjs";
import { clockTickMs, waitForOthers } from "./places.mjs";
import { providers } from "./providers.mjs";
import { together } from "./together.mjs";

/** @param {{ places, controller: AbortController, report, names: string[] }} context `names`: of the list */
export async function providePrograms({ names, ...context }) {
  const { places, controller, report } = context;
  report.open("getting the programs that this needs; the first time this takes a few minutes");
  await mkdir(places.bin, { recursive: true });
  const wanted = programNames
    .filter((name) => names.includes(name))
    .map((name) => ({ name, source: programs[name].source }));
  const linked = await together(
    controller,
    Object.entries(providers).flatMap(([kind, provider]) => {
      const own = wanted.filter(({ source }) => source.provider === kind);
      const waiting = provider.batchesOf(own, context);
      return Array.from({ length: provider.atOnce }, () => provideInTurn(waiting, context));
    }),
  );
  if (linked.includes(true)) await settleDisk({ places, controller, report });
}

/** @returns {Promise<boolean>} whether anything is new in this checkout */
async function provideInTurn(waiting, context) {
  let isNew = false;
  for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
    const { places } = context;
    const release = await takeLock(`${places.lock}-${batch.name}`, waitForOthers(context));
    try {
      const startedAtMs = Date.now();
      for (const [name, path] of await batch.provide()) {
        isNew = (await pointTo(join(places.bin, name), path, startedAtMs)) || isNew;
      }
    } finally {
      await release();
    }
  }
  return isNew;
}

/** The link's time says when its inputs were looked at: `src/engines/programs/program-state.ts` goes by it. */
async function pointTo(path, target, lookedAtMs) {
  const isNew = (await readlink(path).catch(() => undefined)) !== target;
  const temporary = `${path}.tmp-${process.pid}`;
  const at = new Date(lookedAtMs - clockTickMs);
  await symlink(target, temporary);
  await lutimes(temporary, at, at);
  await rename(temporary, path);
  return isNew;
}

/**
 * Compilers and npm leave gigabytes that the kernel writes out in the minutes after them. etcd's syncs would wait
 * behind these, and the first bench would measure that.
 */
async function settleDisk({ places, controller, report }) {
  await report.step("what is new written to disk", () =>
    readChild("sync", [], { cwd: places.root, env: process.env, signal: controller.signal }),
  );
}
