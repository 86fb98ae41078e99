import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { HuntProcess } from "./hunt-process.ts";

function bench(...args: readonly string[]): HuntProcess {
  return new HuntProcess(["bench", "--scenario", "smoke", "--json", ...args]);
}

function summaryOf(hunt: HuntProcess): Summary {
  return JSON.parse(hunt.out) as Summary;
}

test("five members with slow timers serve, and their leader has figures", async () => {
  const hunt = bench(
    ...["--duration", "6s", "--etcd-size", "5", "--raft-timers", "500/2500"],
    ...["--budget", "sessions.dig.p99 < 2s", "--budget", "sessions.leaderCpuShare < 200%"],
  );
  const end = await hunt.exited;
  expect(end.code, hunt.err + hunt.out).toBe(0);
  const summary = summaryOf(hunt);
  const settings = { etcdSize: 5, raftTimers: { heartbeatMs: 500, electionMs: 2500 } };
  expect(summary.lanes["sessions"]?.settings).toMatchObject(settings);
  const run = JSON.parse(readFileSync(join(hunt.runFolder(), "run.json"), "utf8"));
  expect(run.lanes.sessions.settings).toMatchObject(settings);
  expect(run.nodes.filter((node: { kind: string }) => node.kind === "etcd")).toHaveLength(5);
  const figures = summary.lanes["sessions"]?.figures ?? {};
  expect(figures["leaderCpuShare"]).toBeGreaterThan(0);
  expect(figures["retransmits"]).toBeGreaterThanOrEqual(0);
  const queue = figures["leaderQueueBytes"];
  expect(typeof queue === "object" ? queue?.count : 0).toBeGreaterThan(20);
});

test("a store that is full fails writes, for certain and not unknown, and the verdict says why", async () => {
  const hunt = bench(
    ...["--duration", "5s", "--design", "naive", "--quota", "256KiB"],
    ...["--budget", "sessions.dig.p99 < 10s", "--budget", "sessions.dig.errorRate < 1%"],
  );
  expect((await hunt.exited).code, hunt.err + hunt.out).not.toBe(0);
  const { verdict, lanes } = summaryOf(hunt);
  expect(verdict.reasons[0]).toMatch(
    /The alarm NOSPACE was raised on etcd\/\d by .* s \(not cleared\).*: etcd refuses writes .* its quota is 262144/,
  );
  const dig = lanes["sessions"]?.actions["dig"];
  expect(dig?.fail).toBeGreaterThan(500);
  // `naive` writes twice for a dig: one whose Txn came before the alarm and its Put after it is half done.
  expect(dig?.unknown).toBeLessThan((dig?.fail ?? 0) / 20);
});
