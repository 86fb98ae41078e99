import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { sampleSeries, sampleSummary } from "../../../test/fixtures/sample-summary.ts";
import { summaryJsonSchema } from "../../verdict/summary-json-schema.ts";
import { compareRuns } from "../compare/compare-runs.ts";
import { reporterOf } from "./reporters.ts";

const schemaFile = new URL("../../../schema/summary.schema.json", import.meta.url);

describe("the text report", () => {
  test("fits 80 columns, and ends with the verdict and the next command", async () => {
    const summary = await sampleSummary();
    const text = reporterOf("text").summary(summary);
    const lines = text.trimEnd().split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.at(-2)).toBe("Verdict: breach (exit code 99)");
    expect(lines.at(-1)).toBe(`Next: hunt report ${summary.runId} --format json`);
  });

  test("shows each budget with its outcome in words and the sign of its margin", async () => {
    const text = reporterOf("text").summary(await sampleSummary());
    expect(text).toMatch(/sessions\.dig\.p99 < 20ms @steady +HELD +4\.001 ms +\+80 %/);
    expect(text).toMatch(/sessions\.raftCommitMs\.p99 < 2ms +BREACHED +3\.001 ms +-50 %/);
  });

  test.each(["text", "md"] as const)(
    "as %s says of a budget how many seconds it leaves out",
    async (format) => {
      const summary = await sampleSummary();
      const budgets = summary.budgets.map((budget) => ({ ...budget, leftOutS: 3 }));
      const text = reporterOf(format).summary({ ...summary, budgets });
      expect(text).toMatch(/@steady.*\+80 %, 3 s left out/);
    },
  );

  test("shows counts and percentiles per action, and the lane's figures", async () => {
    const text = reporterOf("text").summary(await sampleSummary());
    expect(text).toMatch(/dig +1,500 +1,500 +0 +0 +0 +100\/s +0 %/);
    expect(text).toMatch(/dig response +4\.0 +4\.0 +4\.0 +4\.0/);
    expect(text).toMatch(/raftCommit +3\.0/);
    expect(text).toMatch(/walBytesPerAction +93\.33 B/);
  });

  test("holds no control characters but line ends", async () => {
    const text = reporterOf("text").summary(await sampleSummary());
    expect([...text].filter((character) => character < " " && character !== "\n")).toEqual([]);
  });
});

describe("a comparison", () => {
  test("takes the median of each figure over the repeats and the ratio to the first design", async () => {
    const document = compareRuns(
      await sampleSeries([
        { design: "naive", responseUs: 40_000 },
        { design: "log", responseUs: 4000 },
        { design: "naive", responseUs: 400_000 },
        { design: "log", responseUs: 8000 },
        { design: "naive", responseUs: 60_000 },
        { design: "log", responseUs: 5000 },
      ]),
    );
    const wide = reporterOf("text").comparison(document).split("\n");
    expect(wide.filter((line) => line.length > 80)).toEqual([]);
    expect(document.comparison).toMatchObject({ designs: ["naive", "log"], repeats: [3, 3] });
    const row = document.comparison.rows.find(
      ({ figure }) => figure === "sessions.dig.responseMs.p99",
    );
    expect(row?.medians[0]).toBeCloseTo(60, 0);
    expect(row?.medians[1]).toBeCloseTo(5, 1);
    expect(row?.ratios[1]).toBeCloseTo(12, 1);
    const text = reporterOf("text").comparison(document);
    expect(text).toMatch(/^Medians of 3 and 3 runs:\n\n +naive +log +naive\/log\n/);
    expect(text).toMatch(/sessions\.dig\.responseMs\.p99 +60\.\d+ +5\.\d+ +12x/);
  });

  test("takes the mean of the two middle values of an even number of repeats", async () => {
    const { comparison } = compareRuns(
      await sampleSeries([
        { design: "log", responseUs: 4000 },
        { design: "log", responseUs: 6000 },
      ]),
    );
    const row = comparison.rows.find(({ figure }) => figure === "sessions.dig.responseMs.p50");
    expect(row?.medians[0]).toBeCloseTo(5, 1);
  });
});

describe("the JSON report", () => {
  test("is what the committed schema describes, for one run and for several", async () => {
    const validate = new Ajv({ strict: false }).compile(
      JSON.parse(await readFile(schemaFile, "utf8")),
    );
    const summary = await sampleSummary();
    const one: unknown = JSON.parse(reporterOf("json").summary(summary));
    expect(validate(one), JSON.stringify(validate.errors)).toBe(true);
    const several: unknown = JSON.parse(reporterOf("json").comparison(compareRuns([summary])));
    expect(validate(several), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...summary, verdict: { outcome: "fine" } })).toBe(false);
  });

  test("has a committed schema that is the one in the code (vitest -u writes it)", async () => {
    const schema = `${JSON.stringify(summaryJsonSchema(), undefined, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(fileURLToPath(schemaFile));
  });
});

test("a format that does not exist is refused with a suggestion", () => {
  expect(() => reporterOf("jsn")).toThrow(
    expect.objectContaining({ exitCode: 2, hint: "Did you mean 'json'?" }),
  );
});
