import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { findRun, findRuns } from "./find-run.ts";

const sample = "20261128-131513-smoke-sxnc";
const made = "20261129-080000-steady-aaaa";

/** Where hunt is called, with run folders in its `reports/`, and what it says on stderr. */
function checkout(runs: Readonly<Record<string, object | string>>) {
  const cwd = temporaryFolder();
  for (const [name, document] of Object.entries(runs)) {
    const folder = join(cwd, "reports", name);
    mkdirSync(folder, { recursive: true });
    const text = typeof document === "string" ? document : JSON.stringify(document);
    if (text !== "") writeFileSync(join(folder, "run.json"), text);
  }
  const said: string[] = [];
  const stderr = { write: (text: string) => said.push(text), isTTY: false, columns: 80 };
  return { cwd, stderr, said, reports: join(cwd, "reports") };
}

const nothing = "";
const committed = { ...sampleRun, sample: true };

describe("last", () => {
  test("is the newest run by its name", async () => {
    const caller = checkout({ [made]: sampleRun, "20261130-080000-a-zzzz": sampleRun });
    expect(await findRun(caller, "last")).toBe(join(caller.reports, "20261130-080000-a-zzzz"));
    expect(caller.said).toEqual([]);
  });

  test("is never the sample that comes with hunt, be it the newest", async () => {
    const caller = checkout({ "20261001-080000-old-aaaa": sampleRun, [sample]: committed });
    expect(await findRun(caller, "last")).toBe(join(caller.reports, "20261001-080000-old-aaaa"));
  });

  test("is no run at all where there is nothing but the sample, which goes by its name", async () => {
    const caller = checkout({ [sample]: committed });
    const told = {
      exitCode: 2,
      message: expect.stringContaining(`no run in ${caller.reports} that was made here`),
      hint: expect.stringContaining(sample),
    };
    await expect(findRun(caller, "last")).rejects.toMatchObject(told);
    expect(await findRun(caller, sample)).toBe(join(caller.reports, sample));
  });

  test("skips folders that are no runs, and says so once", async () => {
    const empty = "20261231-000000-empty-aaaa";
    const caller = checkout({ [made]: sampleRun, zzz: nothing, [empty]: nothing });
    expect(await findRuns(caller, ["last", made, "last"])).toEqual(
      [made, made, made].map((run) => join(caller.reports, run)),
    );
    expect(caller.said).toEqual([
      `last skips folders of ${caller.reports} that are no runs: zzz, ${empty}\n`,
    ]);
  });

  test.each([
    ["is damaged", "{"],
    ["is of a newer hunt", { ...sampleRun, schemaVersion: 7 }],
  ])(
    "is the newest run although its run.json %s: an older one is no answer",
    async (_, document) => {
      const caller = checkout({ [made]: sampleRun, "20261130-080000-a-zzzz": document });
      expect(await findRun(caller, "last")).toBe(join(caller.reports, "20261130-080000-a-zzzz"));
    },
  );

  test("is a run that could write nothing but its folder for logs", async () => {
    const caller = checkout({ [made]: sampleRun, "20261130-080000-a-zzzz": nothing });
    mkdirSync(join(caller.reports, "20261130-080000-a-zzzz", "logs"));
    expect(await findRun(caller, "last")).toBe(join(caller.reports, "20261130-080000-a-zzzz"));
  });

  test("says that there is none where there is no reports folder", async () => {
    const caller = checkout({});
    const told = { exitCode: 2, message: `there is no run in ${caller.reports}` };
    await expect(findRun(caller, "last")).rejects.toMatchObject(told);
  });

  test("says why where the reports folder can't be read", async () => {
    const caller = checkout({});
    writeFileSync(caller.reports, "");
    const told = { exitCode: 2, message: expect.stringContaining("ENOTDIR") };
    await expect(findRun(caller, "last")).rejects.toMatchObject(told);
  });
});

test("a name that is not there is refused with the one that was meant", async () => {
  const caller = checkout({ [made]: sampleRun });
  const told = { exitCode: 2, message: expect.stringContaining(made) };
  await expect(findRun(caller, made.replace("aaaa", "aaab"))).rejects.toMatchObject(told);
});

test("a path is taken as it is, and nothing is looked for", async () => {
  const caller = checkout({ zzz: nothing });
  expect(await findRun(caller, "elsewhere/run")).toBe(join(caller.cwd, "elsewhere/run"));
  expect(caller.said).toEqual([]);
});
