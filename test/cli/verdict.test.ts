import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hunt, recordedRun } from "../fixtures/recorded-run.ts";

function verdict(...flags: string[]) {
  return hunt(recordedRun().cwd, ["verdict", "last", ...flags]);
}

describe("hunt verdict", () => {
  test("adds budgets to the recorded ones and ends with the verdict's exit code", async () => {
    const { exitCode, out } = await verdict(
      "--budget",
      "sessions.dig.p90 < 1ms @steady",
      "--budget",
      "node.etcd/1.rss < 500MB",
    );
    expect(exitCode).toBe(99);
    expect(out).toMatch(/sessions\.dig\.p50 < 50ms @steady +HELD/);
    expect(out).toMatch(/sessions\.dig\.p90 < 1ms @steady +BREACHED +1\d\.\d+ ms/);
    expect(out).toMatch(/node\.etcd\/1\.rss < 500MB +HELD +4\d\.\d MB/);
    expect(out).toContain("Verdict: breach (exit code 99)");
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("takes only the given ones with --only-these", async () => {
    const { exitCode, out } = await verdict(
      "--only-these",
      "--json",
      "--budget",
      "sessions.walBytesPerAction < 1KB",
    );
    const { budgets } = JSON.parse(out);
    expect(budgets).toMatchObject([{ outcome: "held", unit: "bytes" }]);
    expect(budgets).toHaveLength(1);
    expect(exitCode).toBe(0);
  });

  test("says when a budget has too few samples to tell", async () => {
    const { exitCode, out } = await verdict("--budget", "sessions.dig.p99 < 1s");
    expect(out.replaceAll(/\s+/g, " ")).toContain("200 samples leave 2 beyond the percentile");
    expect(exitCode).toBe(4);
  });

  test("evaluates the alerts of budgets that nobody had when the run was made", async () => {
    const { out } = await verdict("--json", "--budget", "sessions.dig.p50 < 1ms @steady");
    expect(JSON.parse(out).alerts).toMatchObject([
      { budget: "sessions.dig.p50 < 1ms @steady", firedAtS: 9, resolvedAtS: null, unit: "ms" },
    ]);
  });

  test("shows a breach without gating on it with --gate warn", async () => {
    const { exitCode, out } = await verdict("--gate", "warn", "--budget", "sessions.dig.p50 < 1ms");
    expect(out).toContain("Verdict: breach");
    expect(exitCode).toBe(0);
  });

  test.each([
    ["a phase", "sessions.dig.p50 < 1ms @stedy", /no phase 'stedy'[\s\S]*'steady'/],
    ["a figure", "sessions.walBytesPerActon < 1KB", /walBytesPerActon[\s\S]*'walBytesPerAction'/],
    ["a node", "node.etcd/4.cpu < 80%", /no node 'etcd\/4'[\s\S]*'etcd\/\d'/],
    ["an action", "sessions.dog.p50 < 1ms", /'dog'[\s\S]*'dig'/],
  ])("refuses a budget on %s that does not exist, with a suggestion", async (_, budget, told) => {
    const { exitCode, err, out } = await verdict("--budget", budget);
    expect(err).toMatch(told);
    expect([exitCode, out]).toEqual([2, ""]);
  });

  test("refuses --only-these without a budget, and a gate that does not exist", async () => {
    expect(await verdict("--only-these")).toMatchObject({ exitCode: 2 });
    expect(await verdict("--gate", "maybe")).toMatchObject({ exitCode: 2 });
  });
});

describe("hunt report --output", () => {
  test("writes the report to the file and nothing to stdout", async () => {
    const { cwd } = recordedRun();
    const told = await hunt(cwd, ["report", "last", "--format", "md", "--output", "ticket.md"]);
    expect(told).toEqual({ exitCode: 0, out: "", err: "" });
    expect(readFileSync(join(cwd, "ticket.md"), "utf8")).toMatch(/^# hunt: pass, tiny\n/);
  });

  test("puts several runs side by side, for a CI server too", async () => {
    const { cwd } = recordedRun();
    const text = await hunt(cwd, ["report", "last", "last"]);
    expect(text.out).toContain("Runs of several commands, side by side:");
    expect(text.out).toMatch(/ A +B +B - A\n/);
    const xml = await hunt(cwd, ["report", "last", "last", "--format", "junit"]);
    expect(xml.out.match(/<testsuite /g)).toHaveLength(2);
    const markdown = await hunt(cwd, ["report", "last", "last", "--format", "md"]);
    expect(markdown.out).toContain("| sessions.walBytesPerAction | 406.9 B | 406.9 B | 0 |");
  });

  test("ends with 3 where the file cannot be written", async () => {
    const { cwd } = recordedRun();
    const told = await hunt(cwd, ["report", "last", "--output", "nowhere/ticket.md"]);
    expect(told).toMatchObject({ exitCode: 3, err: expect.stringContaining("nowhere/ticket.md") });
  });
});
