import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseTimelineEvent, type TimelineEvent } from "../../src/recording/timeline/events.ts";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { HuntProcess } from "./hunt-process.ts";

const rush = ["bench", "--scenario", "smoke", "--no-warm-follower", "--json"];
const lenient = ["--budget", "sessions.dig.errorRate < 50%"];
const guarantee = "log-holds-each-operation-once";

function timelineOf(hunt: HuntProcess): TimelineEvent[] {
  const lines = readFileSync(join(hunt.runFolder(), "timeline.ndjson"), "utf8").split("\n");
  return lines.flatMap((line) => {
    const event = line === "" ? undefined : parseTimelineEvent(line);
    return event === undefined || "unknownKind" in event ? [] : [event];
  });
}

function valuesOf(events: readonly TimelineEvent[], series: string) {
  return events.flatMap((event) =>
    event.kind === "sample" && event.series === series ? [event] : [],
  );
}

test("what an early acknowledgement loses is on the timeline and told before the load ends", async () => {
  const hunt = new HuntProcess([
    ...[...rush, ...lenient, "--duration", "14s", "--sabotage", "ack-before-commit"],
    ...["--fault", "kill gateway/1 at 5s for 1s"],
  ]);
  await hunt.untilPrinted(
    /^violation \(lost\) at t=.*: operation \d+ was acknowledged, but is not/m,
  );
  expect(hunt.runDocument().state.kind).toBe("running");
  expect((await hunt.exited).code, hunt.err).toBe(5);
  const events = timelineOf(hunt);
  const found = events.filter((event) => event.kind === "violation" && event.what === "lost");
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ guarantee });
  expect(found[0]?.t).toBeLessThan(14);
  expect(hunt.err).toMatch(/^t=10s .* lost=[1-9]\d* twice=0$/m);
  // The last word of the live checker is that of the check after the load.
  const summary = JSON.parse(hunt.out) as Summary;
  const { violations } = summary.guarantees.find(({ id }) => id === guarantee) ?? {};
  expect(valuesOf(events, "check.lost").at(-1)?.value).toBe(violations);
  const order = summary.guarantees.find(({ id }) => id === "log-order-is-real-time-order");
  expect(valuesOf(events, "check.order").at(-1)?.value).toBe(order?.violations);
}, 90_000);

test("a right backend is never accused, not for a second, whatever is killed, paused or slow", async () => {
  const hunt = new HuntProcess([
    ...[...rush, ...lenient, "--duration", "40s", "--rate", "800", "--players", "3000"],
    ...["--fault", "kill etcd/leader at 12s for 1s", "--fault", "kill gateway/1 at 16s for 1s"],
    ...["--fault", "pause gateway/2 at 20s for 2s", "--fault", "pause etcd/1 at 24s for 3s"],
    ...["--fault", "kill etcd/1 at 29s for 1s"],
    ...["--fault", "degrade link:gateway->etcd at 32s for 4s with jitter=60ms,loss=3%"],
  ]);
  const { code } = await hunt.exited;
  expect([0, 4, 99], hunt.err).toContain(code);
  const events = timelineOf(hunt);
  expect(events.filter(({ kind }) => kind === "violation")).toEqual([]);
  for (const name of ["lost", "twice", "refused", "unsent", "order", "records"]) {
    const values = valuesOf(events, `check.${name}`);
    expect(values.length).toBeGreaterThan(15);
    expect(values.filter(({ value }) => value > 0)).toEqual([]);
  }
  const summary = JSON.parse(hunt.out) as Summary;
  const acknowledged = valuesOf(events, "check.acknowledged").at(-1)?.value ?? 0;
  expect(acknowledged).toBeGreaterThan(10_000);
  expect(valuesOf(events, "check.delivered").at(-1)?.value).toBeGreaterThanOrEqual(acknowledged);
  expect(valuesOf(events, "check.lost").at(-1)?.t).toBeGreaterThan(39);
  const sampled = summary.guarantees.find(({ id }) => id === "sampled-sessions-are-linearizable");
  expect(sampled?.outcome).not.toBe("broken");
  expect(sampled?.note).toMatch(
    /a sample of 64 of \d+ sessions, seed 1: 32 of the [1-9]\d+ played from two devices, 24 of/,
  );
}, 120_000);
