/**
 * The npm packages of the lock file: those that hunt runs and is compiled with, and those of its tests where they
 * are wanted or were before. By `npm install --no-save`: it takes the locked versions as
 * `npm ci` does, but does not empty node_modules under a hunt that is running, and does not refuse a
 * lock file that was written where the registry lacked a binary for somebody else's platform. npm writes
 * `node_modules/.package-lock.json` last, so comparing it with package-lock.json tells both "from this
 * lock file" and "to the end".
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { requireSpace } from "./disk-space.mjs";
import { SetUpFailure } from "./failure.mjs";
import { npmFlags } from "./npm-flags.mjs";

export async function installPackages({ places, report, signal, development }) {
  const wanted = await readLocked(join(places.root, "package-lock.json"));
  await requireSync(places.root, wanted);
  const found = await readLocked(join(places.root, "node_modules", ".package-lock.json")).catch(
    () => ({}),
  );
  // npm would take away what it is told to leave out.
  const whole = development || Object.values(found).some(({ dev }) => dev === true);
  if (areInstalled(found, wanted, whole)) return;
  const bytes = whole ? 600e6 : 200e6;
  await requireSpace({ path: places.root, bytes, purpose: "for the npm packages" });
  await report.step("npm packages installed", () =>
    runChild({
      what: "install the npm packages",
      program: "npm",
      args: ["install", "--no-save", ...(whole ? [] : ["--omit=dev"]), ...npmFlags],
      cwd: places.root,
      logPath: join(places.logs, "npm.log"),
      timeoutMs: 900_000,
      signal,
      otherwise: { hint: "See the log, then run the same command again.", exitCode: 3 },
    }),
  );
}

async function readLocked(path) {
  return JSON.parse(await readFile(path, "utf8")).packages;
}

/** `npm install` would quietly choose versions for what the lock file does not know. */
async function requireSync(root, wanted) {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) {
    const named = sorted(manifest[kind]);
    if (named === sorted(wanted[""]?.[kind])) continue;
    throw new SetUpFailure(`package.json and package-lock.json name different ${kind}`, {
      hint: "Bring the lock file up to date with `npm install`, then run the same command again.",
      exitCode: 1,
    });
  }
}

function sorted(versions) {
  return JSON.stringify(Object.entries(versions ?? {}).sort());
}

function areInstalled(found, wanted, whole) {
  return Object.entries(wanted).every(([name, want]) => {
    const have = found[name];
    if (name === "" || (have === undefined && want.optional)) return true;
    if (want.dev && !whole) return true;
    return have?.version === want.version && have?.integrity === want.integrity;
  });
}
