/** What hunt itself needs: Node 24, npm packages and dist/; then the stamp that `bin/find-node.sh` looks at. */
import { existsSync } from "node:fs";
import { readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { takeLock } from "./lock.mjs";
import { provideNode } from "./node-runtime.mjs";
import { installPackages } from "./packages.mjs";
import { clockTickMs, waitForOthers } from "./places.mjs";
import { together } from "./together.mjs";
import { buildDist } from "./typescript.mjs";

/** @param {{ places, controller: AbortController, report, development: boolean }} context */
export async function setUpCheckout({ places, controller, report, development }) {
  const release = await takeLock(places.lock, waitForOthers({ controller, report }));
  try {
    const startedAtMs = Date.now();
    if (!existsSync(places.stamp)) {
      report.open("setting up this checkout; the first time this takes up to a minute");
    }
    const nodePath = await runSteps({ places, controller, report, development });
    const files = [nodePath, "dist/main.js", "node_modules/.package-lock.json"];
    await writeStamp(places.stamp, files, startedAtMs);
    if (!development) return;
    const packages = await developmentPackages(places.root);
    await writeStamp(places.developmentStamp, [...files, ...packages], startedAtMs);
  } finally {
    await release();
  }
}

async function runSteps({ places, controller, report, development }) {
  const context = { places, report, signal: controller.signal };
  const node = {
    version: process.versions.node,
    path: process.execPath,
    platform: process.platform,
    arch: process.arch,
  };
  const [nodePath] = await together(controller, [
    provideNode({ ...context, node }),
    installPackages({ ...context, development }),
  ]);
  await buildDist({ ...context, nodePath });
  return nodePath;
}

async function developmentPackages(root) {
  const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return Object.keys(devDependencies).map((name) => `node_modules/${name}/package.json`);
}

/** First line: the Node to use. Then the files without which the checkout is not set up. */
async function writeStamp(path, lines, startedAtMs) {
  const temporary = `${path}.tmp-${process.pid}`;
  await writeFile(temporary, `${lines.join("\n")}\n`);
  const at = new Date(startedAtMs - clockTickMs);
  await utimes(temporary, at, at);
  await rename(temporary, path);
}
