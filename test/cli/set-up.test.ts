/**
 * What somebody meets who starts hunt in a checkout: the first time, later, when a command first needs a program,
 * and when something is amiss.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { programNames, programs } from "../../src/engines/programs/programs.ts";
import { askingLoopback, refusingProxy } from "../fixtures/refusing-proxy.ts";
import { createScratchCheckout, mainSource, type ScratchCheckout } from "./scratch-checkout.ts";

/** As hunt's own list has those that are built; `wheels.test.ts` has the others. */
const all = programNames.filter((name) => programs[name].source.provider === "go-module");
let checkout: ScratchCheckout;

beforeAll(async () => {
  checkout = await createScratchCheckout();
  const first = await checkout.hunt(["--help", "a b"]);
  expect(first).toMatchObject({ code: 0, stdout: "started --help|a b\n" });
  expect(first.stderr).toContain("setting up this checkout");
  expect(first.stderr).toMatch(/TypeScript compiled \(\d+\.\d s\)/);
});

afterAll(async () => {
  await checkout[Symbol.asyncDispose]();
});

describe("set-up", () => {
  test("says nothing and does nothing when nothing has changed", async () => {
    const stamp = await stat(join(checkout.root, ".cache/set-up/stamp"));
    expect(await checkout.hunt(["x"])).toEqual({ code: 0, stdout: "started x\n", stderr: "" });
    expect((await stat(join(checkout.root, ".cache/set-up/stamp"))).ino).toBe(stamp.ino);
  });

  test("starts through a link, as npm installs it", async () => {
    const link = join(checkout.fakes, "linked-hunt");
    await symlink(join(checkout.root, "bin", "hunt"), link);
    expect(spawnSync(link, ["y"], { encoding: "utf8" }).stdout).toBe("started y\n");
  });

  test("runs as an installed package, which has no source, and sets nothing up there", async () => {
    const installed = join(checkout.fakes, "installed");
    await cp(join(checkout.root, "bin"), join(installed, "bin"), { recursive: true });
    await cp(join(checkout.root, "dist"), join(installed, "dist"), { recursive: true });
    await symlink(join(checkout.root, "node_modules"), join(installed, "node_modules"));
    const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
    const options = { encoding: "utf8", env: { ...process.env, PATH: path } } as const;
    const ended = spawnSync(join(installed, "bin/hunt"), ["z"], options);
    expect(ended).toMatchObject({ status: 0, stdout: "started z\n", stderr: "" });
    expect(await readdir(installed)).toEqual(["bin", "dist", "node_modules"]);
  });

  test("never asks a proxy for loopback, and leaves what the proxy is told besides alone", async () => {
    await using proxy = await refusingProxy();
    await checkout.write("src/main.ts", askingLoopback);
    const at = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url };
    const asked = (env: Readonly<Record<string, string>>) =>
      checkout.hunt([], { NODE_USE_ENV_PROXY: "1", no_proxy: "", NO_PROXY: "", ...at, ...env });
    const loopback = "localhost,127.0.0.1,::1";
    for (const [given, told] of [
      [{}, loopback],
      [{ NO_PROXY: "intern.example" }, `intern.example,${loopback}`],
      [{ NO_PROXY: "upper.example", no_proxy: "lower.example" }, `lower.example,${loopback}`],
      [{ NO_PROXY: "upper.example", no_proxy: "" }, `upper.example,${loopback}`],
      [{ no_proxy: "*" }, "*"],
      [{ no_proxy: `intern.example,${loopback}` }, `intern.example,${loopback}`],
    ] as const) {
      const { stdout, code } = await asked(given);
      expect(stdout).toBe(`fetch hello, http hello, told ${told} ${told}\n`);
      expect(code).toBe(0);
    }
    expect(proxy.connections()).toBe(0);
    await checkout.write("src/main.ts", mainSource);
  });

  test("takes an empty HUNT_CACHE_DIR, XDG_CACHE_HOME and HOME for none", () => {
    const empty = { HUNT_CACHE_DIR: "", XDG_CACHE_HOME: "" };
    const places = pathToFileURL(join(checkout.root, "scripts/set-up/places.mjs")).href;
    const script = `import { findPlaces } from "${places}"; console.log(findPlaces(".", process.env).cache);`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      env: { ...process.env, ...empty, HOME: "" },
    });
    expect(stdout.trim()).toBe(join(userInfo().homedir, ".cache/hunt"));
  });

  test("sees a source that was replaced by an older one", async () => {
    const path = join(checkout.root, "src/main.ts");
    const older = join(checkout.fakes, "older.ts");
    await writeFile(older, `console.log("older");\n`);
    await copyFile(older, path);
    await utimes(path, 1_000_000_000, 1_000_000_000);
    expect((await checkout.hunt([])).stdout).toBe("older\n");
    await checkout.write("src/main.ts", mainSource);
  });

  test("drops what was compiled from a source that is gone", async () => {
    await checkout.write("src/gone.ts", "export const gone = 1;\n");
    await checkout.hunt([]);
    expect(existsSync(join(checkout.root, "dist/gone.js"))).toBe(true);
    await unlink(join(checkout.root, "src/gone.ts"));
    await checkout.hunt([]);
    expect(existsSync(join(checkout.root, "dist/gone.js"))).toBe(false);
  });

  test("hands over data files that the compiler leaves behind", async () => {
    await checkout.write("src/scenarios/k6/swarm.js", "export default function () {}\n");
    await checkout.hunt([]);
    expect(await checkout.read("dist/scenarios/k6/swarm.js")).toContain("export default");
  });

  test("leaves the packages of the tests out, and keeps them once they are there", async () => {
    const log = join(checkout.fakes, "npm.log");
    const packages = await realpath(join(checkout.root, "node_modules"));
    const few = join(checkout.fakes, "few-packages");
    const locked = await checkout.read("package-lock.json");
    await linkRuntimePackages(packages, few, locked);
    const which = `case "$*" in *--omit=dev*) from='${few}';; *) from='${packages}';; esac`;
    await fakeProgram("npm", `echo "$@" >>'${log}'; ${which}; ln -sfn "$from" node_modules`);
    await unlink(join(checkout.root, "node_modules"));
    await touchSource();
    await checkout.write("src/more.ts", "export const more = process.pid;\n");
    const compiled = await checkout.hunt(["x"]);
    expect(compiled).toMatchObject({ code: 0, stdout: "started x\n" });
    expect(compiled.stderr).toContain("TypeScript compiled");
    await unlink(join(checkout.root, "node_modules"));
    await symlink(packages, join(checkout.root, "node_modules"));
    const other = locked.replace(/(node_modules\/zod": \{\s+"version": ")[^"]+/, "$10.0.0");
    await checkout.write("package-lock.json", other);
    expect((await checkout.hunt([])).code).toBe(0);
    await checkout.write("package-lock.json", locked);
    await unlink(join(checkout.fakes, "npm"));
    const [first, second] = (await readFile(log, "utf8")).trim().split("\n");
    expect(first).toContain("--omit=dev");
    expect(second).toMatch(/^install(?!.*--omit)/);
  });
});

describe("programs", () => {
  test("are not built by a command that needs none", () => {
    expect(existsSync(join(checkout.root, ".cache/bin"))).toBe(false);
    expect(existsSync(join(checkout.cache, "programs"))).toBe(false);
  });

  test("are built when a command first needs them, and no others", async () => {
    const { code, stderr } = await checkout.hunt(["get", "linearize"]);
    expect(code).toBe(0);
    expect(stderr).toContain("getting the programs that this needs");
    expect(builtIn(stderr)).toEqual(["linearize"]);
    expect(await readdir(join(checkout.root, ".cache/bin"))).toEqual(["linearize"]);
  });

  test("of several modules are built side by side, what is there is left", async () => {
    const { stderr } = await checkout.hunt(["get", ...all]);
    expect(builtIn(stderr).sort()).toEqual([
      "disk, firewall, keeper, neighbour, sockets",
      "etcd, etcdctl, etcdutl, toxiproxy",
      "k6",
    ]);
    expect(await checkout.hunt(["get", ...all])).toMatchObject({ code: 0, stderr: "" });
  });

  test("are built once by two hunts that need them at the same time", async () => {
    const log = join(checkout.fakes, "go.log");
    await fakeGo(`echo "$@" >>'${log}'; exec '${whereIs("go")}' "$@"`);
    await changeKeeper("for two hunts");
    const both = await Promise.all([
      checkout.hunt(["get", "keeper"]),
      checkout.hunt(["get", "keeper"]),
    ]);
    await unlink(join(checkout.fakes, "go"));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect((await readFile(log, "utf8")).match(/^build /gm)).toHaveLength(1);
  });

  test("are looked at again when native/ has changed, and built again if it was theirs", async () => {
    const before = await stat(join(checkout.root, ".cache/bin/etcd"));
    await changeKeeper("changed");
    expect((await checkout.hunt(["get", "etcd"])).stderr).toBe("");
    expect((await stat(join(checkout.root, ".cache/bin/etcd"))).ino).toBe(before.ino);
    expect((await checkout.hunt(["get", "keeper"])).stderr).toContain("keeper built");
  });

  test("that are damaged in the cache are built again", async () => {
    await truncate(await realpath(join(checkout.root, ".cache/bin/etcd")), 0);
    const again = await checkout.hunt(["get", "etcd", "etcdctl"]);
    expect(again.code).toBe(0);
    expect(builtIn(again.stderr)).toEqual(["etcd"]);
    expect((await stat(join(checkout.root, ".cache/bin/etcd"))).size).toBeGreaterThan(0);
  });

  test("are kept in their newest five builds, and what died half-built is cleared", async () => {
    const programs = join(checkout.cache, "programs");
    await rm(join(checkout.root, ".cache/bin/k6"));
    for (let age = 1; age <= 6; age += 1) {
      await mkdir(join(programs, `k6-old${age}`));
      await utimes(join(programs, `k6-old${age}`), 1_000_000_000 - age, 1_000_000_000 - age);
    }
    await mkdir(join(programs, `k6-x.tmp-${2 ** 22 + 1}`));
    await checkout.hunt(["get", "k6"]);
    const left = (await readdir(programs)).filter((name) => /^k6-(old|x)/.test(name)).sort();
    expect(left).toEqual(["k6-old1", "k6-old2", "k6-old3", "k6-old4"]);
  });

  test("that nothing can be built from are told, in an installed package too", async () => {
    await rm(join(checkout.root, ".cache/bin/k6"));
    await cp(checkout.root, join(checkout.fakes, "package"), {
      recursive: true,
      filter: (path) => path !== join(checkout.root, "src"),
      verbatimSymlinks: true,
    });
    const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
    const start = (...args: string[]) =>
      spawnSync(join(checkout.fakes, "package/bin/hunt"), args, {
        encoding: "utf8",
        env: { ...process.env, PATH: path },
      });
    expect(start("get", "keeper")).toMatchObject({ status: 0, stderr: "" });
    const without = start("get", "k6");
    expect(without.status).toBe(3);
    expect(without.stderr).toContain("the program k6 is missing");
  });
});

describe("when something is amiss", () => {
  test("names Go, its version and an install line when it is missing, and exits with 3", async () => {
    const empty = join(checkout.fakes, "without-go");
    await mkdir(empty);
    for (const name of ["sh", "find", "readlink", "node"]) await linkFromPath(name, empty);
    await changeKeeper("without Go");
    const ended = await checkout.hunt(["get", "keeper"], { PATH: empty });
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(ended.stderr).toMatch(/Go 1\.26\.0 or newer is needed .* there is no go on PATH/);
    expect(ended.stderr).toContain("https://go.dev/dl");
    expect(await leftovers()).toEqual([]);
  });

  test.each([
    ["write x: no space left on device", "the disk is full", "HUNT_CACHE_DIR"],
    ["dial tcp: lookup example.invalid: no such host", "no network", "Check the connection"],
    [
      "verifying module: checksum mismatch",
      "a download is not what the lock file says",
      "go clean -modcache",
    ],
  ])("tells what is amiss when Go says %s", async (says, reason, hint) => {
    await fakeGo(`echo '${says}' >&2; exit 1`);
    await changeKeeper(reason);
    const ended = await checkout.hunt(["get", "keeper"]);
    await unlink(join(checkout.fakes, "go"));
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain(`hunt: could not build keeper (native/tools): ${reason}`);
    expect(ended.stderr).toContain(says);
    expect(ended.stderr).toContain(hint);
    expect(await leftovers()).toEqual([]);
  });

  test("ends with 1, the compiler's words and the old build untouched when the source is wrong", async () => {
    const before = await checkout.read("dist/main.js");
    const source = await checkout.read("src/main.ts");
    await checkout.write("src/main.ts", "const = 1;\n");
    const ended = await checkout.hunt([]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("src/main.ts(1,7)");
    expect(await checkout.read("dist/main.js")).toBe(before);
    await checkout.write("src/main.ts", source);
    expect((await checkout.hunt([])).code).toBe(0);
  });

  test.each([
    ["of a process that is gone", { pid: 2 ** 22 + 1, bornAt: "1", host: hostname() }],
    ["whose process id was used again", { pid: process.pid, bornAt: "1", host: hostname() }],
    ["that no set-up wrote", "garbage"],
  ])("takes over a lock %s", async (_, owner) => {
    await checkout.write(".cache/set-up/lock", JSON.stringify(owner));
    await touchSource();
    expect((await checkout.hunt(["x"])).code).toBe(0);
    expect(await leftovers()).toEqual([]);
  });

  test("waits for another set-up, names it, and goes on when it has ended", async () => {
    const bornAt = await bornAtOf(process.pid);
    const lock = JSON.stringify({ pid: process.pid, bornAt, host: hostname() });
    await checkout.write(".cache/set-up/lock", lock);
    await touchSource();
    const second = checkout.start(["second"]);
    await second.saw(`process ${process.pid}`);
    await unlink(join(checkout.root, ".cache/set-up/lock"));
    expect(await second.ended).toMatchObject({ code: 0 });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("leaves nothing half-built after %s, and goes on next time", async (name, code) => {
    await fakeGo("echo started; sleep 60 & wait");
    await changeKeeper(`interrupted by ${name}`);
    const start = checkout.start(["get", "keeper"]);
    await start.saw("getting the programs");
    start.signal(name);
    const ended = await start.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain("set-up interrupted");
    expect(await leftovers()).toEqual([]);
    await unlink(join(checkout.fakes, "go"));
    expect((await checkout.hunt(["get", "keeper"])).code).toBe(0);
  });
});

/** What was built in one go, a line each. */
function builtIn(stderr: string): string[] {
  return [...stderr.matchAll(/^hunt: {3}(.*) built with Go/gm)].map((match) => match[1] ?? "");
}

/** What `npm install --omit=dev` leaves, as links. */
async function linkRuntimePackages(from: string, to: string, locked: string): Promise<void> {
  const { packages }: { packages: Record<string, { dev?: boolean }> } = JSON.parse(locked);
  const kept = Object.entries(packages).filter(
    ([path, { dev }]) => path !== "" && dev !== true && existsSync(join(from, "..", path)),
  );
  for (const [path] of kept) {
    const target = join(to, path.slice("node_modules/".length));
    await mkdir(dirname(target), { recursive: true });
    if (!path.slice(1).includes("node_modules")) await symlink(join(from, "..", path), target);
  }
  const written = JSON.stringify({ packages: Object.fromEntries(kept) });
  await writeFile(join(to, ".package-lock.json"), written);
}

/** Anything that a set-up keeps only while it runs. */
async function leftovers(): Promise<readonly string[]> {
  const folders = [
    checkout.root,
    join(checkout.root, ".cache/set-up"),
    join(checkout.cache, "programs"),
  ];
  const names = (await Promise.all(folders.map((folder) => readdir(folder)))).flat();
  return names.filter((name) => /\.(tmp|old|broken)-\d+$|^lock/.test(name));
}

/** Answers the question for its version as Go does; anything else runs the script. */
async function fakeGo(script: string): Promise<void> {
  const version = `if [ "$1" = env ]; then printf 'go1.26.8\\nlinux\\namd64\\n'; exit; fi`;
  await fakeProgram("go", `${version}\n${script}`);
}

async function fakeProgram(name: string, script: string): Promise<void> {
  const path = join(checkout.fakes, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

function changeKeeper(why: string): Promise<void> {
  const source = `package main\n\n// ${why}\nfunc main() {}\n`;
  return checkout.write("native/tools/cmd/keeper/main.go", source);
}

async function touchSource(): Promise<void> {
  await checkout.write("src/main.ts", await checkout.read("src/main.ts"));
}

async function linkFromPath(name: string, folder: string): Promise<void> {
  await symlink(name === "node" ? process.execPath : whereIs(name), join(folder, name));
}

function whereIs(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
}

async function bornAtOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
