/** What hunt does about output that nobody can have: as a process, into real files, pipes and devices. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
const [sample = ""] = readdirSync(join(root, "reports")).filter((name) => name.includes("smoke"));
const lost =
  /^hunt: stdout could not be written: ENOSPC: no space left on device, write, after 0 bytes\n/;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `hunt` in the script is bin/hunt; its code is that of the pipe. */
function shell(script: string): Promise<Ended> {
  const env = { ...process.env, HUNT: join(root, "bin/hunt") };
  const command = `set -o pipefail\nhunt() { "$HUNT" "$@"; }\n${script}`;
  return new Promise((resolve) => {
    execFile("bash", ["-c", command], { cwd: root, env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test.each([`report ${sample} --json`, `verdict ${sample}`, `verify ${sample}`, "bench --dry-run"])(
  "hunt %s into a full device ends with 3 and says what was lost",
  async (args) => {
    const { code, err } = await shell(`hunt ${args} > /dev/full`);
    expect(err).toMatch(lost);
    expect(code).toBe(3);
  },
);

test("a verdict keeps its own code when its words are lost, and so does an error", async () => {
  const budget = "--only-these --budget 'sessions.dig.p99 < 1us'";
  const breach = await shell(`hunt verdict ${sample} ${budget} > /dev/full`);
  expect(breach.err).toMatch(lost);
  expect(breach.code).toBe(99);
  expect((await shell("hunt report nowhere 2> /dev/full")).code).toBe(2);
});

test("a file that takes only a part of a report is an error", async () => {
  const file = join(temporaryFolder(), "run.html");
  const { code, err } = await shell(`ulimit -f 16; hunt report ${sample} --format html > ${file}`);
  expect(err).toMatch(/^hunt: stdout could not be written: .*, after 16,384 bytes\n/);
  expect(code).toBe(3);
  expect(readFileSync(file)).toHaveLength(16_384);
});

test("a report that is longer than a pipe holds arrives whole at a slow reader", async () => {
  const file = join(temporaryFolder(), "run.html");
  const html = `hunt report ${sample} --format html`;
  // The pause is the situation: the pipe is full before anything is read.
  const { code, out, err } = await shell(`${html} > ${file}; ${html} | (sleep 1; cat)`);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.length).toBeGreaterThan(65_536);
  expect(out).toBe(readFileSync(file, "utf8"));
});

test("a reader that has had enough is no error", async () => {
  const { code, out, err } = await shell(`hunt report ${sample} --format html | head -c 9`);
  expect({ code, out, err }).toEqual({ code: 0, out: "<!doctype", err: "" });
});

test("a report file that can't be written is named, and ends with 3", async () => {
  const { code, err } = await shell(`hunt report ${sample} --format junit --output /dev/full`);
  expect(err).toMatch(/--output: cannot write \/dev\/full: ENOSPC/);
  expect(code).toBe(3);
});
