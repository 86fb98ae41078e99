import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sampleSummary } from "../../../test/fixtures/sample-summary.ts";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { renderedCode, renderJudged } from "./render-run.ts";

async function runIn(path: string) {
  const folder = { runId: "run", path, logsDir: join(path, "logs") };
  return { folder, summary: await sampleSummary() };
}

test("a run's report.md and junit.xml are whole files, and no other is left", async () => {
  const path = temporaryFolder();
  const lines: string[] = [];
  const rendered = await renderJudged(await runIn(path), { line: (line) => lines.push(line) });
  expect(renderedCode([{ rendered }])).toBe(0);
  expect(readdirSync(path).toSorted()).toEqual(["junit.xml", "report.md"]);
  expect(lines).toEqual([]);
});

test("a junit.xml that can't be written is said and ends with 3; no half file is left", async () => {
  const path = temporaryFolder();
  mkdirSync(join(path, "junit.xml"));
  const lines: string[] = [];
  const rendered = await renderJudged(await runIn(path), { line: (line) => lines.push(line) });
  expect(renderedCode([{ rendered: true }, { rendered }])).toBe(3);
  expect(lines).toEqual([
    expect.stringMatching(/^run: report.md and junit.xml could not be written: EISDIR/),
  ]);
  expect(readdirSync(path).toSorted()).toEqual(["junit.xml", "report.md"]);
});
