import { describe, expect, test } from "vitest";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { HuntError } from "../../hunt-error.ts";
import { parseBudget } from "./budget-grammar.ts";

describe("a budget", () => {
  test.each([
    [
      "sessions.dig.p99 < 20ms @steady",
      { limit: 20, unit: "ms", comparison: "<", phase: "steady" },
    ],
    ["sessions.dig.p999<=1.5s@steady", { limit: 1500, unit: "ms", comparison: "<=" }],
    ["sessions.read.max < 900us", { limit: 0.9, unit: "ms" }],
    ["sessions.raftCommitMs.p99 < 12ms", { limit: 12, subject: { kind: "figure", stat: "p99" } }],
    ["sessions.walBytesPerAction < 2KiB", { limit: 2048, unit: "bytes" }],
    ["sessions.dig.errorRate == 0%", { limit: 0, unit: "%", comparison: "==" }],
    ["sessions.dig.rate > 3900/s", { limit: 3900, unit: "/s", comparison: ">" }],
    ["node.etcd/1.cpu >= 80 %", { limit: 80, subject: { kind: "node", node: "etcd/1" } }],
    ["node.gateway/1.rss < 200MB", { limit: 200e6, unit: "bytes" }],
  ])("is read with its unit: %s", (expression, expected) => {
    const budget = parseBudget(expression, sampleRun);
    expect(budget).toMatchObject({ expression, ...expected });
  });

  test("covers all phases but the warm-up when it names none", () => {
    expect(parseBudget("sessions.dig.p99 < 1s", sampleRun)).not.toHaveProperty("phase");
  });

  test.each([
    ["sesions.dig.p99 < 20ms", 1, "no lane 'sesions'", "Did you mean 'sessions'?"],
    ["sessions.dg.p99 < 20ms", 10, "no action or figure 'dg'", "Did you mean 'dig'?"],
    ["sessions.dig.p98 < 20ms", 14, "no figure 'p98'", "Did you mean 'p9"],
    ["sessions.dig < 20ms", 13, "no figure ''", "There is: p50"],
    ["sessions.raftComitMs.p99 < 1ms", 10, "'raftComitMs'", "Did you mean 'raftCommitMs'?"],
    ["sessions.raftCommitMs.mean < 1ms", 23, "no percentile 'mean'", "max"],
    ["sessions.walBytesPerAction.p99 < 1KB", 28, "a single number", "docs/budgets.md"],
    ["node.etcd/9.cpu < 80%", 6, "no node 'etcd/9'", "Did you mean 'etcd/1'?"],
    ["node.etcd/1.cpus < 80%", 13, "no figure 'cpus'", "Did you mean 'cpu'?"],
    ["fault.kill-1.detect < 1s", 7, "no fault with the id 'kill-1'", "docs/budgets.md"],
    ["sessions.dig.p99 < 20ms @stedy", 25, "no phase 'stedy'", "Did you mean 'steady'?"],
    ["sessions.dig.p99 < 20", 22, "takes a value in us, ms, s, got ''", "docs/budgets.md"],
    ["sessions.dig.p99 < 20%", 22, "takes a value in us, ms, s, got '%'", "docs/budgets.md"],
    ["sessions.dig.p99 =< 20ms", 18, "got '=<'", "docs/budgets.md"],
    ["sessions.dig.p99 < fast", 20, "expected a number", "docs/budgets.md"],
    ["sessions.dig.p99 < 20ms @steady now", 33, "did not expect 'now'", "docs/budgets.md"],
    ["", 1, "expected a subject", "docs/budgets.md"],
  ])("that cannot mean anything is refused where it goes wrong: %s", (text, column, what, hint) => {
    let caught: unknown;
    try {
      parseBudget(text, sampleRun);
    } catch (error) {
      caught = error;
    }
    if (!(caught instanceof HuntError)) throw new Error(`not refused: ${String(caught)}`);
    expect(caught).toMatchObject({ code: "usage.budget", exitCode: 2 });
    expect(caught.message).toContain(`Budget '${text}', column ${column}: `);
    expect(caught.message).toContain(what);
    expect(caught.hint).toContain(hint);
  });
});
