/** Runs that are no repeats of one command: an old and a new build, another scenario, another machine. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { sampleSeries, sampleSummary } from "../../../test/fixtures/sample-summary.ts";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { reporterOf } from "../formats/reporters.ts";
import { compareRuns } from "./compare-runs.ts";

const schemaFile = new URL("../../../schema/summary.schema.json", import.meta.url);
const budgets = ["sessions.dig.p99 < 20ms @steady"];
const [oldId, newId] = ["20260101-120000-smoke-0000", "20260202-120000-smoke-0001"];

const older = () => sampleSummary({ budgets, responseUs: 4000 });

function newer(
  run: NonNullable<Parameters<typeof sampleSummary>[0]>["run"] = {},
): Promise<Summary> {
  return sampleSummary({ budgets, responseUs: 5000, run: { runId: newId, ...run } });
}

function report(format: string, runs: readonly Summary[]): string {
  return reporterOf(format).comparison(compareRuns(runs));
}

const words = (text: string) => text.replaceAll(/\s+/g, " ");

describe("an old and a new build", () => {
  test.each(["text", "md"])(
    "are columns with their difference, not medians, as %s",
    async (format) => {
      const text = report(format, [await older(), await newer()]);
      expect(text).not.toMatch(/median/i);
      expect(text).toMatch(
        /sessions\.dig\.responseMs\.p99[ |]+4\.00\d[ |]+5\.00\d[ |]+\+1\.00\d? \(\+25 %\)/,
      );
      expect(text).toMatch(/A[ |]+B[ |]+B - A/);
      expect(text.replaceAll("\\", "")).toContain(`A: ${oldId} (smoke, design log): pass`);
      expect(text.replaceAll("\\", "")).toContain(`B: ${newId} (smoke, design log): pass`);
      expect(text).toContain("They are alike in scenario, seed, versions, machine and command.");
    },
  );

  test.each(["text", "md"])("are said to be unlike before any figure, as %s", async (format) => {
    const text = report(format, [
      await older(),
      await newer({
        scenarioName: "steady",
        durationS: 60,
        seed: 8,
        versions: { hunt: "0.2.0", etcd: "3.6.16" },
        machine: { ...sampleRun.machine, cores: 16 },
        replay: "hunt bench --scenario steady --rate 300 --design log --seed 8",
      }),
    ]);
    const said = words(text.replaceAll(/\\|^- /gm, ""));
    for (const unlike of [
      "UNLIKE RUNS",
      "scenario: A: smoke; B: steady",
      "length: A: 20 s; B: 60 s",
      "seed: A: 7; B: 8",
      "version of hunt: A: 0.1.0; B: 0.2.0",
      "machine: A: test, 2 cores, 3.725 GiB; B: test, 16 cores, 3.725 GiB",
      "B: hunt bench --scenario steady --rate 300",
    ]) {
      expect(said).toContain(unlike);
      expect(said.indexOf(unlike)).toBeLessThan(said.indexOf("sessions.dig.ratePerS"));
    }
    expect(said).not.toContain("version of etcd");
  });

  test("fit 80 columns, three of them too, each against the first", async () => {
    const runs = [await older(), await newer(), await older()];
    const text = report("text", runs);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text).toMatch(/ A +B +C +B - A +C - A\n/);
    expect(text).toMatch(/responseMs\.p99 +4\.\d+ +5\.\d+ +4\.\d+ +\+25 % +0 %\n/);
  });

  test("are runs in the JSON document, which the schema describes", async () => {
    const document: unknown = JSON.parse(report("json", [await older(), await newer({ seed: 8 })]));
    const validate = new Ajv({ strict: false }).compile(
      JSON.parse(readFileSync(schemaFile, "utf8")),
    );
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(document).toMatchObject({
      comparison: {
        of: "runs",
        columns: [
          { name: "A", runs: [0] },
          { name: "B", runs: [1] },
        ],
        repeats: [1, 1],
        unlike: [{ what: "seed", values: ["7", "8"] }],
      },
    });
  });

  test.each(["junit", "annotations"])("outvote each other in no %s", async (format) => {
    const slow = await sampleSummary({ budgets, responseUs: 40_000, run: { runId: newId } });
    const text = report(format, [await older(), slow, await older()]);
    expect(text).not.toContain("most repeats ended otherwise");
    expect(text).toMatch(format === "junit" ? /failures="1"/ : /^::error /m);
  });
});

test("the repeats of two commands are a column of medians each", async () => {
  const repeats = await sampleSeries([{ responseUs: 4000 }, { responseUs: 6000 }]);
  const others = repeats.map((run) => ({
    ...run,
    series: { id: "other", run: run.series?.run ?? 0, of: 2 },
  }));
  const text = report("text", [...repeats, ...others]);
  expect(text).toContain("Medians of 2 and 2 runs:");
  expect(text).toMatch(/responseMs\.p50 +5\.\d+ +5\.\d+ +0\n/);
});

test("one run of a series, named twice, is no repeat of itself", async () => {
  const [first] = await sampleSeries([{}, {}]);
  const run = first ?? (await older());
  expect(compareRuns([run, run]).comparison).toMatchObject({ of: "runs", repeats: [1, 1] });
});
