import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeEnvironment } from "../../test/cli/fake-environment.ts";
import { sampleSummary } from "../../test/fixtures/sample-summary.ts";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import { renderEach } from "./render-each.ts";

async function runIn(path: string) {
  return [{ design: "log", folder: folderAt(path), summary: await sampleSummary() }];
}

function folderAt(path: string) {
  return { runId: "run", path, logsDir: join(path, "logs") };
}

test("a run's report.md and junit.xml are whole files, and no other is left", async () => {
  const path = temporaryFolder();
  const environment = fakeEnvironment([], path);
  expect(await renderEach(await runIn(path), environment)).toBe(0);
  expect(readdirSync(path).toSorted()).toEqual(["junit.xml", "report.md"]);
  expect(environment.err()).toBe("");
});

test("a junit.xml that can't be written is said and ends with 3; no half file is left", async () => {
  const path = temporaryFolder();
  mkdirSync(join(path, "junit.xml"));
  const environment = fakeEnvironment([], path);
  expect(await renderEach(await runIn(path), environment)).toBe(3);
  expect(environment.err()).toMatch(/^run: report.md and junit.xml could not be written: EISDIR/);
  expect(readdirSync(path).toSorted()).toEqual(["junit.xml", "report.md"]);
});
