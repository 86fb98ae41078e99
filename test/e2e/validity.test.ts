/** Whose fault is it? A starved generator is inconclusive, a frozen backend is a breach. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { HuntProcess, type ProcessFacts } from "./hunt-process.ts";

function signal(processes: readonly ProcessFacts[], name: NodeJS.Signals): void {
  for (const { pid } of processes) process.kill(pid, name);
}

/** Until `over` resolves, for 8 s at most. */
async function starve(hunt: HuntProcess, over: Promise<unknown>): Promise<void> {
  let running = true;
  void over.then(() => {
    running = false;
  });
  await hunt.untilPrinted(/t=5s/);
  const generator = hunt.nodes(/k6 run/);
  expect(generator).toHaveLength(1);
  for (let held = 0; held < 80 && running; held += 1) {
    signal(generator, "SIGSTOP");
    await sleep(90);
    signal(generator, "SIGCONT");
    await sleep(10);
  }
}

test("a generator held to a tenth of a core makes the run inconclusive", async () => {
  const hunt = new HuntProcess(["bench", "--scenario", "smoke", "--retries", "0", "--json"]);
  await starve(hunt, hunt.exited);
  expect((await hunt.exited).code, hunt.err).toBe(4);
  const summary = JSON.parse(hunt.out) as Summary;
  const { outcome, reasons, spoiledBy } = summary.verdict;
  expect(outcome).toBe("inconclusive");
  expect(spoiledBy, reasons.join("\n")).toContain("generator");
  expect(summary.generator.valid).toBe(false);
});

test("a run that a starved generator spoiled is played once more, and that one decides", async () => {
  // A lag of 40 ms is allowed with it: far from 90 ms, and from what a busy machine does.
  const budget = "sessions.dig.p99 < 400ms";
  const bench = ["bench", "--scenario", "smoke", "--budget", budget, "--json"];
  const hunt = new HuntProcess(bench, undefined, { HUNT_RETRIES: undefined });
  const again = hunt.untilPrinted(/spoiled this run/);
  await starve(hunt, again);
  await again;
  expect((await hunt.exited).code, hunt.err).toBe(0);
  const summary = JSON.parse(hunt.out) as Summary;
  expect(summary.verdict.outcome).toBe("pass");
  const [, spoiled = ""] = /^spoiled: .*\/(.+)$/m.exec(hunt.err) ?? [];
  expect(hunt.err).toMatch(new RegExp(`^recording: .*/${summary.runId}$`, "m"));
  expect(spoiled).not.toBe(summary.runId);
  const junit = readFileSync(join(hunt.reportsDir, spoiled, "junit.xml"), "utf8");
  expect(junit).toMatch(/errors="0"[\s\S]*<skipped message="[^"]*it was played again/);
  expect(summary.notes[0]).toMatch(
    new RegExp(`^Played in place of ${spoiled}, .*The generator was not valid: `),
  );
});

test("a hunt that stood still says when, and what it could not measure is not held", async () => {
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "12s", "--no-faults", "--json"],
    ...["--budget", "node.etcd/1.rss < 4GB", "--budget", "sessions.dig.errorRate < 50%"],
  ]);
  await hunt.untilPrinted(/t=5s/);
  hunt.kill("SIGSTOP");
  await sleep(4_000);
  hunt.kill("SIGCONT");
  expect((await hunt.exited).code, hunt.err).toBe(4);
  const { verdict, budgets, guarantees } = JSON.parse(hunt.out) as Summary;
  expect(verdict.reasons.join("\n")).toMatch(
    /hunt stood still from [45]\.\d to (8|9|1\d)\.\d s\. It read no/,
  );
  expect(budgets.map(({ outcome }) => outcome)).toEqual(["inconclusive", "held"]);
  for (const guarantee of guarantees) expect(guarantee).toMatchObject({ outcome: "held" });
});

test("both gateways frozen for 2 s is a breach, told by blocked and not by service", async () => {
  const players = 40;
  const perPlayer = 25;
  const durationS = 30;
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", `${durationS}s`, "--skew", "0"],
    ...["--players", String(players), "--rate", String(players * perPlayer), "--read-ratio", "0"],
    ...["--budget", "sessions.dig.p99 < 500ms", "--json"],
  ]);
  await hunt.untilPrinted(/t=15s/);
  const gateways = hunt.nodes(/--name gateway\//);
  expect(gateways).toHaveLength(2);
  signal(gateways, "SIGSTOP");
  await sleep(2_000);
  signal(gateways, "SIGCONT");
  const { code } = await hunt.exited;
  const summary = JSON.parse(hunt.out) as Summary;
  expect(summary.generator.problems).toEqual([]);
  expect(code, hunt.err).toBe(99);
  const dig = summary.lanes["sessions"]?.actions["dig"];
  // One action of each player meets the freeze: 40 of some 20,000, which a p99 does not see. All others
  // that were due in those 2 s wait behind it: a uniform 0 to 2 s, so their longest wait is nearly 2 s.
  expect(dig?.serviceMs.p99).toBeLessThan(500);
  expect(dig?.serviceMs.max).toBeGreaterThan(1_500);
  expect(dig?.blockedMs.p99).toBeGreaterThan(1_000);
  expect(dig?.blockedMs.max).toBeGreaterThan(1_500);
  expect(dig?.blockedMs.max).toBeLessThan(4_000);
});
