import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import type { LiveCounts } from "../../checkers/live/live-check.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { LiveChecks } from "./live-checks.ts";

const figures: LiveCounts["figures"] = {
  ...{ acknowledged: 9, unknown: 1, delivered: 9, upToS: 4, behindS: 0.1 },
  ...{ lost: 0, twice: 0, refused: 0, unsent: 0, order: 0, records: 0 },
};
const calm: LiveCounts = { figures };
const lane = "sessions";

function printed(content: object): string {
  return JSON.stringify({ lane, ...content });
}

function checksOf(file: string) {
  const samples: Record<string, number> = {};
  const events: TimelineEvent[] = [];
  const lines: string[] = [];
  const shown: (LiveCounts | undefined)[] = [];
  const checks = new LiveChecks({
    logPath: file,
    lanes: { [lane]: { series: "check" } },
    view: {
      counts: (_, counts) => shown.push(counts),
      line: (line) => lines.push(line),
    },
  });
  const sink = {
    event: (event: TimelineEvent) => events.push(event),
    sample: (_: number, series: string, value: number) => {
      samples[series] = value;
    },
    histogram: () => {},
  };
  const signal = new AbortController().signal;
  const read = (t: number) => checks.read({ t, startMs: 0, sink, signal });
  return { read, samples, events, lines, shown };
}

test("what the checker prints goes to the timeline, and to a person what it found", async () => {
  const file = join(temporaryFolder(), "checker-1.log");
  const { read, samples, events, lines } = checksOf(file);
  writeFileSync(file, `(node:1) Warning: something\n${printed({ counts: calm })}\n`);
  await read(1);
  expect(samples).toMatchObject({ "check.acknowledged": 9, "check.lost": 0, "check.upToS": 4 });
  const guarantee = "log-holds-each-operation-once";
  const violation = { what: "lost", guarantee, story: "Player 4: operation 2 is not in the log." };
  const half = printed({ counts: { figures: { ...figures, lost: 1 } } });
  appendFileSync(file, `${printed({ violation })}\n${half.slice(0, 20)}`);
  await read(2.04);
  expect(events).toEqual([{ t: 2.04, kind: "violation", lane: "sessions", ...violation }]);
  expect(lines).toEqual(["violation (lost) at t=2.0s: Player 4: operation 2 is not in the log."]);
  expect(samples["check.lost"]).toBe(0);
  appendFileSync(file, `${half.slice(20)}\n`);
  await read(3);
  expect(samples["check.lost"]).toBe(1);
});

test("what is not known leaves a gap, with a note when that begins and ends", async () => {
  const file = join(temporaryFolder(), "checker-1.log");
  const { read, samples, events, shown } = checksOf(file);
  const doubt = "the log does not show what was acknowledged 3 s ago";
  const notKnown = { figures: { ...figures, lost: null, twice: null }, doubt };
  for (const counts of [calm, notKnown, notKnown, calm]) {
    appendFileSync(file, `${printed({ counts })}\n`);
    delete samples["check.lost"];
    await read(shown.length);
    expect("check.lost" in samples).toBe(counts === calm);
  }
  expect(events).toEqual([
    { t: 1, kind: "note", text: `live checks: what is lost is not known: ${doubt}` },
    { t: 3, kind: "note", text: "live checks: what is lost is known again" },
  ]);
  expect(shown.map((counts) => counts?.figures["lost"])).toEqual([0, null, null, 0]);
});

test("a checker that says nothing for 3 s is a gap, and what it said does not stand", async () => {
  const file = join(temporaryFolder(), "checker-1.log");
  const { read, shown } = checksOf(file);
  appendFileSync(file, `${printed({ counts: calm })}\n`);
  await read(1);
  await read(4);
  expect(shown).toEqual([calm]);
  await expect(read(4.1)).rejects.toThrow("says nothing");
  expect(shown).toEqual([calm, undefined]);
});
