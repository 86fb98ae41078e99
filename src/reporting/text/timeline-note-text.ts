/** The notes that people put on the timeline while a run went on, a sentence each. */

import { short } from "../../metrics/quantity.ts";
import type { Summary } from "../../verdict/summary-document.ts";

/** A report is for reading; the document has them all. */
const shownNotes = 100;

/** `at 12.3 s (13:15:29 UTC), operator: ...`; the name is missing where the recording does not know it. */
export function timelineNoteTexts({ timelineNotes = [], startedAt }: Summary): string[] {
  const startMs = Date.parse(startedAt);
  const texts = timelineNotes.slice(0, shownNotes).map(({ atS, by, text }) => {
    const at = new Date(startMs + 1000 * atS);
    // A second that was written by hand may be of no day that there is.
    const clock = Number.isNaN(at.getTime()) ? "" : ` (${at.toISOString().slice(11, 19)} UTC)`;
    const who = by === null ? "" : `, ${by}`;
    return `at ${short(Number(atS.toFixed(1)))} s${clock}${who}: ${oneLine(text)}`;
  });
  const more = timelineNotes.length - shownNotes;
  return more > 0 ? [...texts, `and ${more} more, in summary.json and timeline.ndjson`] : texts;
}

/** Whatever was typed or pasted must not change the terminal that shows it. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
}
