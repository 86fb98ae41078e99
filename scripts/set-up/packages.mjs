/**
 * The npm packages of the lock file. npm writes `node_modules/.package-lock.json` last, so comparing it
 * with package-lock.json tells both "installed from this lock file" and "installed to the end".
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { requireSpace } from "./disk-space.mjs";
import { npmCi } from "./node-runtime.mjs";

export async function installPackages({ places, report, signal }) {
  if (await areInstalled(places.root)) return;
  await requireSpace({ path: places.root, bytes: 600e6, purpose: "for the npm packages" });
  await report.step("npm packages installed", () =>
    runChild({
      what: "install the npm packages",
      program: "npm",
      args: npmCi,
      cwd: places.root,
      logPath: join(places.logs, "npm.log"),
      timeoutMs: 900_000,
      signal,
      otherwise: {
        hint: "See the log; if package.json was changed by hand, `npm install` brings the lock file up to date.",
        exitCode: 3,
      },
    }),
  );
}

async function areInstalled(root) {
  const wanted = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")).packages;
  let found;
  try {
    found = JSON.parse(
      await readFile(join(root, "node_modules", ".package-lock.json"), "utf8"),
    ).packages;
  } catch {
    return false;
  }
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  names.delete("");
  for (const name of names) {
    const want = wanted[name];
    const have = found[name];
    if (have === undefined && want?.optional) continue;
    if (want?.version !== have?.version || want?.integrity !== have?.integrity) return false;
  }
  return true;
}
