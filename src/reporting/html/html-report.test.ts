import { expect, test } from "vitest";
import {
  counts,
  hdr,
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { summarise } from "../../verdict/summarise.ts";
import { htmlReport, type ReportedRun } from "./html-report.ts";

const budgets = ["sessions.dig.p99 < 60ms @steady"];

async function reported(
  change: Partial<RunDocument> = {},
  more: (writer: RecordingWriter) => void = () => {},
): Promise<ReportedRun> {
  await using fixture = await recordFixture({ ...sampleRun, budgets, ...change }, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      // Nothing came back from second 12.
      if (second === 12) writer.counts(second, "sessions.dig", counts(0));
      else writeQuietSecond(writer, second, 4000);
    }
    more(writer);
  });
  const reader = await openRecording(fixture.folder.path);
  return { reader, summary: await summarise(reader, async () => []) };
}

interface Drawn {
  readonly seconds: number[];
  readonly charts: { title: string; series: { label: string; values: (number | null)[] }[] }[];
  readonly marks: { atS: number; label: string }[];
}

function drawn(page: string): Drawn[] {
  const text = /<script type="application\/json" id="charts">(.*)<\/script>/.exec(page)?.[1];
  return JSON.parse(text ?? "") as Drawn[];
}

test("a report is one page that can ask nobody for anything", async () => {
  const page = await htmlReport([await reported()]);
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).toContain(
    `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`,
  );
  expect(page).not.toMatch(/<(link|img|iframe|script[^>]+src)|@import|url\(/);
  expect(page.length).toBeLessThan(300_000);
  expect(page).toContain('<meta name="viewport"');
});

test("charts show what was measured second by second, gaps as gaps, and each limit in its phase", async () => {
  const run = await reported({}, (writer) => {
    writer.event({ t: 7.5, kind: "leader", cluster: "etcd", node: "etcd/2", term: 3 });
    writer.histogram("sessions.dig.response", 9, hdr(50_000, 900));
  });
  const [page] = drawn(await htmlReport([run]));
  expect(page?.seconds).toHaveLength(20);
  expect(page?.marks).toEqual([{ atS: 7.5, label: "etcd/2 leads" }]);
  const line = (title: string, label: string) =>
    page?.charts.find((chart) => chart.title === title)?.series.find((each) => each.label === label)
      ?.values ?? [];
  const p99 = line("sessions.dig: response", "p99");
  expect(p99[8]).toBeCloseTo(4, 1);
  expect(p99[9]).toBeCloseTo(50, 0);
  expect(p99[12]).toBeNull();
  expect(line("sessions.dig: load", "acknowledged")[8]).toBe(100);
  expect(line("sessions.dig: load", "acknowledged")[12]).toBeNull();
  const budget = line("sessions.dig: response", "budget of p99");
  expect([budget[4], budget[5], budget[19]]).toEqual([null, 60, 60]);
  expect(line("CPU", "etcd/1")[8]).toBeCloseTo(25, 5);
});

test("nothing that a run is called or says becomes part of the page", async () => {
  const hostile = `</script><script>alert(1)</script><b title='x'>&"`;
  const page = await htmlReport([
    await reported({ scenarioName: hostile, replay: `hunt bench '${hostile}'` }, (writer) =>
      writer.sample(5, `node.${hostile}.cpuSeconds`, 1),
    ),
  ]);
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("<b title");
  expect(page).toContain("&lt;/script&gt;&lt;script&gt;alert(1)");
  expect(() => drawn(page)).not.toThrow();
});

test("several runs stand side by side, what they are unlike in before their figures, each with charts of its own", async () => {
  const page = await htmlReport([
    await reported(),
    await reported({ runId: "20260101-120000-smoke-0001", seed: 8 }),
  ]);
  expect(page).toContain("<h1>Side by side</h1>");
  expect(page).not.toMatch(/medians/i);
  expect(page).toContain("<li>B: 20260101-120000-smoke-0001 (smoke, design log): pass</li>");
  expect(page.indexOf("<li>seed: A: 7; B: 8</li>")).toBeGreaterThan(0);
  expect(page.indexOf("<li>seed: A: 7; B: 8</li>")).toBeLessThan(page.indexOf("<table>"));
  expect(page).toMatch(/<th>figure<\/th><th>A<\/th><th>B<\/th><th>B - A<\/th>/);
  expect(page).toContain("sessions.dig.responseMs.p99");
  expect(drawn(page)).toHaveLength(2);
  expect(page.match(/id="charts-\d"/g)).toHaveLength(2);
});

test("a note of the operator is on the page with its second, and cannot change it", async () => {
  const page = await htmlReport([
    await reported({}, (writer) => {
      writer.event({ t: 12.3, kind: "note", by: "operator", text: "<b>switched</b> racks" });
    }),
  ]);
  expect(page).toContain("<h2>Notes on the timeline</h2>");
  expect(page).toContain(
    "<li>at 12.3 s (12:00:12 UTC), operator: &lt;b&gt;switched&lt;/b&gt; racks</li>",
  );
});
