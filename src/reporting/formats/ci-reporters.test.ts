/** The formats that CI servers and tickets read: JUnit XML, GitHub annotations, Markdown. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import {
  brokenGuarantee,
  heldGuarantee,
  sampleSeries,
  sampleSummary,
  unknownGuarantee,
} from "../../../test/fixtures/sample-summary.ts";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import { compareRuns } from "../compare/compare-runs.ts";
import { junitWithoutVerdict } from "./junit-reporter.ts";
import { reporterOf } from "./reporters.ts";

const schema = readFileSync(new URL("../../../test/fixtures/junit.xsd", import.meta.url), "utf8");

/** The report, after a strict parser and the schema have taken it. */
async function junit(...runs: readonly Summary[]): Promise<string> {
  const reporter = reporterOf("junit");
  const [only] = runs;
  const xml =
    runs.length === 1 && only !== undefined
      ? reporter.summary(only)
      : reporter.comparison(compareRuns(runs));
  const { valid, errors } = await validateXML({ xml, schema });
  expect(valid, `${JSON.stringify(errors)}\n${xml}`).toBe(true);
  return xml;
}

function totals(xml: string): string {
  return /<testsuites [^>]*?(tests=.*?) time/.exec(xml)?.[1] ?? "";
}

describe("the JUnit report", () => {
  test("of a run without a verdict is one test that is red, and says why", async () => {
    const message = "port 2379 is taken <by> another";
    const xml = junitWithoutVerdict(sampleRun, { type: "runtime.port-taken", message });
    const { valid, errors } = await validateXML({ xml, schema });
    expect(valid, `${JSON.stringify(errors)}\n${xml}`).toBe(true);
    expect(totals(xml)).toBe('tests="1" failures="0" errors="1"');
    expect(xml).toContain('name="the run has a verdict"');
    expect(xml).toContain('<error message="port 2379 is taken &lt;by&gt; another" type="runtime.p');
  });

  test("gates runs with other raft timers than the last ones as little as other designs", async () => {
    const lane = (value: string) => ({ variant: { what: "raft timers", value, unit: "ms" } });
    const budgets = ["sessions.dig.p99 < 20ms @steady"];
    const xml = await junit(
      ...(await sampleSeries([
        { budgets, lane: lane("50/250") },
        { budgets, responseUs: 40_000, lane: lane("50/500") },
      ])),
    );
    expect(totals(xml)).toBe('tests="8" failures="1" errors="0"');
  });

  test("has a case for each budget and guarantee, the generator and the recording", async () => {
    const budgets = ["sessions.dig.p99 < 20ms @steady"];
    const xml = await junit(await sampleSummary({ budgets }));
    expect(xml.match(/<testcase [^>]*\/>/g)).toEqual([
      '<testcase classname="hunt.smoke.log.recording" name="the recording is whole" time="0"/>',
      '<testcase classname="hunt.smoke.log.generator" name="the load was what the plan says" time="0"/>',
      '<testcase classname="hunt.smoke.log.guarantees" name="nothing-is-applied-twice" time="0"/>',
      '<testcase classname="hunt.smoke.log.budgets" name="sessions.dig.p99 &lt; 20ms @steady" time="0"/>',
    ]);
    expect(totals(xml)).toBe('tests="4" failures="0" errors="0"');
  });

  test("fails what was refuted, and errs on what could not be told", async () => {
    const guarantees = [heldGuarantee, brokenGuarantee, unknownGuarantee];
    const budgets = ["sessions.raftCommitMs.p99 < 2ms", "sessions.dig.p999 < 1s"];
    const xml = await junit(await sampleSummary({ guarantees, budgets }));
    expect(xml).toContain('<failure message="2 violations in 1500 operations" type="broken">');
    expect(xml).toMatch(/<failure message="observed 3\.001 ms, limit 2 ms, 1500 samples" type="br/);
    expect(xml).toContain('<error message="could not be checked: observed.bin is missing" type="u');
    expect(xml).toMatch(/<error message="1500 samples leave 1 beyond.*" type="inconclusive">/);
    expect(totals(xml)).toBe('tests="7" failures="2" errors="2"');
  });

  test("errs on a recording that is partial and on a generator that was not valid", async () => {
    const summary = await sampleSummary({ budgets: [] });
    const detail = "Node etcd/1 was lost at 3.0 s (node-lost).";
    const xml = await junit({
      ...summary,
      partial: { reason: "node-lost", detail },
      generator: { ...summary.generator, valid: false, problems: ["it dropped 9 actions"] },
    });
    expect(xml).toContain(`<error message="${detail}" type="node-lost">`);
    expect(xml).toContain('<error message="it dropped 9 actions" type="generator-not-valid">');
    expect(totals(xml)).toBe('tests="3" failures="0" errors="2"');
  });

  test("takes any text: markup, line ends, characters that XML does not have", async () => {
    const budgets = ["sessions.dig.p99 < 20ms @steady"];
    const summary = await sampleSummary({ budgets, guarantees: [brokenGuarantee] });
    const replay = `hunt bench --budget 'a < "b" & c'\u0000\ud800`;
    const xml = await junit({ ...summary, replay });
    expect(xml).toContain("Player 7 &lt;b&gt;");
    expect(xml).toContain("a &lt; &quot;b&quot; &amp; c'??");
  });

  test("skips what is not gated: other designs, and the repeats that were outvoted", async () => {
    const good = { budgets: ["sessions.dig.p99 < 20ms @steady"] };
    const slow = { ...good, responseUs: 40_000 };
    const xml = await junit(
      ...(await sampleSeries([
        { ...slow, design: "naive" },
        { ...good, design: "log" },
        { ...slow, design: "log" },
        { ...good, design: "log" },
      ])),
    );
    expect(totals(xml)).toBe('tests="16" failures="0" errors="0"');
    expect(xml).toMatch(/<skipped message="design naive is shown, not gated; breached: /);
    expect(xml).toMatch(/<skipped message="most repeats ended otherwise; breached: /);
    const broken = await junit(
      await sampleSummary({ ...good, design: "naive" }),
      await sampleSummary({ ...slow, design: "log" }),
    );
    expect(totals(broken)).toBe('tests="8" failures="1" errors="0"');
  });
});

test("what the warm follower did is in the text and in the Markdown report", async () => {
  const comparison = { atS: 20, state: "unequal", tookMs: 900, cpuSeconds: 0.5 } as const;
  const warmFollower = {
    snapshots: { taken: 2, failed: 1, bytesMax: 3e6, tookMs: { median: 40, max: 50 } },
    comparisons: [comparison],
    cpuSeconds: 1,
  };
  const plain = await sampleSummary();
  const lanes = Object.entries(plain.lanes).map(
    ([id, lane]) => [id, { ...lane, extras: { warmFollower } }] as const,
  );
  const summary = { ...plain, lanes: Object.fromEntries(lanes) };
  const told = "2 snapshots (at most 3.0 MB, 50.0 ms), 1 FAILED; compared: 1 UNEQUAL; 1 CPU s";
  expect(reporterOf("md").summary(summary)).toContain(`Warm follower: ${told}.`);
  const text = reporterOf("text").summary(summary);
  expect(text.replaceAll(/\s+/g, " ")).toContain(`warm follower: ${told}`);
});

describe("GitHub annotations", () => {
  const annotations = (run: Summary) =>
    reporterOf("annotations").summary(run).trimEnd().split("\n");

  test("are one error per reason, on one line each whatever the text", async () => {
    const run = await sampleSummary({ guarantees: [brokenGuarantee] });
    const lines = annotations(run);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^::error title=hunt smoke%2C design log%3A broken::Guarantee .*`kept`,%0Abut/,
    );
    expect(lines[1]).toMatch(
      /^::error title=.*::Budget sessions\.raftCommitMs\.p99 < 2ms is breached/,
    );
  });

  test("are a notice for a pass, and warnings for alerts", async () => {
    const budgets = ["sessions.dig.p99 < 20ms @steady"];
    expect(annotations(await sampleSummary({ budgets }))[0]).toMatch(
      /^::notice title=.*pass::The budget and the guarantee held/,
    );
    const slow = annotations(await sampleSummary({ budgets, responseUs: 40_000 }));
    expect(slow[1]).toMatch(/^::warning title=hunt smoke%3A alert at 10 s::.*did not resolve\.$/);
  });
});

describe("the Markdown report", () => {
  test("begins with the verdict and why, and ends with the commands to see it again", async () => {
    const summary = await sampleSummary();
    const lines = reporterOf("md").summary(summary).split("\n");
    expect(lines.slice(0, 5)).toEqual([
      "# hunt: breach, smoke",
      "",
      "**Verdict: breach** (exit code 99)",
      "",
      "- Budget sessions.raftCommitMs.p99 &lt; 2ms is breached: observed 3.001 ms, limit 2 ms, 1500 samples.",
    ]);
    expect(lines).toContain("hunt bench --scenario smoke --design log --seed 7");
    expect(lines).toContain(`hunt verdict ${summary.runId}`);
  });

  test("shows each budget, guarantee, figure and node in tables of even rows", async () => {
    const text = reporterOf("md").summary(await sampleSummary({ responseUs: 40_000 }));
    expect(text).toContain(
      "| `sessions.dig.p99 < 20ms @steady` | **breached** | 40.03 ms | 20 ms | -100 % | 1,500 |",
    );
    expect(text).toContain("| `nothing-is-applied-twice` | held | 0 in 1,500 | < 0.002 |");
    expect(text).toContain("| `sessions.dig.p99 < 20ms @steady` | 10 s | never | 40.03 ms |");
    expect(text).toContain("| walBytesPerAction | 93.33 B |");
    expect(text).toMatch(/\| etcd\/1 \| [\d.]+ \| 50\.0 MB \| - \|/);
    const tables = text.split("\n\n").filter((block) => block.startsWith("|"));
    for (const table of tables) {
      const columns = table.split("\n").map((row) => row.replaceAll("\\|", "").split("|").length);
      expect(new Set(columns).size).toBe(1);
    }
  });

  test("tells the story of a broken guarantee without letting it change the page", async () => {
    const text = reporterOf("md").summary(await sampleSummary({ guarantees: [brokenGuarantee] }));
    expect(text).toContain('> Player 7 &lt;b\\>"was told" that \\& was done \\| \\`kept\\`, but');
    expect(text).not.toContain("<b>");
  });

  test("puts several designs side by side, and says which one is gated", async () => {
    const runs = await sampleSeries([{ design: "naive", responseUs: 40_000 }, { design: "log" }]);
    const text = reporterOf("md").comparison(compareRuns(runs));
    expect(text).toMatch(/\| sessions\.dig\.responseMs\.p99 \| 40\.03 \| 4\.00\d \| 10x \|/);
    expect(text).toContain("The last design, log, is the one that is gated.");
  });
});
