/** What somebody meets who starts hunt in a checkout: the first time, later, and when something is amiss. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScratchCheckout, type ScratchCheckout } from "./scratch-checkout.ts";

let checkout: ScratchCheckout;

beforeAll(async () => {
  checkout = await createScratchCheckout();
  const first = await checkout.hunt(["--help", "a b"]);
  expect(first).toMatchObject({ code: 0, stdout: "started --help|a b\n" });
  expect(first.stderr).toContain("setting up this checkout");
  expect(first.stderr).toMatch(/etcd, etcdctl, etcdutl, toxiproxy built with Go \(\d+\.\d s\)/);
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
    const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
    const options = { encoding: "utf8", env: { ...process.env, PATH: path } } as const;
    const ended = spawnSync(join(installed, "bin/hunt"), ["z"], options);
    expect(ended).toMatchObject({ status: 0, stdout: "started z\n", stderr: "" });
    expect(await readdir(installed)).toEqual(["bin", "dist"]);
  });

  test("never asks a proxy for loopback, and leaves what the proxy is told besides alone", async () => {
    await using proxy = await refusingProxy();
    await checkout.write("src/main.ts", askingLoopback);
    const at = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url };
    const asked = (env: Readonly<Record<string, string>>) =>
      checkout.hunt([], { NODE_USE_ENV_PROXY: "1", ...at, ...env });
    const loopback = "localhost,127.0.0.1,::1";
    for (const [given, told] of [
      [{}, loopback],
      [{ NO_PROXY: "intern.example" }, `intern.example,${loopback}`],
      [{ NO_PROXY: "upper.example", no_proxy: "lower.example" }, `lower.example,${loopback}`],
      [{ NO_PROXY: "upper.example", no_proxy: "" }, `upper.example,${loopback}`],
      [{ no_proxy: "*" }, "*"],
    ] as const) {
      const { stdout, code } = await asked(given);
      expect(stdout).toBe(`fetch hello, http hello, told ${told} ${told}\n`);
      expect(code).toBe(0);
    }
    expect(proxy.connections()).toBe(0);
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

  test("builds again what is damaged in the cache", async () => {
    const [entry = ""] = await entriesOf("tools");
    await truncate(join(entry, "keeper"), 0);
    const again = await checkout.hunt([]);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(
      "disk, firewall, keeper, linearize, neighbour, sockets built with Go",
    );
    expect((await stat(join(checkout.root, ".cache/bin/keeper"))).size).toBeGreaterThan(0);
  });

  test("keeps the newest five builds of a module and clears what died half-built", async () => {
    const native = join(checkout.cache, "native");
    for (let age = 1; age <= 6; age += 1) {
      await mkdir(join(native, `k6-old${age}`));
      await utimes(join(native, `k6-old${age}`), 1_000_000_000 - age, 1_000_000_000 - age);
    }
    await mkdir(join(native, `k6-x.tmp-${2 ** 22 + 1}`));
    await touchSource();
    await checkout.hunt([]);
    const left = (await readdir(native)).filter((name) => /^k6-(old|x)/.test(name)).sort();
    expect(left).toEqual(["k6-old1", "k6-old2", "k6-old3", "k6-old4"]);
  });

  test("names Go, its version and an install line when it is missing, and exits with 3", async () => {
    const empty = join(checkout.fakes, "without-go");
    await mkdir(empty);
    for (const name of ["sh", "find", "readlink", "node"]) await linkFromPath(name, empty);
    await checkout.write("native/tools/cmd/keeper/main.go", "package main\n\nfunc main() { }\n");
    const ended = await checkout.hunt([], { PATH: empty });
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
    await checkout.write(
      "native/tools/cmd/keeper/main.go",
      `package main\n\n// ${reason}\nfunc main() {}\n`,
    );
    const ended = await checkout.hunt([]);
    await unlink(join(checkout.fakes, "go"));
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain(
      `could not build disk, firewall, keeper, linearize, neighbour, sockets (native/tools): ${reason}`,
    );
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

  test("leaves nothing half-built when it is interrupted, and goes on next time", async () => {
    await fakeGo("echo started; sleep 60 & wait");
    await checkout.write(
      "native/tools/cmd/keeper/main.go",
      "package main\n\n// interrupted\nfunc main() {}\n",
    );
    const start = checkout.start([]);
    await start.saw("bringing this checkout up to date");
    start.signal("SIGINT");
    const ended = await start.ended;
    expect(ended.stderr).toContain("set-up interrupted");
    expect(await leftovers()).toEqual([]);
    await unlink(join(checkout.fakes, "go"));
    expect((await checkout.hunt([])).code).toBe(0);
  });
});

/** As hunt asks its nodes, in both ways that Node has. */
const askingLoopback = `
import { createServer, get } from "node:http";
const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1", async () => {
  const address = server.address();
  const url = "http://127.0.0.1:" + (typeof address === "object" ? address?.port : 0) + "/";
  const fetched = await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
  get(url, async (response) => {
    const got = (await response.toArray()).join("");
    const { no_proxy, NO_PROXY } = process.env;
    console.log("fetch " + fetched + ", http " + got + ", told " + no_proxy + " " + NO_PROXY);
    process.exit();
  });
});
`;

/** A proxy that takes nothing, and counts who came. */
async function refusingProxy() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket
      .on("error", () => {})
      .resume()
      .end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** Anything that a set-up keeps only while it runs. */
async function leftovers(): Promise<readonly string[]> {
  const folders = [
    checkout.root,
    join(checkout.root, ".cache/set-up"),
    join(checkout.cache, "native"),
  ];
  const names = (await Promise.all(folders.map((folder) => readdir(folder)))).flat();
  return names.filter((name) => /\.(tmp|old|broken)-\d+$|^lock/.test(name));
}

async function entriesOf(module: string): Promise<readonly string[]> {
  const folder = join(checkout.cache, "native");
  const names = await readdir(folder);
  return names.filter((name) => name.startsWith(`${module}-`)).map((name) => join(folder, name));
}

/** Answers the question for its version as Go does; anything else runs the script. */
async function fakeGo(script: string): Promise<void> {
  const path = join(checkout.fakes, "go");
  const version = `if [ "$1" = env ]; then printf 'go1.26.8\\nlinux\\namd64\\n'; exit; fi`;
  await writeFile(path, `#!/bin/sh\n${version}\n${script}\n`);
  await chmod(path, 0o755);
}

async function touchSource(): Promise<void> {
  await checkout.write("src/main.ts", await checkout.read("src/main.ts"));
}

async function linkFromPath(name: string, folder: string): Promise<void> {
  const found = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
  await symlink(name === "node" ? process.execPath : found, join(folder, name));
}

async function bornAtOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
