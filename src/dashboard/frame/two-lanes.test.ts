import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { heldGuarantee } from "../../../test/fixtures/sample-summary.ts";
import { recordFixture } from "../../../test/fixtures/synthetic-recording.ts";
import { twoLanes, writeTwoLanes } from "../../../test/fixtures/two-lane-run.ts";
import type { PanelDefinition } from "../../metrics/panel.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import { runFile } from "../../recording/run-folder.ts";
import { textCharts } from "../../reporting/text/charts/text-charts.ts";
import { asciiGlyphs } from "../../reporting/text/charts/text-plot.ts";
import { verifyText } from "../../reporting/text/verify-text.ts";
import { summarise } from "../../verdict/summarise.ts";
import { RecordingFeed } from "../model/recording-feed.ts";
import { snapshotAt } from "../model/snapshot.ts";
import { definedPanel } from "../panels/defined-panel.ts";

const clock = { nowMs: () => 1e15, monotonicMs: () => performance.now() };
const guarantees = [
  heldGuarantee,
  { ...heldGuarantee, lane: "tally", id: "no-mark-is-lost", outcome: "unknown" as const },
];

async function recorded() {
  const run = twoLanes();
  const tally = run.lanes["tally"];
  if (tally === undefined) throw new Error("there is no lane tally");
  const source = { kind: "percentile", series: "tally.mark.response", percentile: "p99" } as const;
  const charts = [{ title: "tally: marks", unit: "ms", lines: [{ label: "p99", source }] }];
  const lanes = { ...run.lanes, tally: { ...tally, charts } };
  const fixture = await recordFixture({ ...run, lanes }, (writer) => writeTwoLanes(writer));
  const reader = await openRecording(fixture.folder.path);
  const summary = await summarise(reader, async () => guarantees);
  await writeFile(runFile(fixture.folder, "summary"), JSON.stringify(summary));
  return { fixture, reader, summary };
}

test("a panel shows the guarantees of its own lane, and only panels of lanes that play are asked for", async () => {
  const { fixture } = await recorded();
  await using _ = fixture;
  const panel = (lane: string): PanelDefinition => ({ title: lane, outcomesOf: `${lane}.x` });
  const asked: string[] = [];
  const feed = await RecordingFeed.open(
    fixture.folder.path,
    (lane) => {
      asked.push(lane);
      return [panel(lane)];
    },
    clock,
  );
  await feed.poll(10_000);
  expect(asked).toEqual(["sessions", "tally"]);
  expect(feed.model.panels.map(({ title }) => title)).toEqual(asked);
  const snapshot = snapshotAt(feed.model, { atS: 20, windowS: 10, budgets: [] });
  const context = {
    ...{ look: { colour: false, unicode: false }, width: 60, height: 9 },
    ...{ windowS: 10, axes: new Map(), filter: "" },
  };
  const shown = definedPanel(panel("tally")).lines(snapshot, context).join("\n");
  expect(shown).toContain("unknown  no-mark-is-lost");
  expect(shown).not.toContain(heldGuarantee.id);
});

test("reports name a guarantee with its lane, and draw the charts that a lane has in its recording", async () => {
  const { fixture, reader, summary } = await recorded();
  await using _ = fixture;
  expect(verifyText(summary)).toContain("tally/no-mark-is-lost: UNKNOWN");
  expect(verifyText(summary)).toContain(`sessions/${heldGuarantee.id}: HELD`);
  expect(textCharts(reader, summary, asciiGlyphs)).toContain("tally: marks p99, ms");
});
