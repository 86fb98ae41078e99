/** Notes that people put on the timeline while a run goes on are in every report that people read. */
import { expect, test } from "vitest";
import { sampleSummary } from "../../../test/fixtures/sample-summary.ts";
import { reporterOf } from "../formats/reporters.ts";
import { verdictText } from "./text-sections.ts";
import { timelineNoteTexts } from "./timeline-note-text.ts";

const budgets = ["sessions.dig.p99 < 20ms @steady"];

function noted() {
  return sampleSummary({
    budgets,
    byHand: [
      {
        t: 12.34,
        kind: "note",
        by: "operator",
        text: "the *switch* in rack 3 was\u001b[2J restarted",
      },
      { t: 7, kind: "note", text: "written by hand into the file" },
      { t: 3, kind: "note", by: "hunt", text: "final reads: 9 sessions" },
    ],
  });
}

test("their second, their time of day and who wrote them are told in the order of time", async () => {
  expect(timelineNoteTexts(await noted())).toEqual([
    "at 7 s (12:00:07 UTC): written by hand into the file",
    "at 12.3 s (12:00:12 UTC), operator: the *switch* in rack 3 was [2J restarted",
  ]);
});

test("they are in the text, in what hunt verdict says and in the Markdown report", async () => {
  const summary = await noted();
  for (const text of [reporterOf("text").summary(summary), verdictText(summary)]) {
    expect(text).toMatch(/\n {2}notes on the timeline\n {2}- at 7 s .*\n {2}- at 12\.3 s /);
    expect(text).not.toContain("final reads");
  }
  const md = reporterOf("md").summary(summary);
  expect(md).toContain("## Notes on the timeline\n\n- at 7 s");
  expect(md).toContain("operator: the \\*switch\\* in rack 3");
});

test("they are in the JSON summary as they were written", async () => {
  expect(JSON.parse(reporterOf("json").summary(await noted())).timelineNotes).toEqual([
    { atS: 7, by: null, text: "written by hand into the file" },
    { atS: 12.34, by: "operator", text: "the *switch* in rack 3 was\u001b[2J restarted" },
  ]);
});

test("a run without any says nothing of them", async () => {
  const summary = await sampleSummary({ budgets });
  expect("timelineNotes" in summary).toBe(false);
  expect(reporterOf("text").summary(summary)).not.toContain("notes on the timeline");
});

test("a second that is of no day, and more notes than anybody reads, spoil no report", async () => {
  const note = { by: null, text: "again" };
  const timelineNotes = Array.from({ length: 102 }, (_, second) => ({ ...note, atS: second }));
  const summary = {
    ...(await sampleSummary()),
    timelineNotes: [{ ...note, atS: -1e300 }, ...timelineNotes],
  };
  const lines = timelineNoteTexts(summary);
  expect(lines[0]).toBe("at -1e+300 s: again");
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe("and 3 more, in summary.json and timeline.ndjson");
});
